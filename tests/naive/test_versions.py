"""Whoever knows the version of a profile knows the profile, however it changed."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.naive.agreement import EVERY
from tests.naive.histories import NOW, history
from tests.naive.product import Core, shuffled

AS_OF_NOW = {"version", "predictions"}


@settings(max_examples=60, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32), length=st.integers(2, 25))
def test_a_version_rises_with_every_change_also_with_that_of_somebody_else_of_the_household(
    seed: int, length: int
) -> None:
    rng = random.Random(seed)
    rules = rng.choice(EVERY)
    delivery, core = shuffled(history(seed, length), rng, rules), Core(rules)
    known: dict[str, dict[str, object]] = {}
    for batch in delivery.batches(rng, 2):
        core.take(batch, delivery, NOW)
        now = {profile["profile_id"]: profile for profile in core.profiles()}
        for pid in known.keys() & now.keys():
            changed = {name for name in now[pid] if now[pid][name] != known[pid][name]} - AS_OF_NOW
            assert not changed or now[pid]["version"] > known[pid]["version"], changed
        known = now
