"""A chore ends when its partition goes, whatever becomes of the cancellation."""

import asyncio

from redis.exceptions import ConnectionError as RedisConnectionError

from unifier.streams.chore import Chore


class Deaf(Chore):
    """Its client turns the first cancellation into an error of its own."""

    name = "deaf"
    away_s = 3_600.0

    def __init__(self) -> None:
        super().__init__()
        self.began = asyncio.Event()

    async def look(self) -> bool:
        self.began.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise RedisConnectionError from None
        return True


async def test_a_cancellation_that_got_lost_holds_up_no_rebalance() -> None:
    chore = Deaf()
    await chore.own({0})
    await chore.began.wait()
    async with asyncio.timeout(30):
        await chore.own(set())
