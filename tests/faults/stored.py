"""What is in Redis: where every fragment is, and every profile as readers get it."""

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from unifier.journey.facts import ProfileFacts
from unifier.journey.guide import Guided
from unifier.journey.playbook import NextAction, next_action
from unifier.journey.told import Telling, Told
from unifier.profiles.component import Component, Dead, Record
from unifier.profiles.ids import Keys
from unifier.profiles.store import Store, connect
from unifier.profiles.store.layout import HEAD_BYTES, HOMES, LIVE
from unifier.rules import Rules, default_rules
from unifier.serving.reader import Found, StoreReader
from unifier.settings import Settings

AT_ONCE = 500


def now_ms() -> int:
    """Milliseconds since 1970, UTC."""
    return int(time.time() * 1000)


class Next(NamedTuple):
    """The next action of a profile."""

    stored: NextAction | None
    ought: NextAction | None  # by the playbook and what has gone out
    untold: NextAction | None  # had nothing gone out: whatever was worked off together, and when

    @property
    def cools(self) -> bool:
        """Whether another action is told in its place, or none, since it has just gone out."""
        return self.ought != self.untold


@dataclass(slots=True)
class Stored:
    """The whole state at one moment."""

    touches: Counter[bytes] = field(default_factory=Counter)  # events counted, by fragment
    places: Counter[bytes] = field(default_factory=Counter)  # live components that have the fragment
    members: dict[str, frozenset[bytes]] = field(default_factory=dict)  # by profile id
    told: dict[str, list[Telling]] = field(default_factory=dict)  # of the journey, by profile id
    dead: dict[str, Dead] = field(default_factory=dict)
    erased: set[str] = field(default_factory=set)  # profile ids
    expected: set[bytes] = field(default_factory=set)  # fragments that were erased, or that a steward named
    documents: dict[str, dict[str, Any]] = field(default_factory=dict)  # as the service answers
    actions: dict[str, Next] = field(default_factory=dict)  # by profile id
    due: dict[str, int] = field(default_factory=dict)  # when time alone changes a profile, ms UTC, by its id
    read: tuple[int, int] = (0, 0)  # when the reading began and ended, ms UTC
    astray: int = 0  # homes that lead nowhere: a signpost to a component that has not the fragment
    waiting: int = 0  # outbox entries and snapshots that are yet to be published, half moves


async def stored(settings: Settings, now: int | None = None) -> Stored:
    """Read all of it; `now`: the moment of which the next actions are to be, ms UTC, by default this one."""
    redis, rules = connect(settings.redis), default_rules()
    store, found, began = Store(redis, settings.shards), Stored(), now_ms()
    try:
        keys = [key async for key in redis.scan_iter(match=HOMES, count=2_000)]
        values = await store.homes([key[-12:] for key in keys])
        homes = {key[-12:]: value for key, value in zip(keys, values, strict=True) if value is not None}
        for cid, value in homes.items():
            if value[:1] == LIVE:
                _take(found, Component.unpack(cid, value[HEAD_BYTES:]), rules, now or began)
        found.astray = sum(found.places[fid] == 0 for fid in homes.keys() - found.expected)
        reader = StoreReader(store, Keys(settings.secret), rules, settings.country)
        pids = list(found.members)
        for start in range(0, len(pids), AT_ONCE):
            part = pids[start : start + AT_ONCE]
            for pid, answer in zip(part, await reader.profiles(part), strict=True):
                if isinstance(answer, Found):
                    found.documents[pid] = answer.document
        found.waiting = await waiting(store)
        found.read = began, now_ms()
    finally:
        await redis.aclose()
    return found


async def waiting(store: Store) -> int:
    """Outbox entries and snapshots that are yet to be published, and moves that are yet to be finished."""
    async with store.redis.pipeline(transaction=False) as pipe:
        for shard in range(store.layout.shards):
            pipe.xlen(store.layout.out(shard))
            pipe.scard(store.layout.dirty(shard))
            pipe.zcard(store.layout.todo(shard))
        return sum(await pipe.execute())


def _take(found: Stored, component: Component, rules: Rules, now: int) -> None:
    for fragment in component.fragments():
        found.touches[fragment.fid] += fragment.touches
        found.places[fragment.fid] += 1
    record: Record
    for record in component.records.values():
        found.members[record.pid] = frozenset(record.members)
        if record.due is not None:
            found.due[record.pid] = record.due
        found.told[record.pid] = Told.unpack(record.told).tellings if record.told is not None else []
        found.actions[record.pid] = _next(component, record, rules, now)
    found.dead |= component.dead
    found.expected |= component.awaited
    if component.privacy is not None:
        found.expected |= component.privacy.gone.keys()
        found.erased |= component.privacy.ids.keys()


def _next(component: Component, record: Record, rules: Rules, now: int) -> Next:
    if rules.playbook is None or record.told is None or component.is_restricted(record):
        return Next(None, None, None)
    fragments, guided = list(component.fragments(record.members)), Guided.unpack(record.guided)
    facts = ProfileFacts(fragments, Told.unpack(record.told), rules, now)
    ought, untold = (next_action(facts, rules.playbook, out, now) for out in (guided.out, {}))
    return Next(guided.action, ought, untold)
