"""What a visit adds to the counts of steps: how many came to each, and how many of them went on.

    came, step, attribute, value    a visit that came to a step; attribute "": every one
    on, step, attribute, value      one of those that has the next step, too, in whatever order

Of the day on which the visit began. A visit is one of a fragment: whoever is one person does not change it.
"""

from collections.abc import Mapping

from unifier.journey.counts import Counts
from unifier.journey.weak_points import NOBODY, Cell, Count, Days
from unifier.profiles.fold import Came
from unifier.profiles.marks import DAY_MS
from unifier.rules import Steps

VISITOR, CHANNEL = "visitor", "channel"


def count_step(counts: Counts, came: Came, steps: Steps) -> None:
    """Add a step of a visit."""
    _, step, start, first_at, visited = came
    channels = dict(reversed(visited))
    if sum(name == step for name, _ in visited) > 1:
        return  # it had come to the step before, at another place
    visitor = "returning" if first_at < start else "new"
    if (after := steps.following.get(step)) is not None:
        _add(counts, start, "came", step, visitor, channels[step])
        if after in channels:
            _add(counts, start, "on", step, visitor, channels[step])
    before = steps.before.get(step)
    if before is not None and before in channels:
        _add(counts, start, "on", before, visitor, channels[before])


def _add(counts: Counts, start: int, what: str, step: str, visitor: str, channel: str) -> None:
    for cell in (("", ""), (VISITOR, visitor), (CHANNEL, channel)):
        key = start // DAY_MS, what, step, *cell
        counts[key] = counts.get(key, 0) + 1


def cells_of(counts: Mapping[tuple[str | int, ...], int], steps: Steps) -> dict[Cell, Days]:
    """The days of each cell, of the steps that have a next one."""
    found: dict[Cell, dict[int, Count]] = {}
    for (day, what, *rest), number in counts.items():
        if what in ("came", "on") and rest[0] in steps.following:
            days = found.setdefault(Cell(*map(str, rest)), {})
            before = days.get(int(day), NOBODY)
            came, on = (number, 0) if what == "came" else (0, number)
            days[int(day)] = Count(before.came + came, before.went_on + on)
    return {
        cell: {day: Count(max(came, on), on) for day, (came, on) in days.items()}
        for cell, days in found.items()
    }
