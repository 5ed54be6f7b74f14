"""Joins the reads of requests that are under way at the same time.

One command of the Redis client costs some 130 µs of CPU, each further key in it 4 µs. While one read is
under way the next ones wait and then go together: the busier the service, the fewer commands a request.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class Gathering(Generic[Key, Value]):
    """Stands for `read`, which gives one value for each key, in order."""

    def __init__(self, read: Callable[[Sequence[Key]], Awaitable[list[Value]]]) -> None:
        self._read = read
        self._waiting: list[tuple[Sequence[Key], asyncio.Future[list[Value]]]] = []
        self._reading: asyncio.Task[None] | None = None

    async def __call__(self, keys: Sequence[Key]) -> list[Value]:
        """The values of these keys. Raises what `read` raised for all that went together."""
        if not keys:
            return []
        values: asyncio.Future[list[Value]] = asyncio.get_running_loop().create_future()
        self._waiting.append((keys, values))
        if self._reading is None:  # a task of its own: who gives up waiting takes nobody along
            self._reading = asyncio.create_task(self._read_on())
        return await values

    async def _read_on(self) -> None:
        while self._waiting:
            together, self._waiting = self._waiting, []
            try:
                found = await self._read([key for keys, _ in together for key in keys])
            except Exception as error:
                for _, values in together:
                    if not values.done():
                        values.set_exception(error)
                continue
            start = 0
            for keys, values in together:
                if not values.done():
                    values.set_result(found[start : start + len(keys)])
                start += len(keys)
        self._reading = None
