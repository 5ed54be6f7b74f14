"""Whoever follows `unifier.identity` knows at any time which profiles there are."""

import json
import random
from collections.abc import Iterator
from typing import Any

import ormsgpack
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.naive.agreement import EVERY
from tests.naive.histories import NOW, Ordered, history
from tests.naive.product import Core, shuffled


def told(packed: bytes) -> Iterator[dict[str, Any]]:
    for topic, _, value in ormsgpack.unpackb(packed) if packed else ():
        if topic == "identity":
            message = json.loads(value)
            yield {"kind": message["type"].split(".")[2], **message["data"]}


@settings(max_examples=40, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32))
@example(seed=168)  # somebody is put together with a part that has its earlier id back
@example(seed=418)  # the founder of an id goes over to somebody else, the others have been two before
def test_created_merged_and_split_tell_which_profiles_there_are(seed: int) -> None:
    rng = random.Random(seed)
    rules, happened = EVERY[seed % 3], history(seed, rng.choice((6, 10, 20)))
    happened.words += [
        Ordered(
            rng.choice(("link", "separate")),
            f"x{number}",
            NOW - 10**6 + rng.randrange(10**6),
            tuple(rng.randrange(12) for _ in range(rng.choice((2, 2, 3)))),
        )
        for number in range(rng.randint(3, 15))
    ]
    delivery, core, there = shuffled(happened, rng, rules), Core(rules), set[str]()
    for batch in delivery.batches(rng, rng.choice((1, 3))):
        known = len(core.messages)
        core.take(batch, delivery, NOW)
        for message in (message for packed in core.messages[known:] for message in told(packed)):
            if message["kind"] == "created":
                assert message["profile_id"] not in there
                there.add(message["profile_id"])
            elif message["kind"] == "merged":
                assert there.issuperset([message["survivor"], *message["merged"]])
                there.difference_update(message["merged"])
            elif message["kind"] == "split":
                assert message["profile_id"] in there
                there.update(message["parts"])
        assert there == (core.component().records.keys() if core.messages else set())
