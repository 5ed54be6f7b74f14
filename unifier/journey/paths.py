"""Paths of many people through the phases: who is where, which moves are made, how long stays last.

Phases are places in a model's `phases`, as in `journey.walk`; times are milliseconds UTC.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import median, quantiles
from typing import Any, NamedTuple

from unifier.journey.follow import direction
from unifier.journey.models import NONE, Model
from unifier.journey.walk import Step

Touchpoint = tuple[str, str]
"""(channel, touchpoint)"""


class Path(NamedTuple):
    """One person's way: touches and steps in order of time."""

    touches: Sequence[tuple[int, Touchpoint]]
    steps: Sequence[Step]


def phases(paths: Iterable[Path], model: Model) -> list[dict[str, Any]]:
    """Of each phase: people now and ever, journeys that reached it, and the share that got no further."""
    now: Counter[int] = Counter()
    ever: Counter[int] = Counter()
    reached: Counter[int] = Counter()
    furthest: Counter[int] = Counter()
    for path in paths:
        if not path.steps:
            continue
        now[path.steps[-1].to] += 1
        ever.update({step.to for step in path.steps})
        journeys: dict[int, set[int]] = {}
        for step in path.steps:
            if step.to > step.source:
                journeys.setdefault(step.journey, set()).add(step.to)
        for entered in journeys.values():
            reached.update(entered)
            furthest[max(entered)] += 1
    return [
        {
            "phase": name,
            "people_now": now[place],
            "people_ever": ever[place],
            "journeys": reached[place],
            "drop_off": round(furthest[place] / reached[place], 4) if reached[place] else None,
        }
        for place, name in enumerate(model.phases[:-1])
    ] + [
        {"phase": "none", "people_now": now[NONE], "people_ever": ever[NONE], "journeys": 0, "drop_off": None}
    ]


def flows(paths: Iterable[Path], model: Model) -> list[dict[str, Any]]:
    """Moves between phases, the most frequent first, with the median time spent before them."""
    dwell: dict[tuple[int, int, str], list[int]] = {}
    people: Counter[tuple[int, int, str]] = Counter()
    for path in paths:
        moves = set()
        for step in path.steps:
            move = step.source, step.to, direction(step)
            dwell.setdefault(move, []).append(max(0, step.at - step.since) if step.since is not None else 0)
            moves.add(move)
        people.update(moves)
    return [
        {
            "from": model.phases[move[0]],
            "to": model.phases[move[1]],
            "direction": move[2],
            "moves": len(times),
            "people": people[move],
            "median_dwell_s": round(median(times) / 1000, 3),
        }
        for move, times in sorted(dwell.items(), key=lambda item: (-len(item[1]), item[0]))
    ]


def dwell(paths: Iterable[Path], model: Model) -> list[dict[str, Any]]:
    """How long the stays in each phase lasted, of those that are over."""
    stays: dict[int, list[int]] = {}
    for path in paths:
        for step in path.steps:
            if step.source != NONE and step.since is not None:
                stays.setdefault(step.source, []).append(max(0, step.at - step.since))
    return [
        {
            "phase": model.phases[place],
            "stays": len(times),
            "median_s": round(median(times) / 1000, 3),
            "p90_s": round(_ninth(times) / 1000, 3),
        }
        for place, times in sorted(stays.items())
    ]


def _ninth(times: Sequence[int]) -> float:
    return quantiles(times, n=10, method="inclusive")[-1] if len(times) > 1 else float(times[0])
