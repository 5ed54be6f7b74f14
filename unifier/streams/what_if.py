"""`unifier replay --what-if`: what other rules would make of the stored evidence. Writes nothing.

It is the sweep over a store that keeps to itself what is written: what its commits would tell is counted.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import orjson
import ormsgpack
from redis.exceptions import RedisError

from unifier.events.decode import Decoder
from unifier.events.form import time_text
from unifier.events.outbound import MERGED, SEGMENTS, SPLIT, TRANSITION
from unifier.journey.guide import Guided
from unifier.profiles.component import Component
from unifier.profiles.ids import Keys
from unifier.profiles.retention import overdue
from unifier.profiles.store import People, Store
from unifier.profiles.store.dry import DryStore
from unifier.profiles.store.layout import HEAD_BYTES, LIVE
from unifier.profiles.store.opening import opened
from unifier.rules import Rules, RulesError, load_rules
from unifier.settings import Settings, SettingsError
from unifier.streams.anew import work_out
from unifier.streams.dead_letters import DeadLetter, DeadLetters
from unifier.streams.intake import Intake
from unifier.streams.pipeline import Pipeline
from unifier.streams.sweep import KEYS_MOST, PORTION
from unifier.streams.unify import Unifier

SAMPLES = 10
"""Of merges, and of splits, that are told in full."""
TOLD_EVERY = 1_000  # components, on a terminal


@dataclass(slots=True)
class Outcome:
    """What would be otherwise."""

    components: int = 0  # that were worked out
    profiles: int = 0  # in them as it stands
    failed: int = 0
    merges: int = 0  # profiles that would become one with another
    splits: int = 0  # profiles that would come out of others
    transitions: Counter[str] = field(default_factory=Counter)  # by journey model
    actions: Counter[str] = field(default_factory=Counter)  # "before → then", of next actions
    entered: Counter[str] = field(default_factory=Counter)  # segments
    left: Counter[str] = field(default_factory=Counter)
    forgotten: int = 0  # profiles, as soon as everybody has been kept for the week that comes first
    samples: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {"merges": [], "splits": []})

    def hear(self, effects: bytes) -> None:
        """Count what a commit would have told."""
        for topic, _, value in ormsgpack.unpackb(effects) if effects else ():
            if topic not in ("identity", "journey", "segments"):
                continue
            message = json.loads(value)
            data = message["data"]
            if message["type"] == MERGED:
                self.merges += len(data["merged"])
                self._keep("merges", data)
            elif message["type"] == SPLIT:
                self.splits += len(data["parts"]) - 1
                self._keep("splits", data)
            elif message["type"] == TRANSITION:
                self.transitions[data["model"]] += 1
            elif message["type"] == SEGMENTS:
                self.entered.update(data["entered"])
                self.left.update(data["left"])

    def compare(self, before: Mapping[str, str], component: Component) -> None:
        """Count whose next action would be another; `before`: by profile."""
        for pid, action in _actions(component).items():
            if pid in before and before[pid] != action:
                self.actions[f"{before[pid]} → {action}"] += 1

    def _keep(self, kind: str, data: dict[str, Any]) -> None:
        if len(self.samples[kind]) < SAMPLES:
            self.samples[kind].append({name: value for name, value in data.items() if name != "cause"})

    def in_words(self, since: int | None) -> str:
        """In one sentence. Who was made by these very rules is not asked about: nothing would change."""
        heard = "" if since is None else f" that were heard of since {time_text(since)}"
        if not self.components:
            return (
                f"No profiles{heard} were made by other rules than these: of what is stored nothing would "
                "change ([signals], [steps] and [responses] say what will be made of what comes)."
            )
        return (
            f"Of {self.profiles:,} profiles{heard} that were made by other rules than these, "
            f"{self.merges:,} would become one with others, and {self.splits:,} would come out of others; "
            f"{self.actions.total():,} would have another next action, and {self.forgotten:,} would be "
            "forgotten in a week."
        )

    def told(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "components": self.components,
            "profiles": self.profiles,
            "merges": self.merges,
            "splits": self.splits,
            "transitions": dict(self.transitions),
            "actions": dict(self.actions.most_common()),
            "segments": {"entered": dict(self.entered), "left": dict(self.left)},
            "forgotten": self.forgotten,
            "failed": self.failed,
            "samples": self.samples,
        }


def run(settings: Settings, rules_file: str, since: int | None) -> int:
    """The command; `since`: only people heard of since then, milliseconds UTC. Gives the exit code.

    Raises SettingsError, RulesError and RedisError.
    """
    if not settings.secret:
        raise SettingsError("UNIFIER_SECRET: not set; give the one of the workers, to find what they stored")
    if not Path(rules_file).is_file():
        raise RulesError(f"--what-if: {rules_file} cannot be read; give the path of a TOML file")
    outcome = asyncio.run(_asked(settings, load_rules(rules_file, settings.model, settings.forecast), since))
    sys.stdout.write(f"{orjson.dumps(outcome.told(), option=orjson.OPT_INDENT_2).decode()}\n")
    sys.stderr.write(f"{outcome.in_words(since)} Nothing was written.\n")
    return 1 if outcome.failed else 0


async def _asked(settings: Settings, rules: Rules, since: int | None) -> Outcome:
    async with opened(settings) as store:
        rules = rules.for_people(await People(store.redis).of_model())
        keys = Keys(settings.secret)
        intake = Intake(Decoder(rules, settings.timezone), keys, rules, settings.country)
        dry = DryStore(store.redis, settings.shards, store.seal)
        return await ask(dry, intake, Unifier(intake, rules), since)


async def ask(
    store: DryStore,
    intake: Intake,
    unifier: Unifier,
    since: int | None = None,
    clock: Callable[[], int] = lambda: int(time.time() * 1000),
) -> Outcome:
    """Work out what is stored by the unifier's rules. Raises RedisError."""
    pipeline = Pipeline(store, intake, unifier, cast("DeadLetters", _NoLetters()), {}, clock)
    outcome, now = Outcome(), clock()
    async for cids in _walk(store, unifier.form):
        for start in range(0, len(cids), PORTION):
            before: dict[str, str] = {}
            portion = await _concerned(store, cids[start : start + PORTION], since, outcome, before)
            await _work_out(pipeline, store, portion, outcome, before, now)
            _show(outcome)
    return outcome


