"""The cluster that tests and trials start: another node takes the slots of one that dies."""

import pytest

from tests.waiting import eventually
from unifier.devstack.errors import StackError
from unifier.devstack.redis_sets import ClusterSet


@pytest.mark.slow
def test_the_replica_of_a_master_that_dies_answers_for_its_keys(cluster_set: ClusterSet) -> None:
    before = cluster_set.owner(b"{0}:c:x")
    assert before in cluster_set.masters
    before.kill()

    def taken() -> bool:
        try:
            return cluster_set.owner(b"{0}:c:x") in cluster_set.replicas
        except StackError:
            return False

    eventually(taken)
    cluster_set.wait_healthy(one for one in cluster_set.nodes if one.running)
