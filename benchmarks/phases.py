"""Who is in which phase, as told, against the simulated truth at random instants.

    unifier bench phases [--people N] [--days D] [--seed S] [--instants N] [--json FILE]

The simulated retailer's messages go through a worker's own pipeline into a Redis while the clock runs, in
steps of random length: those of a step in any order, some held back for up to three days, some twice; timers
as they are due. At each instant the phase told last of every profile is held against two truths, both by the
simulation's own reading of the rules: that of the events which the profile has, and that of the person, of
whom an event may be under way, under another profile, or who shares a profile.

Exit code 1 if a phase told differs from what the profile's events say.
"""

import argparse
import asyncio
import json
import platform
import random
import sys
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import ormsgpack

from benchmarks._in_process import SECRET, Feed, feeding, redis_server
from benchmarks.linkage.stream import Told as Record
from unifier.devstack.simulate import Message, simulate
from unifier.devstack.simulate.phases import Told, phases_of
from unifier.events.decode import Decoder
from unifier.linking.stored import components
from unifier.profiles.component import Component
from unifier.profiles.ids import Keys
from unifier.profiles.store.layout import HEAD_BYTES
from unifier.profiles.view import is_known
from unifier.rules import default_rules
from unifier.settings import load_settings
from unifier.streams.agents import Chunk
from unifier.streams.intake import Batch, Intake

END_MS = 1_790_000_000_000
HOUR_MS, DAY_MS = 3_600_000, 86_400_000
STEP_MS = HOUR_MS  # in the mean
HELD_BACK, HELD_BACK_MS = 0.01, 3 * DAY_MS  # of all messages, and for how long at most
MODEL = "six-phase"
KINDS = ("known", "anonymous")
CAUSES = ("under way", "under another profile", "somebody else's events too", "UNEXPLAINED")


class Look(NamedTuple):
    """One profile at one instant."""

    known: bool
    told: str
    of_its_events: str  # the truth
    cause: str  # why it is not the person's phase; "": it is


@dataclass
class Seen:
    """The truth of what has arrived."""

    by_fragment: dict[bytes, set[tuple[str | None, Told]]] = field(default_factory=lambda: defaultdict(set))
    by_person: dict[str | None, set[Told]] = field(default_factory=lambda: defaultdict(set))


def main(argv: Sequence[str] | None = None) -> int:
    """`unifier bench phases`."""
    parser = argparse.ArgumentParser(
        prog="unifier bench phases",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--days", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--instants", type=int, default=60)
    parser.add_argument("--json", type=Path, help="write the figures there")
    args = parser.parse_args(argv)
    with redis_server() as server:
        looks = asyncio.run(looked_at(server.url, args.people, args.days, args.seed, args.instants))
    figures = {
        "options": {name: getattr(args, name) for name in ("people", "days", "seed", "instants")},
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
        **{kind: summed(look for look in looks if look.known == (kind == "known")) for kind in KINDS},
    }
    print(table(figures))
    if args.json:
        args.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 0 if all(look.told == look.of_its_events for look in looks) else 1


def summed(looks: Iterable[Look]) -> dict[str, Any]:
    """What came of them."""
    some = list(looks)
    causes = Counter(look.cause for look in some)
    return {
        "looks": len(some),
        "as_its_events_say": sum(look.told == look.of_its_events for look in some),
        "as_the_person_is": causes.pop("", 0),
        "else": {cause: causes[cause] for cause in CAUSES},
    }


def table(figures: dict[str, Any]) -> str:
    """In Markdown."""
    heads = ["", "profiles looked at", "as their events say", "as the person is", *CAUSES]
    lines = [f"| {' | '.join(heads)} |", "| --- " * len(heads) + "|"]
    for kind in KINDS:
        row = figures[kind]
        number = max(row["looks"], 1)
        cells = [f"{row['looks']:,}", *(f"{row[name] / number:.2%}" for name in list(row)[1:3])]
        cells += [f"{row['else'][cause]:,}" for cause in CAUSES]
        lines.append(f"| {kind} | {' | '.join(cells)} |")
    return "\n".join(lines)


async def looked_at(url: str, people: int, days: int, seed: int, instants: int) -> list[Look]:
    """Play a simulated retailer; look at every profile at so many instants."""
    rng = random.Random(f"phases {seed}")
    messages = list(simulate(people, days, seed, END_MS))
    happened = by_person(messages)
    moments = sorted(rng.randrange(END_MS - days * DAY_MS, END_MS) for _ in range(instants))
    told, seen, reader, found = dict[str, str](), Seen(), _Reader(), list[Look]()
    async with feeding(url, default_rules(), END_MS - days * DAY_MS) as feed:
        for moment, arrived in steps(late(messages, rng), moments, feed.now_ms, rng):
            feed.now_ms = moment
            rng.shuffle(arrived)
            await feed.take(arrived)
            await feed.fire()
            reader.note(arrived, seen)
            told |= await phases_told(feed)
            if moment in moments:
                found += [look async for look in _looks(feed, told, seen, happened)]
    return found


