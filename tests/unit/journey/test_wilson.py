"""Wilson's interval: figures of textbooks, and what holds of every share."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unifier.journey.wilson import interval


def test_eight_of_ten_are_between_49_and_94_in_a_hundred() -> None:
    assert interval(8, 10, 1.959964) == pytest.approx((0.4902, 0.9433), abs=5e-5)


@given(st.integers(1, 10_000), st.floats(0, 1), st.floats(0.1, 4))
def test_it_holds_the_share_and_mirrors_its_opposite(of: int, part: float, quantile: float) -> None:
    hits = part * of
    low, high = interval(hits, of, quantile)
    assert 0 <= low <= hits / of + 1e-9
    assert hits / of - 1e-9 <= high <= 1
    assert interval(of - hits, of, quantile) == pytest.approx((1 - high, 1 - low), abs=1e-9)
