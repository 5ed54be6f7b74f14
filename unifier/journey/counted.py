"""What a commit changes in the counts of journeys: what is counted of its people after it, less what was
before.

Mostly a way goes on, and what comes is counted from where it stood. When the past changed (a late event, an
undone order, a merge, a split, an erasure), what was counted of the former ways is taken back and the new
ones are counted, as far as marks and touches are kept; what is older stays counted. An event told again
changes no state, so nothing is counted; a commit that is not made counts nothing.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from contextlib import suppress
from itertools import chain
from typing import Any, NamedTuple

from unifier.events.canonical import Signal
from unifier.journey.counts import Counts, Touchpoint, Way, add, count, reached
from unifier.journey.facts import ProfileFacts
from unifier.journey.follow import Followed, Walked
from unifier.journey.models import NEVER, Model, Models
from unifier.journey.responses import Response, responses
from unifier.journey.ropo import Crossing, crossings
from unifier.journey.told import Telling
from unifier.journey.walk import State, advance, settle
from unifier.profiles.component import Component, Record
from unifier.profiles.fold import Folded
from unifier.profiles.fragment import TIMELINE_MAX, Fragment
from unifier.profiles.marks import DAY_MS, SIGNAL_AT, SIZE, Mark
from unifier.profiles.topics import answers
from unifier.rules.measures import RopoRules

_ENDS = frozenset({int(Signal.PURCHASE), int(Signal.FULFILMENT)})
NOW = 0
"""The day of what holds now: `now, model, phase`, people there."""
_OF_TOUCHES = frozenset({"touches", "people", "returns"})
_OF_STAYS = frozenset({"tried", "went_on", "silent", "stopped", "people"})  # people: again as a whole
Met = tuple[dict[Touchpoint, int], Sequence[tuple[int, Touchpoint]]]
"""Of a fragment, when each touchpoint was touched last before the commit; and the touches in it."""


End = Crossing | Response
"""What came of one person's touches: a sale with others on the other side before it, or an answer."""


def ends(fragments: Sequence[Fragment], ropo: RopoRules) -> list[End]:
    """All that came of one person's touches."""
    return [*crossings(fragments, ropo), *responses(fragments)]


def _bought(facts: ProfileFacts) -> bool:
    return int(Signal.PURCHASE) in facts.packed[SIGNAL_AT::SIZE]


def _ends_now(facts: ProfileFacts, fragments: Sequence[Fragment]) -> list[End]:
    """The same of a person whose facts are known: what segments ask for is not worked out again."""
    return [*facts.crossings, *responses(fragments)]


class _Former(NamedTuple):
    members: tuple[bytes, ...]
    told: Any
    undone: tuple[bytes, ...]