def by_person(messages: Iterable[Message]) -> dict[str | None, list[Told]]:
    """All that ever happened, in order of time."""
    found: dict[str | None, set[Told]] = defaultdict(set)
    for message in messages:
        if message.told is not None:
            found[message.person].add(message.told)
    return {person: sorted(each) for person, each in found.items()}


def late(messages: Iterable[Message], rng: random.Random) -> list[Message]:
    """Some of them later than the simulation has them, in order of arrival."""
    some = [
        each._replace(at_ms=each.at_ms + rng.randrange(HELD_BACK_MS)) if rng.random() < HELD_BACK else each
        for each in messages
    ]
    return sorted(some, key=lambda message: message.at_ms)


def steps(
    messages: Sequence[Message], moments: Sequence[int], start: int, rng: random.Random
) -> Iterator[tuple[int, list[Message]]]:
    """The clock at the end of each step, and what arrived in it; it stops at each of the moments."""
    place, now, wanted = 0, start, list(moments)
    while wanted:
        now = min(wanted[0], now + 1 + int(rng.expovariate(1 / STEP_MS)))
        before = place
        while place < len(messages) and messages[place].at_ms <= now:
            place += 1
        yield now, list(messages[before:place])
        while wanted and wanted[0] <= now:
            wanted.pop(0)


async def phases_told(feed: Feed) -> dict[str, str]:
    """Profile → phase, of the transitions that wait; they are taken out as if a relay had published them."""
    redis, layout = feed.store.redis, feed.store.layout
    async with redis.pipeline(transaction=False) as pipe:
        for shard in range(layout.shards):
            pipe.xrange(layout.out(shard))
        outboxes = await pipe.execute()
    await feed.told()
    last: dict[str, tuple[int, str]] = {}
    for value in (value for outbox in outboxes for _, entry in outbox for value in _journey(entry)):
        message = orjson.loads(value)
        data, number = message["data"], int(message["sequence"])
        if data["model"] == MODEL and number > last.get(data["profile_id"], (-1, ""))[0]:
            last[data["profile_id"]] = number, data["to"]
    return {pid: phase for pid, (_, phase) in last.items()}


def _journey(entry: dict[bytes, bytes]) -> Iterator[bytes]:
    for topic, _, value in ormsgpack.unpackb(entry[b"e"]) if b"e" in entry else ():
        if topic == "journey":
            yield value


class _Reader:
    """Which fragment a message is of: the same as the stream finds, from the message alone."""

    def __init__(self) -> None:
        rules, settings = default_rules(), load_settings({})
        self._intake = Intake(Decoder(rules, settings.timezone), Keys(SECRET), rules, settings.country)

    def note(self, messages: Iterable[Message], seen: Seen) -> None:
        for message in messages:
            kind: Any = message.topic_kind
            batch = Batch(Chunk(kind, kind, 0, []), b"")
            self._intake.read([Record(0, message.value)], batch)
            for arrival in batch.arrivals:
                if message.told is not None:
                    seen.by_fragment[arrival.fid].add((message.person, message.told))
                    seen.by_person[message.person].add(message.told)


async def _looks(
    feed: Feed, told: dict[str, str], seen: Seen, happened: dict[str | None, list[Told]]
) -> AsyncIterator[Look]:
    """All profiles that there are now."""
    now, rules = feed.now_ms, default_rules()
    async for values in components(feed.store):
        for value in values:
            component = Component.unpack(b"", value[HEAD_BYTES:])
            for record in component.records.values():
                has = set().union(*(seen.by_fragment[fid] for fid in record.members))
                known = is_known(component.fragments(record.members), rules)
                yield judged(has, told.get(record.pid, "none"), known, seen, happened, now)


def judged(
    has: set[tuple[str | None, Told]],
    told: str,
    known: bool,
    seen: Seen,
    happened: dict[str | None, list[Told]],
    now: int,
) -> Look:
    """What was told of a profile with these events, against the truth."""
    ((person, _),) = Counter(whose for whose, _ in has).most_common(1)
    own = happened[person]
    truths = (
        own[: bisect_right(own, now, key=lambda each: each.at_ms)],
        seen.by_person[person],
        {each for whose, each in has if whose == person},
        {each for _, each in has},
    )
    of_its_events = phase_at(truths[-1], now)
    cause = CAUSES[-1]
    for why, truth in zip(("", *CAUSES), truths, strict=False):
        if phase_at(truth, now) == told == of_its_events:
            cause = why
            break
    return Look(known, told, of_its_events, cause)


def phase_at(happened: Iterable[Told], now: int) -> str:
    """The truth, of what happened up to now."""
    steps_ = phases_of(sorted(happened), now)
    return steps_[-1][1] if steps_ else "none"


if __name__ == "__main__":
    sys.exit(main())
