"""How many people are known, and for how many the model is made fit: one answer for all workers."""

from collections.abc import Awaitable
from typing import Any, cast

from redis.asyncio import Redis

from unifier.profiles.store.layout import PEOPLE


class People:
    """The numbers of one installation."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def of_model(self) -> int:
        """For how many people the model is to be fit; 0: nobody has counted yet. Raises RedisError."""
        return int(await cast("Awaitable[bytes | None]", self._redis.hget(PEOPLE, "model")) or 0)

    async def tell(self, known: int) -> None:
        """So many were counted. Raises RedisError."""
        told: dict[Any, Any] = {"known": known, "model": fit_for(known, await self.of_model())}
        await self._redis.hset(PEOPLE, mapping=told)


def fit_for(known: int, before: int) -> int:
    """The power of two that is no less than the number known, once that is over `before` or a quarter of it.

    Never for fewer than are known, which makes namesakes one. All that is stored is worked out anew when it
    changes: with each doubling, so twice for everybody in all, and not to and fro, though the number known is
    an estimate.
    """
    if known <= before < 4 * known:
        return before
    return 1 << max(0, known - 1).bit_length()
