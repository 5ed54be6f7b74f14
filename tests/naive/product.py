"""The real thing, fed with histories in any order and any batches."""

import json
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.naive.histories import NOW, History, Ordered, Said
from tests.naive.model import Profile, profiles
from tests.naive.parts import Word
from tests.naive.profile import time_of
from tests.records import Record
from unifier.events.canonical import Command, Event
from unifier.events.decode import Decoder, TopicKind
from unifier.journey.profile import documents
from unifier.matching.identity import people
from unifier.profiles.component import Component
from unifier.profiles.fold import Work
from unifier.profiles.ids import Keys
from unifier.profiles.store.layout import HEAD_BYTES
from unifier.rules import Rules, default_rules
from unifier.streams.agents import Chunk
from unifier.streams.intake import Batch, Intake
from unifier.streams.jobs import Job
from unifier.streams.unify import Unifier
from unifier.streams.wishes import Anew, Wish

SECRET = "s"
KEYS = Keys(SECRET)
COUNTRY = "DE"
RULES = default_rules()


def intake_of(rules: Rules) -> Intake:
    return Intake(Decoder(rules, "Europe/Berlin"), KEYS, rules, COUNTRY)


def tight(**caps: int) -> Rules:
    """The shipped rules, with caps that a handful of people reaches."""
    matching = RULES.matching.model_copy(update={"block_cap": 3, "shared_holders": 12, **caps})
    kinds = {kind: rule.model_copy(update={"shared_above": 2}) for kind, rule in RULES.identifiers.items()}
    return RULES.model_copy(update={"matching": matching, "identifiers": kinds})


