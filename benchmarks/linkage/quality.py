"""How right a scoring of pairs is against the truth: thresholds, curves, calibration."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from typing import NamedTuple

from unifier.matching.quality import Quality, b_cubed, pairs_within, quality

Pair = tuple[int, int, float]
"""Two row numbers and the probability (or similarity) that they are one person."""


def components(rows: int, pairs: Iterable[tuple[int, int]]) -> list[int]:
    """A label per row: the smallest row that the pairs lead to."""
    leader = list(range(rows))

    def find(row: int) -> int:
        while leader[row] != row:
            leader[row] = leader[leader[row]]
            row = leader[row]
        return row

    for a, b in pairs:
        low, high = sorted((find(a), find(b)))
        leader[high] = low
    return [find(row) for row in range(rows)]


def curve(truth: Sequence[Hashable], pairs: Iterable[Pair], points: int = 200) -> list[Quality]:
    """Precision and recall of the scored pairs as the threshold falls; pairs not scored are missed."""
    total = pairs_within(truth)
    ordered = sorted(pairs, key=lambda pair: -pair[2])
    found: list[Quality] = []
    right = 0
    for count, (a, b, bar) in enumerate(ordered, 1):
        right += truth[a] == truth[b]
        if count == len(ordered) or ordered[count][2] != bar:
            found.append(quality(right / count, right / total if total else 1.0))
    return found[:: max(1, len(found) // points)] + found[-1:]


def best_threshold(
    truth: Sequence[Hashable], pairs: Sequence[Pair], points: int = 25
) -> tuple[float, list[int]]:
    """The threshold with the best B-cubed F1, which only the truth knows, and its labels."""
    bars = sorted({pair[2] for pair in pairs}, reverse=True)
    chosen = {bars[number * (len(bars) - 1) // points] for number in range(points + 1)} if bars else set()
    best, best_f1, best_labels = 1.0, -1.0, list(range(len(truth)))
    for bar in sorted(chosen, reverse=True):
        labels = components(len(truth), [(a, b) for a, b, score in pairs if score >= bar])
        if (f1 := b_cubed(truth, labels).f1) > best_f1:
            best, best_f1, best_labels = bar, f1, labels
    return best, best_labels


class Bin(NamedTuple):
    """Claims of about one probability, and how many of them were right."""

    claims: int
    said: float
    right: float


def calibration(claims: Iterable[tuple[float, bool]], bins: int = 10) -> tuple[list[Bin], float]:
    """Claims by their probability in bins of equal width, and the expected calibration error.

    Naeini, Cooper & Hauskrecht, "Obtaining Well Calibrated Probabilities Using Bayesian Binning", AAAI 2015.
    """
    sorted_in: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for probability, right in claims:
        sorted_in[min(bins - 1, int(probability * bins))].append((probability, right))
    found = [
        Bin(len(held), sum(said for said, _ in held) / len(held), sum(right for _, right in held) / len(held))
        for _, held in sorted(sorted_in.items())
    ]
    total = sum(one.claims for one in found)
    return found, sum(one.claims * abs(one.said - one.right) for one in found) / max(1, total)
