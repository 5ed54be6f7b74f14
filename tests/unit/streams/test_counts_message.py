"""The message of the counts of journeys."""

from unifier.journey.counts import Counts
from unifier.streams import effects


def test_it_is_read_as_it_was_written() -> None:
    told: Counts = {(20_000, "touches", "web", "p"): 2, (0, "now", "six-phase", "loyalty"): -1}
    value = effects.counts(told).value
    assert value is not None
    assert effects.counted(value) == told
