import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unifier.serving.gathering import Gathering


class Squares:
    """Reads squares; counts the reads; -1 cannot be read."""

    def __init__(self) -> None:
        self.reads = 0
        self.go = asyncio.Event()
        self.go.set()

    async def read(self, keys: Sequence[int]) -> list[int]:
        self.reads += 1
        await self.go.wait()
        if -1 in keys:
            raise OSError("away")
        return [key * key for key in keys]


@given(st.lists(st.lists(st.integers(0, 1_000), max_size=5), max_size=20))
def test_everyone_gets_the_values_of_his_own_keys(asked: list[list[int]]) -> None:
    async def ask() -> list[list[int]]:
        gathering = Gathering(Squares().read)
        return list(await asyncio.gather(*[gathering(keys) for keys in asked]))

    assert asyncio.run(ask()) == [[key * key for key in keys] for keys in asked]


async def test_who_comes_while_one_reads_is_read_together() -> None:
    squares = Squares()
    squares.go.clear()
    gathering = Gathering(squares.read)
    tasks = [asyncio.create_task(gathering([0]))]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert squares.reads == 1
    tasks += [asyncio.create_task(gathering([number])) for number in range(1, 100)]
    await asyncio.sleep(0)
    squares.go.set()
    assert await asyncio.gather(*tasks) == [[number * number] for number in range(100)]
    assert squares.reads == 2


async def test_an_error_reaches_all_that_went_together_and_nobody_after() -> None:
    gathering = Gathering(Squares().read)
    first = await asyncio.gather(gathering([-1]), gathering([2]), return_exceptions=True)
    assert [type(answer) for answer in first] == [OSError, OSError]
    assert await gathering([2]) == [4]


async def test_who_gives_up_takes_nobody_along() -> None:
    squares = Squares()
    squares.go.clear()
    gathering = Gathering(squares.read)
    gone, stays = asyncio.create_task(gathering([1])), asyncio.create_task(gathering([2]))
    await asyncio.sleep(0)
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    squares.go.set()
    assert await stays == [4]
