"""A chore ends when its partition goes, whatever becomes of the cancellation."""

import asyncio

from redis.exceptions import ConnectionError as RedisConnectionError

from unifier import metrics
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


async def test_what_it_told_is_told_no_more_once_it_is_another_workers_to_tell() -> None:
    def told() -> float | None:
        return metrics.REGISTRY.get_sample_value("unifier_people_known")

    class Counting(Chore):
        name = "counting"
        gauge = metrics.people_known

        async def look(self) -> bool:
            self.gauge.set(7)
            looked.set()
            return True

    chore, looked = Counting(), asyncio.Event()
    await chore.own({0, 1})
    await looked.wait()
    assert told() == 7
    await chore.own({1})
    assert told() == 0
