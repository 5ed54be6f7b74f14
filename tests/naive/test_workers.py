"""Invariants 1 to 6 on a real Redis: any batches, two workers in turn and at once, deaths within a write."""

import os
import sys

import pytest
from redis.asyncio import Redis

from tests.naive.agreement import Tally, many_on_redis, on_redis

SLICES, SLICE = 2, 45
"""In every run."""
MANY = int(os.environ.get("HISTORIES", "3000"))
"""In the long one, after those of the slices."""


@pytest.mark.parametrize("first", range(0, SLICES * SLICE, SLICE))
async def test_workers_that_die_give_the_profiles_of_the_naive_model(client: Redis, first: int) -> None:
    for seed in range(first, first + SLICE):
        await on_redis(client, seed, Tally())


@pytest.mark.slow
@pytest.mark.timeout(3_600)
async def test_thousands_of_histories_give_the_profiles_of_the_naive_model(
    client: Redis, capsys: pytest.CaptureFixture[str]
) -> None:
    first = SLICES * SLICE
    agreed = await many_on_redis(client, range(first, first + MANY))
    with capsys.disabled():
        sys.stdout.write(agreed)
