"""How right a grouping of rows is, against the truth. Precision, recall and their harmonic mean, 0 to 1."""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from typing import NamedTuple


class Quality(NamedTuple):
    """Of what was put together, how much is right; of what belongs together, how much was found."""

    precision: float
    recall: float
    f1: float

    def figures(self) -> dict[str, float]:
        """For a report, four digits."""
        return {name: round(value, 4) for name, value in self._asdict().items()}


def b_cubed(truth: Sequence[Hashable], found: Sequence[Hashable]) -> Quality:
    """Mean over the rows of the share of their group that is right, and of their person that is found.

    Bagga & Baldwin, "Entity-Based Cross-Document Coreferencing Using the Vector Space Model", ACL 1998.
    """
    both, mine, theirs = Counter(zip(truth, found, strict=True)), Counter(found), Counter(truth)
    rows = max(1, len(truth))
    precision = sum(count * count / mine[group] for (_, group), count in both.items()) / rows
    recall = sum(count * count / theirs[person] for (person, _), count in both.items()) / rows
    return quality(precision, recall)


def closure(truth: Sequence[Hashable], found: Sequence[Hashable]) -> Quality:
    """The same over all pairs of rows of one group."""
    right = pairs_within(zip(truth, found, strict=True))
    return pairwise(right, pairs_within(found), pairs_within(truth))


def between(people: Sequence[Hashable], truth: Sequence[Hashable], found: Sequence[Hashable]) -> Quality:
    """Over all pairs of different people, whether they are of one group.

    A person whose rows disagree, in truth or in what was found, takes part once with each different answer.
    """
    rows = set(zip(people, truth, found, strict=True))
    right = pairs_within((home, group) for _, home, group in rows)
    said = pairs_within(group for *_, group in rows) - pairs_within((who, group) for who, _, group in rows)
    true = pairs_within(home for _, home, _ in rows) - pairs_within((who, home) for who, home, _ in rows)
    return pairwise(right, said, true)


def pairs_within(labels: Iterable[Hashable]) -> int:
    """Pairs of rows with equal labels."""
    return sum(count * (count - 1) // 2 for count in Counter(labels).values())


def pairwise(right: int, found: int, true: int) -> Quality:
    """Of pairs, counted; where there is none, nothing is wrong and nothing missed."""
    return quality(right / found if found else 1.0, right / true if true else 1.0)


def quality(precision: float, recall: float) -> Quality:
    """With the harmonic mean of the two."""
    total = precision + recall
    return Quality(precision, recall, 2 * precision * recall / total if total else 0.0)
