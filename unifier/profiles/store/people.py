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
    """A power of two next to the number known, once that is twice `before` or less than half of it.

    All that is stored is worked out anew when it changes: with each doubling, so twice for everybody in all,
    and not to and fro, though the number known is an estimate.
    """
    if before <= 2 * known and known < 2 * before:
        return before
    up = known > before
    return 1 << (max(1, known).bit_length() - 1 if up else max(0, known - 1).bit_length())
