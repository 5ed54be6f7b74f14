"""What a visit adds to the counts of steps: how many came to each, how many of them went on, and what else
they met there.

    came, step, attribute, value    a visit that came to a step; attribute "": every one
    on, step, attribute, value      one of those that has the next step, too, in whatever order
    met, step, label                a visit that had got to a step, and no further, met something unusual
    passed, step, label             a visit that met it went on from the step

While steps are learnt (the rules name none), every name may be one, and the next one of every other:

    came, name, attribute, value          a visit that has it
    with, name, other, attribute, value   one of those that has the other name, too

Of the day on which the visit began. A visit is one of a fragment: whoever is one person does not change it.
"""

from collections import Counter
from collections.abc import Mapping

from unifier.journey.counts import Counts
from unifier.journey.steps import LEARN_DAYS, VALUES_MAX, following_of, likeliest
from unifier.journey.weak_points import NOBODY, Cell, Count, Days, WeakPoint
from unifier.profiles.fold import Came, Unusual
from unifier.profiles.marks import DAY_MS
from unifier.rules import Rules, Steps

VISITOR, CHANNEL = "visitor", "channel"
WITH = "with"


def count_step(counts: Counts, came: Came, rules: Rules) -> None:
    """Add a step of a visit."""
    _, step, start, first_at, visited, attributes = came
    channels, steps, day = dict(reversed(visited)), rules.steps, start // DAY_MS
    if sum([name == step for name, _ in visited]) > 1:
        return  # it had come to it before, at another place
    visitor = (VISITOR, "returning" if first_at < start else "new")
    if steps.learnt:
        alike = (("", ""), visitor, *attributes)
        for cell in (*alike, (CHANNEL, channels[step])):
            _add(counts, (day, "came", step, *cell))
        for other, channel in channels.items():
            if other != step:
                for cell in alike:
                    _add(counts, (day, WITH, step, other, *cell))
                    _add(counts, (day, WITH, other, step, *cell))
                _add(counts, (day, WITH, step, other, CHANNEL, channels[step]))
                _add(counts, (day, WITH, other, step, CHANNEL, channel))
        return
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


def learnt(counts: Mapping[tuple[str | int, ...], int]) -> dict[str, str]:
    """Step → next step, as `steps.learned`, out of what came with what."""
    first = min((int(day) for day, what, *_ in counts if what == "came"), default=0)
    often: Counter[str] = Counter()
    both: Counter[tuple[str, str]] = Counter()
    for (day, what, *rest), number in counts.items():
        if int(day) < first + LEARN_DAYS and rest[-1] == "":
            if what == "came":
                often[str(rest[0])] += number
            elif what == WITH:
                both[str(rest[0]), str(rest[1])] += number
    return following_of(often, both)


def cells_of(counts: Mapping[tuple[str | int, ...], int], following: Mapping[str, str]) -> dict[Cell, Days]:
    """The days of each cell, of the steps that have a next one; of an attribute the most frequent values."""
    found: dict[Cell, dict[int, Count]] = {}
    often: dict[str, Counter[str]] = {}
    for (day, what, *rest), number in counts.items():
        if what == WITH:
            if following.get(str(rest[0])) != rest[1]:
                continue
            what, rest = "on", [rest[0], *rest[2:]]
        if what in ("came", "on") and rest[0] in following:
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


def why(point: WeakPoint, following: str, counts: Mapping[tuple[str | int, ...], int]) -> str | None:
    """As `steps.likely_why`, out of what visits met at the step."""
    old: set[str] = set()
    met: Counter[str] = Counter()
    passed: Counter[str] = Counter()
    for (day, what, *rest), number in counts.items():
        if what not in ("met", "passed", "touches", "came", WITH):
            continue
        label = str(rest[0] if what == "came" else rest[1])
        if int(day) < point.since - 1:
            old.add(label)
        elif what in ("met", "passed"):
            if rest[0] == point.step and _lasts(point, int(day)):
                (met if what == "met" else passed)[label] += number
        elif what == WITH and rest[2] == "" and _lasts(point, int(day)):
            if rest[0] == point.step:
                met[label] += number
            elif rest[0] == following:
                passed[label] += number
    return likeliest(old, met - passed, passed)


def _lasts(point: WeakPoint, day: int) -> bool:
    return point.until is None or day < point.until
