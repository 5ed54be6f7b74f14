"""From marks to the transitions to tell, so that the last one told is always the phase of the profile.

Mostly the walk goes on from where it stood, and its steps are told one by one. When the past changed (a late
event that says more than that somebody was there once more, an undone order, a merge, a split), it is walked
anew from all marks. If the new path is, at the moment of the last transition told, in the phase that was
told, what comes after that is told one by one as well. Else one transition says where the profile stands now,
and names those that no longer hold. A merge, split or erasure always tells one at most: the path of the other
part was told under its own id.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from typing import NamedTuple

from unifier.events.canonical import Signal
from unifier.journey.models import NEVER, NONE, Model, Models
from unifier.journey.told import TOLD_MAX, Entry, Telling, Told, retold, undone_sum, untold
from unifier.journey.walk import TIMERS, State, Step, adds_nothing, advance, follows, settle
from unifier.profiles.marks import KEPT, Mark

RESHAPED = frozenset({"merge", "split", "erase", "release"})
"""Causes that give or take a profile whole fragments, or let it be seen again."""


@dataclass(slots=True)
class Transition:
    """A change of phase to be told. Phases by name, "none" for before the first and after the last."""

    number: int  # counts up from 1 per profile and model
    model: str
    journey: int
    source_phase: str
    to: str
    direction: str  # forward (the next phase), skip (further), back, lapse (back by time alone)
    at: int  # when it happened, milliseconds UTC
    detected_at: int  # when it was found, milliseconds UTC
    dwell_s: float  # time spent in source_phase; 0 when it was never entered
    cause: bytes | str  # hash of the event; or the timer: one of TIMERS; or one of RESHAPED
    corrects: tuple[int, ...]  # numbers of transitions that no longer hold
    stale: bool


_PURCHASE = int(Signal.PURCHASE)
_NOTHING = Entry(0, -NEVER, NONE, 0)


class Walked(NamedTuple):
    """How one model was walked: from where on, and in what steps."""

    since: int | None  # when the stay began in which it begins; None: from the beginning
    journey: int
    furthest: int
    steps: list[Step]
    late: bool  # because of marks that came late; they may have taken the place of `former` steps
    former: list[Step] | None  # None: nobody knows which; the past is another


class Followed(NamedTuple):
    """What following a profile came to."""

    transitions: list[Transition]
    told: Told
    due: int | None  # when to follow again without any event, milliseconds UTC
    walked: list[Walked]  # by model


def transition_id(profile_id: str, model: str, number: int) -> str:
    """The id of a transition's message: the same each time it is sent."""
    return f"{profile_id}/{model}/{number}"


def follow(
    told: Told | None,
    marks: Sequence[Mark] | Callable[[], Sequence[Mark]],
    fresh: Sequence[Mark] | None,
    undone: Set[bytes],
    models: Models,
    now: int,
    cause: bytes | str,
    forgetful: Callable[[], bool] | None = None,
    before: Callable[[], Sequence[Mark]] | None = None,
) -> Followed:
    """Work out what to tell of one profile.

    `marks`: all marks of the profile, fresh ones included; a callable is called only if they are needed.
    `fresh`: the marks that are new; empty when a timer is due; None when other marks may have come or gone.
    `undone`: orders that no longer count. `cause`: told of when the past changed: the hash of the event that
    changed it, or one of RESHAPED. `forgetful`: whether a fragment has as many purchases as are kept, so that
    older ones may be forgotten; by default the marks are taken for those of one fragment. `before`: the marks
    before the fresh ones came, in ascending order; by default all others.
    """
    undone_now = undone_sum(undone) if undone else 0
    if told is None:
        told, fresh = untold(models), None if cause in RESHAPED else _ascending(marks)
    elif told.form != models.form:
        told, fresh = retold(told, models), None
    elif told.undone != undone_now:
        fresh = None
    elif fresh is not None and len(fresh) > 1:
        fresh = sorted(fresh)
    every: list[Mark] | None = None
    transitions: list[Transition] = []
    tellings: list[Telling] = []
    walked: list[Walked] = []
    soonest = NEVER
    for model, telling in zip(models.each, told.tellings, strict=True):
        state = State(*telling.state)
        new = fresh
        if fresh and not follows(state, fresh[0]):
            new = [mark for mark in fresh if not adds_nothing(state, mark)]
        if new is not None and (not new or follows(state, new[0])):
            stood = state.since, state.journey, state.furthest
            steps = advance(model, state, new, undone)
            if state.due <= now or state.loyal_until <= now:
                steps += settle(model, state, now)
            walked.append(Walked(*stood, steps, new is not fresh, []))
        else:
            if every is None:
                every = _ascending(marks)
            path, state, way = _anew(model, every, fresh, undone, now, state.walked, before)
            walked.append(way)
            if forgetful() if forgetful is not None else _is_full(every):
                path = _renumbered(path, state, telling)
            telling, steps = _compared(telling, path, now, cause)
        if steps:
            telling, news = _tell(model, telling, steps, now, models.stale_after)
            transitions += news
        name, number, phase, entries, wrong, _ = telling
        tellings.append(Telling(name, number, phase, entries, wrong, state.pack()))
        soonest = min(soonest, state.due, state.loyal_until)
    due = soonest if soonest < NEVER else None
    return Followed(transitions, Told(models.form, undone_now, tellings, told.former), due, walked)


