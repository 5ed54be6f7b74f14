import random

from hypothesis import given
from hypothesis import strategies as st

from unifier.profiles.sets import Sets

PAIRS = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=20)


@given(PAIRS, st.randoms(use_true_random=False))
def test_whoever_joins_lead_to_is_together_in_whatever_order(
    pairs: list[tuple[int, int]], order: random.Random
) -> None:
    reached = {number: {number} for number in range(13)}
    for a, b in pairs:
        whole = reached[a] | reached[b]
        reached |= dict.fromkeys(whole, whole)
    sets = Sets[int]()
    order.shuffle(pairs)
    for a, b in pairs:
        sets.join(a, b)
    assert {number: sets.of(number) for number in reached} == {
        number: min(together) for number, together in reached.items()
    }
    assert sets.all() == sorted(
        {tuple(sorted(each)): sorted(each) for each in reached.values() if len(each) > 1}.values()
    )
