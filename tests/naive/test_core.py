"""Invariants 1, 2, 4, 5, 6: the pure core gives the profiles of the naive model, whatever the order."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.naive.agreement import EVERY, in_core
from tests.naive.histories import LONGEST
from unifier.rules import Rules


# The same histories in every run: new ones are for the slow test, which names the seed of what it finds.
@pytest.mark.parametrize("rules", EVERY, ids=["shipped rules", "narrow caps", "still narrower"])
@settings(max_examples=60, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32), length=st.integers(1, LONGEST))
@example(seed=38430, length=95)  # an account that few carry and some claim: together too many
@example(seed=131072, length=98)
def test_any_history_in_any_order_gives_the_profiles_of_the_naive_model(
    rules: Rules, seed: int, length: int
) -> None:
    in_core(seed, length, rules)
