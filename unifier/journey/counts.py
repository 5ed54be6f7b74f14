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
Counts = dict[tuple[str | int, ...], int]
"""(day, what, …) → how often; the day from 1970, UTC:

    moves, model, from, to, direction, span, channel    a move, after so long a stay; "": time caused it
    reached, model, phase, to                   a journey that got so far, having got to the phase before
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


def add(counts: Counts, more: Counts, sign: int = 1, without: frozenset[str] = frozenset()) -> None:
    """Add one to the other."""
    for key, number in more.items():
        if key[1] not in without:
            counts[key] = counts.get(key, 0) + sign * number


def count(way: Way, model: Model, into: Counts | None = None) -> Counts:
    """What a piece of a way adds, alone or `into` others.

    A touch at the moment of a step belongs to the stay that it begins.
    """
    counts: Counts = {} if into is None else into
    steps = way.steps
    if not steps:
        _touch(counts, way.touches, way.since, dict(way.met), _newest(way.met))
        return counts
    met, since, start = dict(way.met), way.since, 0
    newest, touches = _newest(met), way.touches
    journey, furthest = way.journey, way.furthest
    for step in steps:
        end = start
        while end < len(touches) and touches[end][0] < step.at:
            end += 1
        if end > start:
            newest = _touch(counts, touches[start:end], since, met, newest)
            start = end
        if step.journey != journey:
            journey, furthest = step.journey, NONE
        _move(counts, step, furthest, model)
        furthest = max(furthest, step.to)
        if since is not None and newest[0] >= since:
            _end(counts, step, since, met, newest)
        since = step.at
    _touch(counts, touches[start:], since, met, newest)
    return counts


def _newest(met: Mapping[Touchpoint, int]) -> tuple[int, Touchpoint]:
    return max([(at, where) for where, at in met.items()]) if met else (-1, ANYWHERE)


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
        day, before = at // DAY_MS, met.get(where, -1)
        key: tuple[str | int, ...] = (day, "touches", *where)
        counts[key] = get(key, 0) + 1
        if before < 0:
            key = (day, "people", *where)
            counts[key] = get(key, 0) + 1
        if at - newest[0] > PAUSE_MS and newest[0] >= 0:
            key = (day, "returns", *newest[1], span(at - newest[0]))
            counts[key] = get(key, 0) + 1
        if since is not None and before < since <= at <= since + WITHIN_MS:
            day = since // DAY_MS
            for place in (where, ANYWHERE) if newest[0] < since else (where,):
                key = (day, "tried", *place)
                counts[key] = get(key, 0) + 1
        if at > before:
            met[where] = at
        if touch > newest:
            newest = touch
    return newest


def _move(counts: Counts, step: Step, furthest: int, model: Model) -> None:
    day, phases = step.at // DAY_MS, model.phases
    stay = span(step.at - step.since) if step.since is not None else 0
    key: tuple[str | int, ...] = (
        day, "moves", model.name, phases[step.source], phases[step.to], direction(step), stay, step.channel,
    )  # fmt: skip
    counts[key] = counts.get(key, 0) + 1
    if step.to > furthest:
        key = (day, "reached", model.name, phases[furthest], phases[step.to])
        counts[key] = counts.get(key, 0) + 1


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
