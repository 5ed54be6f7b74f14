"""Weights: a model under one set of rules, in the form that scoring wants."""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from unifier.matching.compare import ALIKE, DIFFER, EQUAL, Comparison, at_a_stretch, comparison_of
from unifier.matching.values import Texts
from unifier.rules import IdentifierRule, Rules

REMEMBERED = 8_192
"""Pairs of names, some 2.5 MB each for first and last ones."""
_NAMES = ("first_name", "last_name", "city")
"""Fields whose values come again and again. Two birth dates or mailboxes hardly do: to remember what they
say takes longer than to compare them."""
_OF_A_HOME = frozenset(("email", "phone"))
"""Identifiers that name one person, and yet couples and families use together."""


class Level(NamedTuple):
    """What two values say. Of several the greatest is the best."""

    bits: float
    words: str
    stance: int  # 1 agrees, -1 differs, 0 neither


Weigh = Callable[[str, str], Level]


def best(weigh: Weigh, mine: Texts, theirs: Texts) -> Level | None:
    """The best level over all pairs; None if one side knows nothing."""
    if not mine or not theirs:
        return None
    if len(mine) == 1 == len(theirs):
        return weigh(mine[0], theirs[0])
    return max([weigh(x, y) for x in mine for y in theirs])


class IdentifierWeights(NamedTuple):
    """What one type of identifier says."""

    equal: float
    unlike: Weigh | Level  # for two values that are not the same
    shared_above: int
    token: bool  # names a device or a household
    own: bool  # issued to one person, and used by nobody else


class Weights:
    """The model of the rules; what the rules file says of an identifier or of the prior comes first."""

    def __init__(self, rules: Rules) -> None:
        model = rules.matching.model
        told = rules.matching.prior_bits
        self.prior = model.prior_bits if told is None else told
        self.another_holder = model.another_holder_bits
        self.household = model.household_bits
        self.first_name = self._of("first_name", rules)
        self.middle_name = self._of("middle_name", rules)
        self.suffix = self._of("suffix", rules)
        self.last_name = self._of("last_name", rules)
        self.address = self._of("address", rules)
        self.postcode = self._of("postcode", rules)
        self.city = self._of("city", rules)
        self.birth_date = self._of("birth_date", rules)
        self.family = self._of("family", rules)
        self.attributes = {
            field.partition(":")[2]: self._of(field, rules)
            for field in model.levels
            if field.startswith("attribute:")
        }
        self.identifiers = {
            kind: self._identifier(kind, rule, rules) for kind, rule in rules.identifiers.items()
        }
        self.most = {
            field: max(0.0, *told.values(), *model.frequencies.get(field, {}).values())
            for field, told in model.levels.items()
        }

    @staticmethod
    def _of(field: str, rules: Rules) -> Weigh:
        return _weighing(
            comparison_of(field),
            rules.matching.model.bits(field),
            rules.matching.model.frequencies.get(field, {}),
        )

    @staticmethod
    def _identifier(kind: str, rule: IdentifierRule, rules: Rules) -> IdentifierWeights:
        comparison, bits = comparison_of(kind), dict(rules.matching.model.bits(kind))
        if rule.bits is not None:
            bits[EQUAL] = rule.bits
        if rule.differ is not None:
            bits[DIFFER] = rule.differ
        by_hand = len(comparison.levels) > 2  # nearly equal says something too
        return IdentifierWeights(
            bits[EQUAL],
            _weighing(comparison, bits, {}) if by_hand else Level(bits[DIFFER], DIFFER, -1),
            rule.shared_above,
            rule.strength != "person",
            rule.strength == "person" and kind not in _OF_A_HOME,
        )


def _weighing(comparison: Comparison, bits: dict[str, float], frequencies: dict[str, float]) -> Weigh:
    """The comparator with the bits of its levels; what comes again is remembered."""
    compare = comparison.compare
    stances = {
        name: 1 if place < comparison.agree else -1 if name == DIFFER else 0
        for place, name in enumerate(comparison.levels)
    }
    levels = {name: Level(worth, name, stances[name]) for name, worth in bits.items()}
    surnames = comparison.field == "last_name"

    def weigh(a: str, b: str) -> Level:
        level = levels[compare(a, b) if a <= b else compare(b, a)]
        if a == b and level.words == EQUAL and (worth := frequencies.get(a)) is not None:
            return Level(worth, EQUAL, 1)
        if surnames and level.words == ALIKE and a in frequencies and b in frequencies and at_a_stretch(a, b):
            return levels[DIFFER]  # Müller and Keller: many bear either, so it is no misprint of the other
        if level.stance > 0 and frequencies:  # what is like a common value says no more than the value itself
            least = min(frequencies.get(a, level.bits), frequencies.get(b, level.bits))
            return level if least >= level.bits else level._replace(bits=least)
        return level

    return lru_cache(REMEMBERED)(weigh) if comparison.field in _NAMES else weigh
