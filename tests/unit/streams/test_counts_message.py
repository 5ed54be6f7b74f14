"""The message of the counts of journeys: made for every commit, out of fields that are remembered."""

import gc
import tracemalloc

import ormsgpack

from unifier.journey.counts import Counts
from unifier.streams import effects

MOST_BYTES = 1_000  # of a remembered field, its key and their places in the tables


def _counts(day: int, fields: int) -> Counts:
    return {(day, "touches", "web", f"place {number}"): number for number in range(fields)}


def test_day_field_and_change_follow_one_another() -> None:
    told = effects.counts({(20_000, "touches", "web", "p"): 2, (0, "now", "six-phase", "loyalty"): -1})
    assert told.value is not None
    assert ormsgpack.unpackb(told.value) == [
        20_000, b'["touches","web","p"]', 2, 0, b'["now","six-phase","loyalty"]', -1,
    ]  # fmt: skip


def test_a_remembered_field_takes_little_memory() -> None:
    effects.counts(_counts(1, 10))
    tracemalloc.start()
    try:
        effects.counts(_counts(2, 2_000))
        gc.collect()
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 2_000 * MOST_BYTES
