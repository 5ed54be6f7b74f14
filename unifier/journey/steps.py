"""Steps of a visit: which one comes next, how many visits go on to it, and what was new where they stopped.

A visit went on from a step if the next step is anywhere in the same visit: the order of events within a visit
is not to be relied on.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import pairwise

from unifier.journey.weak_points import Cell, Count, WeakPoint

LEARN_DAYS = 60  # of history, that steps are learnt from
SURE = 0.9  # share of the visits with the next step that have the step before it
FEW = 30  # visits that a step must have to be learnt
NAMES_MAX = 200  # most frequent names among which steps are looked for
VALUES_MAX = 40  # most frequent values of an attribute that are watched by themselves
WHY_LEAST = 3  # stopped visits that a new name must be in to be told as the likely reason


@dataclass(frozen=True, slots=True)
class Visit:
    """One session: its day (from 1970, UTC), the distinct names in it, and what it was like."""

    day: int
    names: frozenset[str]
    attributes: Mapping[str, str]


def declared(order: Sequence[str]) -> dict[str, str]:
    """Step → next step, of steps declared in order."""
    return dict(pairwise(order))


def learned(visits: Collection[Visit]) -> dict[str, str]:
    """Step → next step, from the first LEARN_DAYS: the most frequent name that rarely comes without it."""
    first = min((visit.day for visit in visits), default=0)
    history = [visit.names for visit in visits if visit.day < first + LEARN_DAYS]
    often = Counter(name for names in history for name in names)
    ranked = _frequent(often)
    place = {name: number for number, name in enumerate(ranked)}
    both: Counter[tuple[str, str]] = Counter()
    for names in history:
        known = sorted((name for name in names if name in place), key=place.__getitem__)
        both.update((a, b) for number, a in enumerate(known) for b in known[number + 1 :])
    return following_of(often, both)


def _frequent(often: Counter[str]) -> list[str]:
    ranked = sorted(often.items(), key=lambda item: (-item[1], item[0]))
    return [name for name, count in ranked[:NAMES_MAX] if count >= FEW]


def following_of(often: Counter[str], both: Mapping[tuple[str, str], int]) -> dict[str, str]:
    """Step → next step, of names with the visits that have each, and each two (the more frequent first)."""
    ranked = _frequent(often)
    found: dict[str, str] = {}
    for place, step in enumerate(ranked):  # the more frequent come first: the first that fits is the next
        for following in ranked[place + 1 :]:
            together = both.get((step, following), 0)
            if often[following] < often[step] and together >= SURE * often[following]:
                found[step] = following
                break
    return found


def count(visits: Iterable[Visit], following: Mapping[str, str]) -> dict[Cell, dict[int, Count]]:
    """For each cell and day the visits that came to the step, and those of them that went on."""
    seen = list(visits)
    values: dict[str, Counter[str]] = {}
    for visit in seen:
        for attribute, value in visit.attributes.items():
            values.setdefault(attribute, Counter())[value] += 1
    watched = {
        (attribute, value)
        for attribute, often in values.items()
        for value, _ in sorted(often.items(), key=lambda item: (-item[1], item[0]))[:VALUES_MAX]
    }
    found: dict[Cell, dict[int, Count]] = {}
    for visit in seen:
        for step, following_step in following.items():
            if step not in visit.names:
                continue
            went_on = following_step in visit.names
            cells = [Cell(step)]
            cells += [Cell(step, *pair) for pair in visit.attributes.items() if pair in watched]
            for cell in cells:
                days = found.setdefault(cell, {})
                before = days.get(visit.day, Count(0, 0))
                days[visit.day] = Count(before.came + 1, before.went_on + went_on)
    return found


def likely_why(point: WeakPoint, following: str, visits: Iterable[Visit], last: int) -> str | None:
    """A name not seen before the weak point, more often in visits that stopped than in those that went on."""
    until = last + 1 if point.until is None else point.until
    old: set[str] = set()
    stopped: Counter[str] = Counter()
    went_on: Counter[str] = Counter()
    for visit in visits:
        if visit.day < point.since - 1:  # the first day of the trouble is known to a day or so
            old |= visit.names
        elif visit.day < until and point.step in visit.names:
            (went_on if following in visit.names else stopped).update(visit.names)
    return likeliest(old, stopped, went_on)


def likeliest(old: Set[str], stopped: Counter[str], went_on: Counter[str]) -> str | None:
    """The name that is new and that more of the visits that stopped have than of those that went on."""
    told = [(times, name) for name, times in stopped.items() if name not in old and times > went_on[name]]
    times, name = max(told, default=(0, ""))
    return name if times >= WHY_LEAST else None
