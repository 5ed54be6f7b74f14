"""Frequencies: how much it says that two have the same value, when some values are common.

The share of people who bear a value is learnt from people, not from records, starting from the shares that
are believed beforehand; how much those are to be trusted, the values themselves say.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log

from unifier.matching.estimate import surprise

STRENGTHS = (30.0, 100.0, 300.0, 1_000.0, 3_000.0, 10_000.0, 30_000.0)
"""So many observations the believed shares may be worth."""
COMMON = 2.0
"""A value of fewer people is as rare as one never seen."""


@dataclass(slots=True, frozen=True)
class Frequencies:
    """Bits that agreement on a value takes from chance: -log2 of its share."""

    values: dict[str, float]
    rare: float  # of a value that is not among them


def frequencies(
    told: Sequence[tuple[Iterable[str], float]], believed: Mapping[str, float], rare: float
) -> Frequencies:
    """Learn from (values of a person, weight of the person).

    `believed` are shares of common values, `rare` that of any other.
    """
    counts: dict[str, float] = {}
    for values, weight in told:
        for value in values:
            counts[value] = counts.get(value, 0.0) + weight
    total = sum(counts.values())
    share = {value: believed.get(value, rare) for value in counts}
    strength = max(STRENGTHS, key=lambda strength: _fit(counts, total, strength, share))
    known = {value for value, count in counts.items() if count >= COMMON} | believed.keys()
    return Frequencies(
        {
            value: surprise(
                max(0.0, counts.get(value, 0.0) - 1.0), total, strength, believed.get(value, rare)
            )
            for value in sorted(known)
        },
        surprise(0.0, total, strength, rare),
    )


def _fit(counts: Mapping[str, float], total: float, strength: float, share: Mapping[str, float]) -> float:
    """Log likelihood of each observation, given all the others."""
    return sum(
        count * log((max(0.0, count - 1.0) + strength * share[value]) / (total + strength))
        for value, count in counts.items()
    )
