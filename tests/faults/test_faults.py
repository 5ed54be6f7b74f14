"""Whatever dies, and wherever: no event is lost or counted twice, and what was told is what is stored.

`unifier bench soak` runs the same for as long as you like.
"""

from collections.abc import Iterator

import pytest

from tests.faults.faults import FAULTS
from tests.faults.run import run
from unifier.devstack.stack import Stack

A_FEW = ["killed-at-written", "zombie-at-outbox-read", "redis-full"]


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """A stack for all runs, each an installation of its own on it."""
    with Stack() as one:
        yield one


def test_a_worker_dies_halfway_another_wakes_as_a_zombie_and_redis_is_full(stack: Stack) -> None:
    outcome = run(stack, A_FEW, seed=1)
    assert not outcome.failed, outcome.failed
    assert outcome.verdict.events > 1_000


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_nothing_is_lost_or_doubled_by(fault: str, stack: Stack) -> None:
    outcome = run(stack, [fault], seed=1)
    assert not outcome.failed, outcome.failed