class Change:
    """Of one commit: made before it is worked out, told of each profile, then asked for all."""

    def __init__(self, component: Component, models: Models, ropo: RopoRules) -> None:
        self._component = component
        self._models = models
        self._ropo = ropo
        self._former = {
            record.pid: _Former(record.members, record.told, record.undone)
            for record in component.records.values()
            if record.told is not None and not component.is_restricted(record)
        }
        self._packed = component.packed.copy()
        self._unpacked: dict[bytes, Fragment] = {}
        self._walked: dict[str, list[Mark]] = {}  # of former profiles all marks, in order of time
        self._counts: Counts = {}
        self._others: set[str] = set()  # profiles whose past is another

    def followed(
        self,
        record: Record,
        fragments: Sequence[Fragment],
        facts: ProfileFacts,
        followed: Followed,
        folded: Folded,
        fresh: Sequence[Mark] | None,
    ) -> None:
        """A profile was followed, to these facts of its fragments. `fresh`: its new marks; None: others may
        have come or gone.
        """
        walked = followed.walked
        before, touches = _before(fragments, folded.met)
        first, way = self._models.each[0], walked[0]
        former = self._former.get(record.pid)
        self._count_phases(former, followed.told.tellings)
        if way.former is None if former else any(self._packed.get(fid) for fid in record.members):
            self._reshaped(record, fragments, walked, former)
            self._count_ends(former, _ends_now(facts, fragments))
            self._add(count(Way(touches, (), met=before), first), without=_OF_STAYS)
            return
        if fresh is None or way.late:
            # Most have not got so far. The rules may call what has no order a purchase, too.
            if _bought(facts) or any([f.orders or answers(f.topics) for f in fragments]):  # noqa: C419
                self._count_ends(former, _ends_now(facts, fragments))
        elif folded.answered or any([mark.signal in _ENDS for mark in fresh]):  # noqa: C419 - half the time
            if former is not None and fresh and fresh[0].at == _walked(former):
                self._count_ends(former, _ends_now(facts, fragments))  # of one moment some were counted
            else:
                self._count_ends(None, _ends_now(facts, fragments), fresh)
        for model, way in zip(self._models.each, walked, strict=True):
            stood = way.since, way.journey, way.furthest
            new, known = (touches, before) if model is first else ((), {})
            if way.late:
                kept = self._kept(fragments, way.since or 0) if model is first else []
                less = _less(kept, new)
                self._add(count(Way(kept, way.steps, *stood), model), without=_OF_TOUCHES)
                self._add(count(Way(less, way.former or (), *stood), model), -1, _OF_TOUCHES)
                self._add(count(Way(new, (), met=known), model), without=_OF_STAYS - {"people"})
            elif way.steps or new:
                count(Way(new, way.steps, *stood, known), model, into=self._counts)

    def _reshaped(
        self,
        record: Record,
        fragments: Sequence[Fragment],
        walked: Sequence[Walked],
        former: _Former | None,
    ) -> None:
        """Another past: of a merge, a split, an undone order."""
        self._others.add(record.pid)
        for model, way in zip(self._models.each, walked, strict=True):
            kept = self._kept(fragments, 0) if model is self._models.each[0] else ()
            new = Way(kept, way.steps)
            if former is not None and former.told[0] != self._models.form:
                new = _later(new, former, model)
            self._changed(self._former_way(record.pid, model), new, model)

    def all(self, expired: Set[str] = frozenset()) -> Counts:
        """After the last profile was followed; some may be 0. Who is restricted is not there until the
        release; of the `expired` the past stays counted, since it is their data alone that are too old."""
        records, hidden = self._component.records, self._component.is_restricted
        gone = {pid for pid in self._former if pid not in records or hidden(records[pid])}
        for pid in gone:
            self._count_phases(self._former[pid], ())
        gone -= expired
        for pid in gone:
            for model in self._models.each:
                self._changed(self._former_way(pid, model), Way((), ()), model)
            self._count_ends(self._former[pid], ())
        if self._others or gone:
            self._recount_people(self._others | gone, gone)
        return self._counts

    def _count_phases(self, former: _Former | None, tellings: Sequence[Telling]) -> None:
        """People who are in a phase now, by model."""
        before = {telling[0]: telling[2] for telling in former.told[2]} if former is not None else {}
        counts = self._counts
        for telling in tellings:
            name, phase = telling.model, before.pop(telling.model, None)
            if phase != telling.phase:
                key = NOW, "now", name, telling.phase
                counts[key] = counts.get(key, 0) + 1
                if phase is not None:
                    before[name] = phase
        for name, phase in before.items():
            key = NOW, "now", name, phase
            counts[key] = counts.get(key, 0) - 1

    def _count_ends(
        self, former: _Former | None, now: Iterable[End], fresh: Sequence[Mark] | None = None
    ) -> None:
        """What came of the touches `now`, if given only of the `fresh` ones; in place of what came of the
        former ones."""
        for end in ends(self._fragments_of(former), self._ropo) if former else ():
            end.add_to(self._counts, -1)
        new = {mark.at for mark in fresh} if fresh is not None else None
        for end in now:
            if new is None or end.at in new:
                end.add_to(self._counts)

    def marks_before(self, pid: str) -> list[Mark]:
        """Of a profile before the commit, in order of time: what comes may have taken the place of some."""
        if (marks := self._walked.get(pid)) is None:
            former = self._former.get(pid)
            fragments = self._fragments_of(former) if former else []
            marks = self._walked[pid] = sorted([m for fragment in fragments for m in fragment.all_marks()])
        return marks

    def _former_way(self, pid: str, model: Model) -> Way:
        """What was counted, unless by other rules: that stays."""
        former = self._former.get(pid)
        if former is None or former.told[0] != self._models.form:
            return Way((), ())
        telling = next(Telling._make(each) for each in former.told[2] if each[0] == model.name)
        fragments, state = self._fragments_of(former), State()
        steps = advance(model, state, self.marks_before(pid), frozenset(former.undone))
        steps += settle(model, state, State(*telling.state).walked)
        return Way(self._kept(fragments, 0) if model is self._models.each[0] else (), steps)

    def _changed(self, old: Way, new: Way, model: Model) -> None:
        """Another way took the place of one: from where they part."""
        parting = min(_parting(old.steps, new.steps), _parting(old.touches, new.touches))
        self._add(count(_rest(new, parting), model), without=_OF_TOUCHES)
        self._add(count(_rest(old, parting), model), -1, _OF_TOUCHES)

    def _fragments_of(self, former: _Former) -> list[Fragment]:
        """As they were; each is unpacked once."""
        for fid in former.members:
            if fid not in self._unpacked and (packed := self._packed.get(fid)):
                self._unpacked[fid] = Fragment.unpack(fid, packed)
        return [self._unpacked[fid] for fid in former.members if fid in self._unpacked]

    def _kept(self, fragments: Sequence[Fragment], since: int) -> list[tuple[int, Touchpoint]]:
        """The touches since then that are kept, in order of time."""
        touches: list[tuple[int, Touchpoint]] = []
        for fragment in fragments:
            if fragment.last_at >= since:
                oldest = max(self._oldest(fragment.fid), since)
                touches += [(at, (where[0], where[1])) for at, where in fragment.moments() if at >= oldest]
        touches.sort()
        return touches

    def _oldest(self, fid: bytes) -> int:
        """The oldest touch that is still kept, if older ones may have gone."""
        if fid not in self._component:
            return 0
        moments = self._component.fragment(fid).moments()
        return moments[0][0] if len(moments) >= TIMELINE_MAX else 0

    def _add(self, counts: Counts, sign: int = 1, without: frozenset[str] = frozenset()) -> None:
        add(self._counts, {key: n for key, n in counts.items() if key[1] not in without}, sign)

    def _recount_people(self, pids: Iterable[str], gone: Set[str]) -> None:
        """People at each touchpoint; the day of a change is that of the earliest last touch."""
        component, number = self._component, Counter[Touchpoint]()
        days: dict[Touchpoint, int] = {}
        for pid in pids:
            former, record = self._former.get(pid), None if pid in gone else component.records.get(pid)
            old = self._fragments_of(former) if former else []
            new = list(component.fragments(record.members)) if record else []
            for fragments, sign in ((old, -1), (new, 1)):
                for where, at in _before(fragments, {})[0].items():
                    number[where] += sign
                    days[where] = min(at // DAY_MS, days.get(where, at // DAY_MS))
        for where, change in number.items():
            self._add({(days[where], "people", *where): change})


def _before(
    fragments: Sequence[Fragment], met: Mapping[bytes, Met]
) -> tuple[dict[Touchpoint, int], list[tuple[int, Touchpoint]]]:
    """When each touchpoint was touched last before, and the new touches in order of time."""
    if len(fragments) == 1 and (told := met.get(fragments[0].fid)) is not None:
        return told[0], sorted(told[1])
    before: dict[Touchpoint, int] = {}
    touches: list[tuple[int, Touchpoint]] = []
    for fragment in fragments:
        if (told := met.get(fragment.fid)) is not None:
            known, new = told
            touches += new
        else:
            known = fragment.last_touches()
        for where, at in known.items():
            if at > before.get(where, -1):
                before[where] = at
    touches.sort()
    return before, touches


def _less(
    touches: Sequence[tuple[int, Touchpoint]], some: Sequence[tuple[int, Touchpoint]]
) -> list[tuple[int, Touchpoint]]:
    """The touches without some of them, which may not all be there. Counters take three times as long."""
    rest = [*touches]
    for touch in some:
        with suppress(ValueError):
            rest.remove(touch)
    return rest


def _parting(one: Sequence[tuple[Any, ...]], other: Sequence[tuple[Any, ...]]) -> int:
    """The time, which comes first in each, from which on two sequences differ."""
    for a, b in zip(one, other, strict=False):
        if a != b:
            return int(min(a[0], b[0]))
    longer = max(one, other, key=len)
    short = min(len(one), len(other))
    return int(longer[short][0]) if len(longer) > short else NEVER


def _later(way: Way, former: _Former, model: Model) -> Way:
    """What comes after that which was counted by other rules, if any had the model."""
    tellings = chain(*former.told[2:])
    told = [State(*telling[5]).walked for telling in tellings if telling[0] == model.name]
    return _rest(way, told[0] + 1)._replace(touches=()) if told else way


def _walked(former: _Former) -> int:
    """The newest moment up to which the profile had been followed."""
    return State(*former.told[2][0][5]).walked


def _rest(way: Way, parting: int) -> Way:
    """A way from the stay on that holds a moment."""
    place = bisect_left(way.steps, (parting,))
    if not place:
        return way
    since, journey = way.steps[place - 1].at, way.steps[place - 1].journey
    furthest = max([reached(step) for step in way.steps[:place] if step.journey == journey])
    touches = way.touches[bisect_left(way.touches, (since,)) :]
    return Way(touches, way.steps[place:], since, journey, furthest)
