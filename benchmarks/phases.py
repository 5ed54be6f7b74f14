"""Who is in which phase, as told, against the simulated truth at random instants.

    unifier bench phases [--people N] [--days D] [--seed S] [--instants N] [--json FILE]

The simulated retailer's messages go through a worker's own pipeline into a Redis while the clock runs, in
steps of random length: those of a step in any order, some held back for up to three days, some twice; timers
as they are due. At each instant the phase told last of every profile is held against two truths, both by the
simulation's own reading of the rules: that of the events which the profile has, and that of the person, of
whom an event may be under way, or under another profile, or who shares a profile. Under another profile is
what the person does not allow to be put together; what has no identifier in common with the profile, nor with
what is tied to it by one; or what has one that is not enough.

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
from unifier.events.canonical import Identifier
from unifier.events.decode import Decoder
from unifier.linking.stored import components
from unifier.profiles.component import Component
from unifier.profiles.fragment import STITCHING
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
APART = ("no consent to stitch", "no identifier in common", "tied by too little")
CAUSES = ("under way", *APART, "somebody else's events too", "UNEXPLAINED")


class Look(NamedTuple):
    """One profile at one instant."""

    known: bool
    told: str
    of_its_events: str  # the truth
    cause: str  # why it is not the person's phase; "": it is


@dataclass
class Seen:
    """The truth of what has arrived."""

    # Whose events are in a fragment, with what they say of the journey; None: nothing.
    by_fragment: dict[bytes, set[tuple[str | None, Told | None]]] = field(
        default_factory=lambda: defaultdict(set)
    )
    by_person: dict[str | None, set[Told]] = field(default_factory=lambda: defaultdict(set))
    keys: dict[bytes, set[Identifier]] = field(default_factory=lambda: defaultdict(set))  # of a fragment
    fragments: dict[str | None, set[bytes]] = field(default_factory=lambda: defaultdict(set))
    unstitched: set[str | None] = field(default_factory=set)  # people who said no

    def why_apart(self, person: str | None, members: Iterable[bytes], now: int) -> str:
        """Why the person is in another phase than a profile of theirs with these fragments."""
        if person in self.unstitched:
            return APART[0]
        tied, rest, new = set(members), self.fragments[person].difference(members), set(members)
        while new:
            carried = set().union(*(self.keys[fid] for fid in new))
            new = {fid for fid in rest if self.keys[fid] & carried}
            tied, rest = tied | new, rest - new
        of_tied = (told for fid in tied for whose, told in self.by_fragment[fid] if whose == person)
        return APART[2] if phase_at(of_tied, now) == phase_at(self.by_person[person], now) else APART[1]


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
                seen.by_fragment[arrival.fid].add((message.person, message.told))
                seen.keys[arrival.fid].update(arrival.identity.ids)
                seen.fragments[message.person].add(arrival.fid)
                if message.told is not None:
                    seen.by_person[message.person].add(message.told)
                if (STITCHING, False) in arrival.event.consents:
                    seen.unstitched.add(message.person)


async def _looks(
    feed: Feed, told: dict[str, str], seen: Seen, happened: dict[str | None, list[Told]]
) -> AsyncIterator[Look]:
    """All profiles that there are now."""
    now, rules = feed.now_ms, default_rules()
    async for values in components(feed.store):
        for value in values:
            component = Component.unpack(b"", value[HEAD_BYTES:])
            for record in component.records.values():
                known = is_known(component.fragments(record.members), rules)
                yield judged(record.members, told.get(record.pid, "none"), known, seen, happened, now)


def judged(
    members: Sequence[bytes],
    told: str,
    known: bool,
    seen: Seen,
    happened: dict[str | None, list[Told]],
    now: int,
) -> Look:
    """What was told of a profile with these fragments, against the truth."""
    has = set().union(*(seen.by_fragment[fid] for fid in members))
    often = Counter(whose for whose, _ in has)
    person = min(often, key=lambda whose: (-often[whose], whose or ""))
    own = happened[person]
    of_its_events = phase_at((each for _, each in has), now)
    if told != of_its_events:
        cause = CAUSES[-1]
    elif told == phase_at(own[: bisect_right(own, now, key=lambda each: each.at_ms)], now):
        cause = ""
    elif told == phase_at(seen.by_person[person], now):
        cause = CAUSES[0]
    elif told == phase_at((each for whose, each in has if whose == person), now):
        cause = seen.why_apart(person, members, now)
    else:
        cause = CAUSES[-2]
    return Look(known, told, of_its_events, cause)


def phase_at(happened: Iterable[Told | None], now: int) -> str:
    """The truth, of what happened up to now; None: what says nothing of the journey."""
    steps_ = phases_of(sorted({each for each in happened if each is not None}), now)
    return steps_[-1][1] if steps_ else "none"


if __name__ == "__main__":
    sys.exit(main())
