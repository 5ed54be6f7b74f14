"""The store of the settings, for commands that look into it and end."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from unifier.profiles.store import stamp
from unifier.profiles.store.clients import connect
from unifier.profiles.store.seal import seal_of
from unifier.profiles.store.store import Store
from unifier.settings import Settings


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Store]:
    """The store over the Redis of the settings. Raises StampError and RedisError."""
    redis = connect(settings.redis)
    try:
        await stamp.check(redis, settings)
        yield Store(redis, settings.shards, seal=seal_of(settings))
    finally:
        await redis.aclose()
