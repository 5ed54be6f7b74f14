"""Scores of two identities by themselves."""

from unifier.matching.identity import Identity
from unifier.matching.scale import scale_of
from unifier.rules import Rules


def pair_bits(a: Identity, b: Identity, rules: Rules) -> float:
    """As far as their score is known without the other holders of their identifiers."""
    scale = scale_of(rules)
    return scale.pair(scale.facts(a), scale.facts(b))[0]
