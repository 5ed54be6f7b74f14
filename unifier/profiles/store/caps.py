"""How often bounded structures were full, over all workers and restarts: for `unifier doctor`."""

from collections.abc import Mapping

from redis.asyncio import Redis

from unifier.profiles.store.layout import CAPPED


class Caps:
    """Adds up what one worker has counted."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._told: dict[str, int] = {}

    async def tell(self, times: Mapping[str, int]) -> None:
        """Structure → how often this process has found it full since it began. Raises RedisError."""
        for structure, count in times.items():
            if more := count - self._told.get(structure, 0):
                await self._redis.hincrby(CAPPED, structure, more)
                self._told[structure] = count
