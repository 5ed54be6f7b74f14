"""The same invariants on a Redis Cluster: two workers that die between the steps of a write as well."""

import os
import sys
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from tests.naive.agreement import Tally, many_on_redis, on_redis
from unifier.profiles.store import connect

FEW = 10
"""In every run."""
MANY = int(os.environ.get("HISTORIES", "1000"))
"""In the long one, after those."""


@pytest.fixture
async def client(empty_cluster_url: str) -> AsyncIterator[Redis]:
    """A client of a cluster, as the workers use one."""
    client = connect(empty_cluster_url)
    yield client
    await client.aclose()


async def test_workers_that_die_on_a_cluster_give_the_profiles_of_the_naive_model(client: Redis) -> None:
    for seed in range(FEW):
        await on_redis(client, seed, Tally())


@pytest.mark.slow
@pytest.mark.timeout(3_600)
async def test_histories_on_a_cluster_give_the_profiles_of_the_naive_model(
    client: Redis, capsys: pytest.CaptureFixture[str]
) -> None:
    agreed = await many_on_redis(client, range(FEW, FEW + MANY))
    with capsys.disabled():
        sys.stdout.write(agreed)
