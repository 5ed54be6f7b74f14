"""The sample of what is stored: the same in any order, and it knows of how many it is one."""

import random

from hypothesis import given
from hypothesis import strategies as st

from unifier.linking.stored import Smallest
from unifier.matching.identity import Identity


def identity(number: int) -> Identity:
    return Identity(ids=(("loyalty_id", f"L{number}"),))


@given(st.lists(st.integers(0, 40), max_size=120), st.integers(2, 12), st.randoms(use_true_random=False))
def test_the_sample_is_the_same_in_any_order(numbers: list[int], most: int, draw: random.Random) -> None:
    samples = []
    for _ in range(2):
        kept = Smallest(most)
        for number in numbers:
            kept.add(identity(number))
        samples.append((kept.all(), kept.records))
        draw.shuffle(numbers)
    assert samples[0] == samples[1]
    sample, records = samples[0]
    assert records == len(numbers)
    assert len(sample) == min(most, len(set(numbers)))
    assert all(times == sum(identity(n) == one for n in numbers) for one, times in sample.items())


def test_it_tells_how_many_there_are() -> None:
    few, many = Smallest(400), Smallest(400)
    for number in range(20_000):
        if number < 300:
            few.add(identity(number))
        many.add(identity(number % 10_000))
    assert few.distinct() == 300
    assert 9_000 < many.distinct() < 11_000
    assert len(many.all()) == 400
