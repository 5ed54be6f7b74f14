"""Whoever reads what is entered and left knows the segments of everybody, through merges and splits."""

import random
from collections import defaultdict

import orjson
import ormsgpack
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.naive.agreement import give
from tests.naive.histories import NOW, history
from tests.naive.product import RULES, Core, shuffled
from unifier.journey.guide import Guided

DAY = 86_400_000


@settings(max_examples=150, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32), length=st.integers(1, 40), later=st.sampled_from([0, 20, 200]))
def test_what_was_entered_and_not_left_is_what_the_profile_says(seed: int, length: int, later: int) -> None:
    rng = random.Random(seed)
    delivery, core = shuffled(history(seed, length), rng, RULES), Core(RULES)
    give(delivery, core, rng)
    core.settle(NOW + later * DAY)
    inside = defaultdict[str, set[str]](set)
    for packed in filter(None, core.messages):
        for topic, _, value in ormsgpack.unpackb(packed):
            if topic == "segments":
                told = orjson.loads(value)["data"]
                now = inside[told["profile_id"]]
                assert now.isdisjoint(told["entered"])
                assert now.issuperset(told["left"])
                now |= set(told["entered"])
                now -= set(told["left"])
                assert now == set(told["segments"])
    if core.messages:
        for record in core.component().records.values():
            assert inside[record.pid] == set(Guided.unpack(record.guided).segments)