def _anew(
    model: Model,
    every: list[Mark],
    fresh: Sequence[Mark] | None,
    undone: Set[bytes],
    now: int,
    until: int,
    known: Callable[[], Sequence[Mark]] | None,
) -> tuple[list[Step], State, Walked]:
    """Walk from the beginning; how it was walked `until` then, too, if only fresh marks came between."""
    state = State()
    if not fresh:
        path = advance(model, state, every, undone) + settle(model, state, now)
        return path, state, Walked(None, 0, NONE, path, False, None)
    place = bisect_left(every, fresh[0])
    path = advance(model, state, every[:place], undone)
    stood, before, others = (state.since, state.journey, state.furthest), State(), set(fresh)
    marks = [mark for mark in every if mark not in others] if known is None else known()
    former = (advance(model, before, marks, undone) + settle(model, before, until))[len(path) :]
    steps = advance(model, state, every[place:], undone) + settle(model, state, now)
    return path + steps, state, Walked(*stood, steps, True, former)


def _ascending(marks: Sequence[Mark] | Callable[[], Sequence[Mark]]) -> list[Mark]:
    return sorted(marks() if callable(marks) else marks)


def _tell(
    model: Model, telling: Telling, steps: list[Step], now: int, stale_after: int
) -> tuple[Telling, list[Transition]]:
    """Tell these steps one by one; the first also names what no longer holds."""
    number, source = telling.number, telling.phase
    corrects = tuple(telling.wrong)
    entries = [entry for entry in telling.entries if entry[0] not in corrects]
    news = []
    for step in steps:
        number += 1
        to = model.phases[step.to]
        news.append(
            Transition(
                number=number,
                model=model.name,
                journey=step.journey,
                source_phase=source,
                to=to,
                direction=direction(step),
                at=step.at,
                detected_at=now,
                dwell_s=max(0, step.at - step.since) / 1000 if step.since is not None else 0.0,
                cause=step.cause,
                corrects=corrects,
                stale=now - step.at > stale_after,
            )
        )
        entries.append([number, step.at, step.to, step.journey])
        source, corrects = to, ()
    return Telling(model.name, number, source, entries[-TOLD_MAX:], [], telling.state), news


def direction(step: Step) -> str:
    """forward (the next phase), skip (further), lapse (back by time alone) or back."""
    if step.to > max(step.source, NONE):  # out of all phases is back, also out of a former one
        return "forward" if step.to == step.source + 1 else "skip"
    return "lapse" if step.cause in TIMERS else "back"


def _compared(telling: Telling, path: list[Step], now: int, cause: bytes | str) -> tuple[Telling, list[Step]]:
    """Hold what was told against the new path: the steps to tell, and the telling with its errors noted."""
    entries = [Entry._make(entry) for entry in telling.entries]
    last = entries[-1] if entries else _NOTHING
    here = path[-1] if path else Step(now, NONE, NONE, last.journey, cause, None)
    rest = _after(path, last) if cause not in RESHAPED else None
    judged = entries[:-1]
    if rest is None and here.to == last.phase:
        rest = []
    elif rest is None:
        rest = [Step(here.at, last.phase, here.to, here.journey, cause, last.at if entries else None)]
        judged = entries
    wrong = sorted({*telling.wrong, *_broken(judged, path)})[-TOLD_MAX:]
    if entries and not rest:
        entries[-1] = last._replace(at=here.at, journey=here.journey)  # it holds, if from another time on
    return telling._replace(entries=[[*entry] for entry in entries], wrong=wrong), rest


def _after(path: list[Step], last: Entry) -> list[Step] | None:
    """What comes on the path after the transition told last; None if the path is in another phase then."""
    before = [index for index, step in enumerate(path) if step.at <= last.at]
    for index in reversed(before):
        if path[index].at == last.at and path[index].to == last.phase:
            return path[index + 1 :]
    there = path[before[-1]].to if before else NONE
    return path[len(before) :] if there == last.phase else None


def _broken(entries: list[Entry], path: list[Step]) -> list[int]:
    """Numbers of those told that the path does not go through: neither at that time nor in that journey."""
    moments = {(step.at, step.to) for step in path}
    journeys = {(step.journey, step.to) for step in path}
    return [
        entry.number
        for entry in entries
        if (entry.at, entry.phase) not in moments and (entry.journey, entry.phase) not in journeys
    ]


def _is_full(marks: Sequence[Mark]) -> bool:
    return sum([mark.signal == _PURCHASE for mark in marks]) >= KEPT[_PURCHASE]


def _renumbered(path: list[Step], state: State, telling: Telling) -> list[Step]:
    """Number the journeys on from those told, when purchases may have been forgotten for their number."""
    if not telling.entries or not path:
        return path
    last = Entry._make(telling.entries[-1])
    there = [step for step in path if step.at <= last.at] or path[:1]
    forgotten = last.journey - there[-1].journey
    if forgotten <= 0:
        return path
    state.journey += forgotten
    return [step._replace(journey=step.journey + forgotten) for step in path]
