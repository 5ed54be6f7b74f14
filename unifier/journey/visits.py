"""What a visit adds to the counts of steps: how many came to each, how many of them went on, and what else
they met there.

    came, step, attribute, value    a visit that came to a step; attribute "": every one
    on, step, attribute, value      one of those that has the next step, too, in whatever order
    met, step, label                a visit that had got to a step, and no further, met something unusual
    passed, step, label             a visit that met it went on from the step

Of the day on which the visit began. A visit is one of a fragment: whoever is one person does not change it.
"""

from collections import Counter
from collections.abc import Mapping

from unifier.journey.counts import Counts
from unifier.journey.steps import VALUES_MAX, likeliest
from unifier.journey.weak_points import NOBODY, Cell, Count, Days, WeakPoint
from unifier.profiles.fold import Came, Unusual
from unifier.profiles.marks import DAY_MS
from unifier.rules import Rules, Steps

VISITOR, CHANNEL = "visitor", "channel"


def count_step(counts: Counts, came: Came, rules: Rules) -> None:
    """Add a step of a visit."""
    _, step, start, first_at, visited, attributes = came
    channels, steps, day = dict(reversed(visited)), rules.steps, start // DAY_MS
    if sum([name == step for name, _ in visited]) > 1:
        return  # it had come to it before, at another place
    visitor = (VISITOR, "returning" if first_at < start else "new")
    if (after := steps.following.get(step)) is not None:
        cells = (("", ""), visitor, (CHANNEL, channels[step]), *attributes)
        for cell in cells:
            _add(counts, (day, "came", step, *cell))
            if after in channels:
                _add(counts, (day, "on", step, *cell))
    before = steps.before.get(step)
    if before is not None and before in channels:
        for cell in (("", ""), visitor, (CHANNEL, channels[before]), *attributes):
            _add(counts, (day, "on", before, *cell))
        for name in channels:
            if name not in steps.order and name not in rules.ordinary:
                _add(counts, (day, "passed", before, name))


def count_unusual(counts: Counts, met: Unusual, steps: Steps) -> None:
    """Add what a visit met at the step it had got to, unless it was the last one."""
    if met.step < len(steps.order):
        _add(counts, (met.start // DAY_MS, "met", steps.order[met.step - 1], met.label))


def _add(counts: Counts, key: tuple[str | int, ...]) -> None:
    counts[key] = counts.get(key, 0) + 1


def cells_of(counts: Mapping[tuple[str | int, ...], int], steps: Steps) -> dict[Cell, Days]:
    """The days of each cell, of the steps that have a next one; of an attribute the most frequent values."""
    found: dict[Cell, dict[int, Count]] = {}
    often: dict[str, Counter[str]] = {}
    for (day, what, *rest), number in counts.items():
        if what in ("came", "on") and rest[0] in steps.following:
            cell = Cell(*map(str, rest))
            days = found.setdefault(cell, {})
            before = days.get(int(day), NOBODY)
            came, on = (number, 0) if what == "came" else (0, number)
            days[int(day)] = Count(before.came + came, before.went_on + on)
            often.setdefault(cell.attribute, Counter())[cell.value] += came
    watched = {name: {value for value, _ in of.most_common(VALUES_MAX)} for name, of in often.items()}
    return {
        cell: {day: Count(max(came, on), on) for day, (came, on) in days.items()}
        for cell, days in found.items()
        if cell.value in watched[cell.attribute]
    }


def why(point: WeakPoint, counts: Mapping[tuple[str | int, ...], int]) -> str | None:
    """As `steps.likely_why`, out of what visits met at the step."""
    old: set[str] = set()
    met: Counter[str] = Counter()
    passed: Counter[str] = Counter()
    for (day, what, *rest), number in counts.items():
        if what not in ("met", "passed", "touches"):
            continue
        label = str(rest[1])
        if int(day) < point.since - 1:
            old.add(label)
        elif what != "touches" and rest[0] == point.step and (point.until is None or int(day) < point.until):
            (met if what == "met" else passed)[label] += number
    return likeliest(old, met - passed, passed)