async def _walk(store: Store, form: bytes) -> AsyncIterator[list[bytes]]:
    """All components of other forms, once each."""
    cursor, seen = b"", set[bytes]()
    while cursor != b"0":
        cursor, cids = await store.behind(form, cursor or b"0", KEYS_MOST)
        new = [cid for cid in dict.fromkeys(cids) if cid not in seen]
        seen.update(new)
        yield new


async def _concerned(
    store: Store, cids: Sequence[bytes], since: int | None, outcome: Outcome, before: dict[str, str]
) -> list[bytes]:
    """Those that are to be asked about: whoever was heard of since then. Into `before` go their actions."""
    found = []
    for cid, value in zip(cids, await store.homes(cids), strict=True):
        if value is None or value[:1] != LIVE:
            continue
        component = Component.unpack(cid, value[HEAD_BYTES:])
        if since is None or any(fragment.last_at >= since for fragment in component.fragments()):
            outcome.components += 1
            outcome.profiles += len(component.records)
            before |= _actions(component)
            found.append(cid)
    return found


async def _work_out(
    pipeline: Pipeline,
    store: DryStore,
    cids: Sequence[bytes],
    outcome: Outcome,
    before: Mapping[str, str],
    now: int,
) -> None:
    """Work a portion out and hear of it. One that no code can work out stops no other."""
    try:
        done = await work_out(pipeline, cids)
    except RedisError:
        raise
    except Exception:
        store.take()
        if len(cids) == 1:
            outcome.failed += 1
        else:
            for cid in cids:
                await _work_out(pipeline, store, [cid], outcome, before, now)
        return
    outcome.failed += 0 if done else len(cids)
    for commit in store.take():
        outcome.hear(commit.effects)
        component = Component.unpack(commit.cid, commit.value[HEAD_BYTES:])
        outcome.compare(before, component)
        for record in component.records.values():
            record.born = record.heard = 0  # when they were read of: the week to come is for that
        outcome.forgotten += len(overdue(component, pipeline.unifier.rules, now))


def _actions(component: Component) -> dict[str, str]:
    """By profile, the next action; "wait" where there is none."""
    found = {}
    for pid, record in component.records.items():
        action = Guided.unpack(record.guided).action
        found[pid] = action.name if action else "wait"
    return found


def _show(outcome: Outcome) -> None:
    if sys.stderr.isatty() and outcome.components % TOLD_EVERY < PORTION:
        sys.stderr.write(f"\r{outcome.components:>12,} components")


class _NoLetters:
    """There are no events, so none that could not be read."""

    async def publish(self, letters: Sequence[DeadLetter]) -> None:
        """Never called."""
        raise AssertionError(letters[0].error.reason)