@dataclass
class Delivery:
    """A history on its way: in the order of arrival, some of it twice; words as soon as they can be said."""

    history: History
    coming: list[Said | Ordered]
    intake: Intake
    fids: list[bytes] = field(default_factory=list)  # all fragments, sorted
    _events: dict[bytes, Event | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for said in self.history.messages:
            batch = Batch(Chunk("t", said.kind, 0, []), b"lane")
            self.intake.read([Record(0, said.value)], batch)
            assert not batch.dead, batch.dead[0].error
            self._events[said.value] = batch.arrivals[0].event if batch.arrivals else None
        self.fids = sorted({self.intake.named(event).fid for event in self._events.values() if event})
        self.coming = [c for c in self.coming if isinstance(c, Said) or len(self.named(c)) > 1]

    def event(self, said: Said) -> Event | None:
        return self._events[said.value]

    def named(self, ordered: Ordered) -> list[bytes]:
        """The fragments that a word names, each once."""
        return list(dict.fromkeys(self.fids[n % len(self.fids)] for n in ordered.picks)) if self.fids else []

    def word(self, ordered: Ordered) -> Word:
        first, *others = self.named(ordered)
        same = ordered.command == "link"
        return Word(same, frozenset([first]), frozenset(others), ordered.at, ordered.command_id)

    def command(self, ordered: Ordered) -> Command:
        fragments = tuple(fid.hex() for fid in self.named(ordered))
        return Command(ordered.command_id, ordered.command, "s", "r", ordered.at, fragments=fragments)

    def message(self, one: Said | Ordered) -> tuple[TopicKind, bytes]:
        """The input topic and the record's value."""
        if isinstance(one, Said):
            return one.kind, one.value
        told = self.command(one)
        word = {"command": told.command, "command_id": told.command_id, "by": told.by, "reason": told.reason}
        return "control", json.dumps({**word, "at": time_of(told.at), "fragments": told.fragments}).encode()

    def independent(self, one: Sequence[Said | Ordered], other: Sequence[Said | Ordered]) -> bool:
        """Whether two batches may come at once: a word is said of what is known."""
        return all(isinstance(each, Said) for each in (*one, *other))

    def batches(self, rng: random.Random, most: int) -> list[list[Said | Ordered]]:
        """In batches; a word is not said before all are there of whom it is said."""
        found: list[list[Said | Ordered]] = []
        known: set[bytes] = set()
        coming, waiting = list(self.coming), list[Ordered]()
        while coming:
            batch = [coming.pop(0) for _ in range(min(len(coming), rng.randint(1, most)))]
            waiting += [one for one in batch if isinstance(one, Ordered)]
            said = [one for one in batch if isinstance(one, Said)]
            known |= {self.intake.named(event).fid for one in said if (event := self.event(one))}
            ready = [one for one in waiting if known.issuperset(self.named(one))]
            waiting = [one for one in waiting if one not in ready]
            found += [list(said), list(ready)]
        return [batch for batch in found if batch]


def shuffled(history: History, rng: random.Random, rules: Rules) -> Delivery:
    """In any order, some messages and words twice."""
    coming: list[Said | Ordered] = [*history.messages, *history.words]
    coming += [one for one in coming if rng.random() < 0.15]
    if rng.random() < 0.8:
        rng.shuffle(coming)
    return Delivery(history, coming, intake_of(rules))


def expected(
    delivery: Delivery,
    rules: Rules,
    now: int = NOW,
    done: Sequence[Sequence[Said | Ordered]] | None = None,
    one_part: bool = False,
) -> list[Profile]:
    """What the naive model says; of `done` alone, if that is given."""
    all_of_it = delivery.batches(random.Random(0), 1) if done is None else done
    coming = [one for batch in all_of_it for one in batch]
    events = [event for one in coming if isinstance(one, Said) and (event := delivery.event(one))]
    words = {one.command_id: delivery.word(one) for one in coming if isinstance(one, Ordered)}
    return profiles(events, [*words.values()], rules, KEYS, now, country=COUNTRY, one_part=one_part)


class Core:
    """The pure core: one component, drafted batch after batch, and stored as bytes in between."""

    def __init__(self, rules: Rules = RULES) -> None:
        self.rules = rules
        self.intake = intake_of(rules)
        self.unifier = Unifier(self.intake, rules)
        self.messages: list[bytes] = []
        self._stored: dict[bytes, bytes] = {}
        self._offset = 0
        self._holders: dict[str, dict[bytes, int]] = defaultdict(dict)  # of a value: fragment → person mark

    def take(self, batch: Sequence[Said | Ordered], delivery: Delivery, now: int) -> None:
        job = Job(dict(self._stored), Work())
        for one in batch:
            if isinstance(one, Ordered):
                job.work.commands.append(delivery.command(one))
                continue
            read = Batch(Chunk("t", one.kind, 0, []), b"lane")
            self.intake.read([Record(self._offset, one.value)], read)
            self._offset += 1
            job.work.arrivals += read.arrivals
        job.named = {arrival.fid: self.intake.named(arrival.event) for arrival in job.work.arrivals}
        if job.work.arrivals or job.work.commands:
            self._write(job, now)
        if shared := self._shared(job):
            self._write(Job(dict(self._stored), Work(shared=shared)), now)

    def _shared(self, job: Job) -> set[str]:
        """What the index would say: which values have too many holders, those included who only claim one."""
        found = set()
        for arrival in job.work.arrivals:
            named = job.named[arrival.fid]
            for key in filter(lambda key: key.exact, (*named.keys, *self.intake.extra_keys(arrival))):
                holders = self._holders[key.text]
                holders.setdefault(named.fid, named.write(key, 0).holder[-1])
                if people(set(holders.values())) > key.most_people or len(holders) > key.most_holders:
                    found.add(key.text)
        return found

    def settle(self, now: int) -> None:
        """Fire what is due."""
        if self._stored:
            self._write(Job(dict(self._stored), Work(), wishes=[Wish([], timer=True)]), now)

    def work(self, work: Work, now: int, anew: bool = False) -> None:
        """Whatever else there is to do; `anew`: because other rules are in force."""
        wishes = [Wish([], timer=True, anew=Anew(self.rules.form, frozenset()))] if anew else []
        self._write(Job(dict(self._stored), work, wishes=wishes), now)

    def under(self, rules: Rules) -> None:
        """Other rules are in force."""
        self.rules, self.intake = rules, intake_of(rules)
        self.unifier = Unifier(self.intake, rules)

    def _write(self, job: Job, now: int) -> None:
        if draft := self.unifier.draft(job, now):
            self._stored = {draft.commit.cid: draft.commit.value}
            self.messages.append(draft.commit.effects)

    def component(self) -> Component:
        [(cid, value)] = self._stored.items()
        return Component.unpack(cid, value[HEAD_BYTES:])

    def profiles(self) -> list[dict[str, Any]]:
        if not self._stored:
            return []
        component = self.component()
        return documents(component, component.records.values(), self.rules, KEYS, NOW)
