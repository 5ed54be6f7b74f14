"""How often buyers will buy again, and whether they still do: the BG/NBD model.

Fader, Hardie and Lee 2005, "Counting your customers the easy way" (doi 10.1287/mksc.1040.0098). While active,
each buyer buys at a rate of his own (gamma: `r`, `alpha`); after each purchase he stops with a chance of his
own (beta: `a`, `b`). Times are weeks; purchases of one day are one.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

_SMALL = 1e-10  # terms of the series that no longer matter: the sum is above 1
_TERMS = 10_000


class Buyer(NamedTuple):
    """What the model knows of a buyer."""

    repeats: int  # days with a purchase after the first one
    last: float  # from the first purchase to the last, weeks
    age: float  # from the first purchase to now, weeks


class Outlook(NamedTuple):
    """What is to be expected of a buyer."""

    expected: float  # purchases
    alive: float  # the chance that the buyer still buys


@dataclass(frozen=True, slots=True)
class BuyingModel:
    """Four parameters, all above 0; `a` not 1."""

    r: float
    alpha: float
    a: float
    b: float

    def outlook(self, buyer: Buyer, weeks: float) -> Outlook:
        """Of the next `weeks`: equation 10 of the paper."""
        alive = 1 / (1 + self._gone(buyer))
        return Outlook(self._if_alive(buyer.repeats, buyer.age, weeks) * alive, alive)

    @lru_cache(maxsize=4_096)  # noqa: B019 - models are few; buyers are alike by repeats and age in days
    def _if_alive(self, repeats: int, age: float, weeks: float) -> float:
        r, alpha, a, b = self.r, self.alpha, self.a, self.b
        reach = alpha + age
        series = hyp2f1(r + repeats, b + repeats, a + b + repeats - 1, weeks / (reach + weeks))
        kept: float = 1 - (reach / (reach + weeks)) ** (r + repeats) * series
        return (a + b + repeats - 1) / (a - 1) * kept

    def expected_of_new(self, weeks: float) -> float:
        """Repeat purchases to expect of anybody in the `weeks` after the first purchase: equation 9."""
        r, alpha, a, b = self.r, self.alpha, self.a, self.b
        series = hyp2f1(r, b, a + b - 1, weeks / (alpha + weeks))
        kept: float = 1 - (alpha / (alpha + weeks)) ** r * series
        return (a + b - 1) / (a - 1) * kept

    def _gone(self, buyer: Buyer) -> float:
        """Odds of having stopped; nobody stops before a repeat purchase."""
        if not buyer.repeats:
            return 0.0
        longer = (self.alpha + buyer.age) / (self.alpha + buyer.last)
        return float(self.a / (self.b + buyer.repeats - 1) * longer ** (self.r + buyer.repeats))


def hyp2f1(a: float, b: float, c: float, z: float) -> float:
    """Gauss's hypergeometric function for 0 <= z < 1, by its series (DLMF 15.2.1)."""
    total = term = n = 1.0
    while n < _TERMS:
        term *= a * b * z / (c * n)
        total += term
        if -_SMALL < term < _SMALL:
            break
        a, b, c, n = a + 1.0, b + 1.0, c + 1.0, n + 1.0
    return total
