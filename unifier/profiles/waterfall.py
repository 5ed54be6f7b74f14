"""The waterfall: how what two sides have told adds up, bit by bit, to what was decided about them.

It is the score itself, line by line, and holds no value of a person: fields, levels and bits alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from unifier.matching.score import Contribution, explain, probability
from unifier.matching.values import Values, merged
from unifier.profiles.evidence import SAYS_NOTHING, Evidence, Pair

_ASSERTED = {
    "steward": "a steward says that they are one person",
    "source": "a source has merged them itself",
    "order": "both tell of one receipt",
}
_ALONE = "of nobody else who is known by name"


@dataclass(frozen=True, slots=True)
class Waterfall:
    """What was weighed between two sides: fragments, or groups of them."""

    lines: tuple[Contribution, ...]  # the prior first
    # Bits from which on they are one person; None: a rule decides, nothing is weighed.
    threshold: float | None
    fragments: tuple[int, int]  # of each side

    @property
    def bits(self) -> float:
        """The sum of the lines, log2 odds."""
        return sum(line.bits for line in self.lines)

    @property
    def probability(self) -> float | None:
        """What the sum means; None where nothing was weighed."""
        return None if self.threshold is None else probability(self.bits)

    def told(self) -> dict[str, Any]:
        """As plain values, rounded for readers."""
        chance = self.probability
        return {
            "lines": [line._asdict() | {"bits": round(line.bits, 2)} for line in self.lines],
            "bits": round(self.bits, 2),
            "probability": None if chance is None else round(chance, 6),
            "threshold": self.threshold,
            "fragments": list(self.fragments),
        }


def waterfall(
    evidence: Evidence, left: Sequence[int], right: Sequence[int], threshold: float, pair: Pair | None = None
) -> Waterfall:
    """Of two sides, each some member numbers of the evidence.

    `pair`: as the partition weighed them for a link of these two members. Without it all counts that may tell
    why two are apart: what members have told who name nobody, and the strongest of all words between them.
    """
    known = _weighed if pair else _told
    lines = explain(known(evidence, left), known(evidence, right), evidence.sharedness, evidence.weights)
    pairs: Iterable[Pair] = [pair] if pair else product(left, right)
    bits, word = max(evidence.asserted(a, b) for a, b in pairs)
    if bits:
        lines.append(Contribution(word, _ASSERTED[word], bits))
    return Waterfall(tuple(lines), threshold, (len(left), len(right)))


def by_token(rule: str, bits: float, left: Sequence[int], right: Sequence[int]) -> Waterfall:
    """Of a browser, card or receipt that counts for the one person that it names."""
    return Waterfall((Contribution(rule, _ALONE, bits),), None, (len(left), len(right)))


def _weighed(evidence: Evidence, side: Sequence[int]) -> Values:
    """What a side has told, without those who name nobody."""
    parts = [evidence.values[number] for number in side]
    return parts[0] if len(parts) == 1 else merged(parts)


def _told(evidence: Evidence, side: Sequence[int]) -> Values:
    """The same; of a side where all name nobody, what they may tell all the same."""
    if any(evidence.strong[number] for number in side):
        return _weighed(evidence, side)
    members, facts = evidence.members, evidence.facts
    return merged([SAYS_NOTHING if members[n].alone else facts[n].values for n in side])
