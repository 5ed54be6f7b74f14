"""From counts to weights: bits of a level, given how often one person's and two people's records reach it.

The shipped weight is the prior belief of each level, so that little evidence changes little.
"""

from collections.abc import Sequence
from math import log, log2

BELIEF = 1.5
"""Standard deviation, in bits, of what is believed of a shipped weight."""
_LOWEST, _HIGHEST = -20.0, 40.0
_STEPS = 50


def bits_of(same: float, same_known: float, other: float, other_known: float, believed: float) -> float:
    """log2(m/u), the most probable value: m = same/same_known, u = other/other_known.

    Given that `same + other` pairs reach the level, each of them is one person's with the odds
    same_known·m : other_known·u, and `believed` ± BELIEF is known beforehand; the derivative of the log
    posterior falls, its zero is found by halving.
    """
    low, high = _LOWEST, _HIGHEST
    for _ in range(_STEPS):
        bits = (low + high) / 2
        odds = same_known * 2.0**bits
        expected = (same + other) * (odds / (odds + other_known) if other_known else 1.0)
        if log(2) * (same - expected) > (bits - believed) / BELIEF**2:
            low = bits
        else:
            high = bits
    return (low + high) / 2


def falling(bits: Sequence[float], counts: Sequence[float]) -> list[float]:
    """The nearest weights that never rise, by pooling neighbours that do (isotonic regression).

    Ayer, Brunk, Ewing, Reid & Silverman, Annals of Mathematical Statistics 26 (1955).
    """
    pools: list[tuple[float, float, int]] = []
    for value, count in zip(bits, counts, strict=True):
        pool = (value, count, 1)
        while pools and pools[-1][0] < pool[0]:
            mean, weight, size = pools.pop()
            both = weight + pool[1]
            pool = ((mean * weight + pool[0] * pool[1]) / both, both, size + pool[2])
        pools.append(pool)
    return [mean for mean, _, size in pools for _ in range(size)]


def surprise(count: float, total: float, strength: float, believed: float) -> float:
    """Bits of meeting a value once more that others brought `count` times among `total`.

    `strength` is how many observations the believed share is worth.
    """
    return log2((total + strength) / (count + strength * believed))
