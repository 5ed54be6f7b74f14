"""What the ways of many people add up to, day by day: sums, so that they can be kept without the people.

A way is counted as it goes on: what was counted of its beginning, and what is counted of its end from where
it stood, are together what would be counted of the whole. So files count whole ways and the stream pieces of
them.
"""

from collections.abc import Mapping, Sequence
from math import log2
from typing import NamedTuple

from unifier.journey.follow import direction
from unifier.journey.models import NONE, Model
from unifier.journey.walk import LAPSED, Step
from unifier.profiles.fragment import PAUSE_MS
from unifier.profiles.marks import DAY_MS

WITHIN_DAYS = 7
"""So soon after a stay in a phase begins, a touch in it and the next phase have to come to count as
resonance.
"""
STEPS_PER_DOUBLING = 8  # of spans of time: a median is told to 4.5 %
WITHIN_MS = WITHIN_DAYS * DAY_MS
ANYWHERE = ("", "")

Touchpoint = tuple[str, str]
"""(channel, touchpoint)"""
Key = tuple[str | int, ...]
Counts = dict[Key, int]
"""(day, what, …) → how often; the day from 1970, UTC:

    moves, model, from, to, direction, span, channel, before
                                                a move, after so long a stay; channel "": time caused it;
                                                before: the phase to which the journey had got before, if
                                                `to` is further, else ""; of a lapse, if `from` is: it
                                                opened there
    touches, channel, touchpoint                a touch there
    people, channel, touchpoint                 a person there for the first time
    returns, channel, touchpoint, span          the next visit of who left there, after so long
    tried, channel, touchpoint                  a stay with a touch there, soon after it began
    went_on, channel, touchpoint                one of those that went on to a later phase as soon
    silent, channel, touchpoint                 a stay with a touch there that ended because nothing came
    stopped, channel, touchpoint                one of those whose last touch was there
    sales, credit                               `ropo.Crossing.add_to`
    answered                                    `responses.Response.add_to`
    came, on, met, passed                       `visits`

`tried` and `went_on` are of the day on which the stay began, and there is one of ANYWHERE.
"""


class Way(NamedTuple):
    """A piece of one person's way, in order of time, and where it begins."""

    touches: Sequence[tuple[int, Touchpoint]]
    steps: Sequence[Step]
    since: int | None = None  # when the stay began in which it begins
    journey: int = 0
    furthest: int = NONE  # the phase that the journey has reached before
    met: Mapping[Touchpoint, int] = {}  # when each was touched last before


def add(counts: Counts, more: Mapping[Key, int], sign: int = 1) -> None:
    """Add one to the other."""
    get = counts.get
    for key, number in more.items():
        counts[key] = get(key, 0) + sign * number


def count(way: Way, model: Model, into: Counts | None = None) -> Counts:
    """What a piece of a way adds, alone or `into` others.

    A touch at the moment of a step belongs to the stay that it begins.
    """
    counts: Counts = {} if into is None else into
    if way.steps:
        _move(counts, way, model)
    if way.touches or (way.steps and way.met):
        _stay(counts, way)
    return counts


def _move(counts: Counts, way: Way, model: Model) -> None:
    """The moves, and how far they got."""
    journey, furthest, name, phases, get = way.journey, way.furthest, model.name, model.phases, counts.get
    for step in way.steps:
        at, source, to, number, _, since, channel = step
        if number != journey:
            journey, furthest = number, NONE
        day, stay = at // DAY_MS, span(at - since) if since is not None else 0
        got, before = reached(step), ""
        if got > furthest:
            before, furthest = phases[furthest], got
        key: Key = (day, "moves", name, phases[source], phases[to], direction(step), stay, channel, before)
        counts[key] = get(key, 0) + 1


def _stay(counts: Counts, way: Way) -> None:
    """The touches, stay by stay, and how each stay ended."""
    touches, since, met, place = way.touches, way.since, dict(way.met), 0
    newest = max([(at, where) for where, at in met.items()]) if met else (-1, ANYWHERE)
    for step in way.steps:
        start = place
        while place < len(touches) and touches[place][0] < step.at:
            place += 1
        if place > start:
            newest = _touch(counts, touches[start:place], since, met, newest)
        if since is not None and newest[0] >= since:
            _end(counts, step, since, met, newest)
        since = step.at
    if place < len(touches):
        _touch(counts, touches[place:] if place else touches, since, met, newest)


def _touch(
    counts: Counts,
    touches: Sequence[tuple[int, Touchpoint]],
    since: int | None,
    met: dict[Touchpoint, int],
    newest: tuple[int, Touchpoint],
) -> tuple[int, Touchpoint]:
    """Touches of one stay; `met` goes on, and so does the newest touch, which is given."""
    get = counts.get
    for touch in touches:
        at, where = touch
        channel, touchpoint = where
        day, before, last = at // DAY_MS, met.get(where, -1), newest[0]
        key: Key = (day, "touches", channel, touchpoint)
        counts[key] = get(key, 0) + 1
        if before < 0:
            key = (day, "people", channel, touchpoint)
            counts[key] = get(key, 0) + 1
        if at - last > PAUSE_MS and last >= 0:
            key = (day, "returns", *newest[1], span(at - last))
            counts[key] = get(key, 0) + 1
        if since is not None and before < since <= at <= since + WITHIN_MS:
            day = since // DAY_MS
            key = (day, "tried", channel, touchpoint)
            counts[key] = get(key, 0) + 1
            if last < since:
                key = (day, "tried", *ANYWHERE)
                counts[key] = get(key, 0) + 1
        if at > before:
            met[where] = at
        if touch > newest:
            newest = touch
    return newest


def _end(
    counts: Counts, step: Step, since: int, met: Mapping[Touchpoint, int], newest: tuple[int, Touchpoint]
) -> None:
    """A stay ends in which there were touches."""
    here = [where for where, at in met.items() if at >= since]
    if step.to > step.source and step.at <= since + WITHIN_MS:
        told = [(since // DAY_MS, "went_on", *where) for where in (*here, ANYWHERE)]
    elif step.cause == LAPSED:
        day = step.at // DAY_MS
        told = [(day, "silent", *where) for where in here]
        told.append((day, "stopped", *newest[1]))
    else:
        return
    for key in told:
        counts[key] = counts.get(key, 0) + 1


def reached(step: Step) -> int:
    """The phase to which a step says that its journey has got: by falling back it gets nowhere."""
    return step.source if step.cause == LAPSED else step.to


def span(ms: int) -> int:
    """The class of a span of time; each is 9 % longer than the one before."""
    return round(log2(ms + 1) * STEPS_PER_DOUBLING)


def median_s(spans: Mapping[int, int], share: float = 0.5) -> float | None:
    """The span, in seconds, that so large a share of all does not exceed; None: there are none."""
    rest = share * sum(spans.values())
    for cls in sorted(spans):
        rest -= spans[cls]
        if rest <= 0:
            return round((2 ** (cls / STEPS_PER_DOUBLING) - 1) / 1000, 3)
    return None
