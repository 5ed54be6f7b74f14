"""Whatever dies, and wherever: no event is lost or counted twice, and what was told is what is stored.

`unifier bench soak` runs the same for as long as you like.
"""

from collections.abc import Iterator

import pytest

from tests.faults.run import FSYNC, HARMLESS, run
from unifier.devstack.stack import Stack

A_FEW_ON_A_CLUSTER = ["killed-at-frozen", "slots-moved"]
A_FEW = ["killed-at-written", "zombie-at-outbox-read", "redis-full"]


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """A stack for all runs, each an installation of its own on it."""
    with Stack(fsync=FSYNC) as one:
        yield one


def test_a_worker_dies_halfway_another_wakes_as_a_zombie_and_redis_is_full(stack: Stack) -> None:
    outcome = run(stack, A_FEW, seed=1)
    assert not outcome.failed, outcome.failed
    assert outcome.verdict.events > 1_000


def test_on_a_cluster_a_worker_dies_in_the_middle_of_a_move_and_slots_go_elsewhere(
    stack: Stack,
) -> None:
    outcome = run(stack, A_FEW_ON_A_CLUSTER, seed=1, cluster=True)
    assert not outcome.failed, outcome.failed
    assert outcome.verdict.events > 1_000


@pytest.mark.slow
@pytest.mark.parametrize(
    ("hole", "fault", "harm"),
    [
        ("committed_first", "killed-at-read", "lost"),
        ("counted_again", "killed-at-worked-off", "doubled"),
        ("removed_first", "killed-at-in-transaction", "lost"),
        ("no_fence", "zombie-at-outbox-read", "stale"),
    ],
)
def test_the_judge_finds_the_harm_when_a_guard_is_taken_out(
    hole: str, fault: str, harm: str, stack: Stack
) -> None:
    verdict = run(stack, [fault], seed=1, hole=hole).verdict
    assert getattr(verdict, harm) > 0, verdict.figures()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "cluster"), [(fault, cluster) for cluster in (False, True) for fault in HARMLESS[cluster]]
)
def test_nothing_is_lost_or_doubled_by(fault: str, cluster: bool, stack: Stack) -> None:
    outcome = run(stack, [fault], seed=1, cluster=cluster)
    assert not outcome.failed, outcome.failed
