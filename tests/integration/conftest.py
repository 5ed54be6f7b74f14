"""What the tests against real servers share."""

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from unifier.profiles.store import connect


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[Redis]:
    """A client of the test's own database, as the workers use one."""
    client = connect(redis_url)
    yield client
    await client.aclose()
