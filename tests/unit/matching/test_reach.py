"""The bound by which most pairs are told from the start."""

import random
from functools import cache

from hypothesis import given
from hypothesis import strategies as st

from tests.scoring import pair_bits
from tests.unit.matching.identities import IDENTITIES
from unifier.matching.identity import Identity
from unifier.matching.reach import Reach
from unifier.matching.scale import scale_of
from unifier.matching.score import explain
from unifier.rules import Rules, default_rules

RULES = default_rules()
KINDS_OF_WEIGHTS = 3


@cache
def weighed(seed: int) -> Rules:
    """The shipped weights, and others that training could hardly come upon."""
    if not seed:
        return RULES
    draw, model = random.Random(seed), RULES.matching.model
    levels = {
        field: dict(zip(told, sorted([draw.uniform(-12, 20) for _ in told], reverse=True), strict=True))
        for field, told in model.levels.items()
    }
    return RULES.with_model(model.model_copy(update={"levels": levels, "frequencies": {}}))


def most_bits(a: Identity, b: Identity, rules: Rules) -> float:
    """Their score, or what it would be if no rule took anything back."""
    scale = scale_of(rules)
    lines = explain(scale.facts(a).values, scale.facts(b).values, {}, scale.weights)
    taken = [line.bits for line in lines if line.field == "household" and line.bits < 0.0]
    return pair_bits(a, b, rules) - sum(taken)


@given(IDENTITIES, IDENTITIES, st.integers(0, KINDS_OF_WEIGHTS - 1), st.floats(-40, 40))
def test_no_pair_that_is_over_the_bar_is_told_to_be_below(
    a: Identity, b: Identity, seed: int, bar: float
) -> None:
    rules = weighed(seed)
    assert Reach(scale_of(rules).weights, bar).over(a, b) or most_bits(a, b, rules) < bar


def test_a_family_of_one_home_is_told_without_the_whole_score() -> None:
    anna = Identity("anna", "", "jagemann", "1980-02-03", "bergstr", "5", "83093")
    otto = anna._replace(first="otto", birth="1955-12-12")
    assert not Reach(scale_of(RULES).weights, RULES.matching.link_bits).over(anna, otto)
