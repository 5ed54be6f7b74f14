"""What the review band is worth: the share of all errors that it shows, of how many profiles."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Any, NamedTuple


class Band(NamedTuple):
    """Errors are counted as links: two people in one profile, or two parts of one person."""

    wrong: int
    wrong_shown: int
    missed: int  # only what common values lead to
    missed_shown: int
    profiles: int
    profiles_shown: int
    inseparable: int  # of the wrong: two people told by one fragment, which nobody can take apart
    inseparable_shown: int

    @property
    def errors_shown(self) -> float:
        """Share of all errors."""
        return (self.wrong_shown + self.missed_shown) / max(1, self.wrong + self.missed)

    @property
    def decisions_shown(self) -> float:
        """Share of the errors that another decision could right."""
        shown = self.wrong_shown + self.missed_shown - self.inseparable_shown
        return shown / max(1, self.wrong + self.missed - self.inseparable)

    @property
    def asked(self) -> float:
        """Share of all profiles."""
        return self.profiles_shown / max(1, self.profiles)


def review_band(
    truth: Sequence[str],
    labels: Sequence[int],
    reach: Sequence[object],
    fragments: Sequence[object],
    reviews: Iterable[tuple[Sequence[int], Sequence[int], float]],
    most: float = 1.0,
) -> Band:
    """`reach` labels the rows of one person that lead to one another (`failures.reachable`), `fragments`
    those that tell one and the same.

    Reviews are taken in their order as long as they ask about at most this share of all profiles.
    """
    wrong, missed = _links(labels, truth), _links(reach, labels)
    within = {(label, two) for (_, label), two in _links([*zip(fragments, labels, strict=True)], truth)}
    shown_wrong: set[tuple[object, frozenset[object]]] = set()
    shown_missed: set[tuple[object, frozenset[object]]] = set()
    asked: set[int] = set()
    profiles = len(set(labels))
    for a, b, _ in reviews:
        about = asked | {labels[row] for row in [*a, *b]}
        if len(about) > most * profiles:
            break
        asked = about
        for x in a:
            for y in b:
                if labels[x] == labels[y] and truth[x] != truth[y]:
                    shown_wrong.add((labels[x], frozenset((truth[x], truth[y]))))
                elif labels[x] != labels[y] and truth[x] == truth[y]:
                    shown_missed.add((reach[x], frozenset((labels[x], labels[y]))))
    return Band(
        len(wrong),
        len(wrong & shown_wrong),
        len(missed),
        len(missed & shown_missed),
        profiles,
        len(asked),
        len(wrong & within),
        len(wrong & shown_wrong & within),
    )


def _links(outer: Sequence[Any], inner: Sequence[object]) -> set[tuple[Any, frozenset[object]]]:
    parts: dict[Any, set[object]] = defaultdict(set)
    for one, other in zip(outer, inner, strict=True):
        parts[one].add(other)
    return {(one, frozenset(two)) for one, others in parts.items() for two in combinations(others, 2)}
