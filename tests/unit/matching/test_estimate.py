from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from unifier.matching.estimate import BELIEF, bits_of, falling
from unifier.matching.frequent import frequencies

counts = st.floats(0, 1e5)
weights = st.floats(-10, 20)


@given(st.floats(1, 1e6), st.floats(1, 1e6), weights)
def test_without_evidence_the_shipped_weight_stays(same: float, other: float, believed: float) -> None:
    assert abs(bits_of(0, same, 0, other, believed) - believed) < 1e-6


def test_much_evidence_overrules_the_shipped_weight() -> None:
    assert abs(bits_of(9_000, 10_000, 1_000, 1_000_000, 3.0) - 9.81) < 0.1


@given(counts, counts, weights)
def test_more_agreement_of_one_person_never_weighs_less(same: float, other: float, believed: float) -> None:
    less, more = (bits_of(count, 2e5, other, 2e5, believed) for count in (same, same + 10))
    assert more >= less - 1e-9


def test_little_evidence_changes_little() -> None:
    assert abs(bits_of(1, 20, 0, 1_000, 5.0) - 5.0) < BELIEF


@given(st.lists(st.tuples(weights, st.floats(1, 1_000)), max_size=10))
def test_pooled_weights_never_rise_and_keep_their_mean(told: list[tuple[float, float]]) -> None:
    bits, sizes = [bits for bits, _ in told], [size for _, size in told]
    found = falling(bits, sizes)
    assert all(one >= other for one, other in pairwise(found))
    before, after = (sum(b * s for b, s in zip(each, sizes, strict=True)) for each in (bits, found))
    assert abs(before - after) < 1e-6 * max(1.0, sum(sizes))


def test_a_common_value_says_less_than_a_rare_one() -> None:
    people = [(("smith",), 1.0)] * 50 + [((f"name{number}",), 1.0) for number in range(150)]
    found = frequencies(people, {"smith": 0.01}, 0.0005)
    assert found.values["smith"] < found.rare - 3.0
