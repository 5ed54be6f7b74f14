"""HTTP/1.1 callers that cost little, so that the service is measured and not they."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple, cast

from benchmarks._measuring import BenchmarkError

_LENGTH = b"content-length:"


class Call(NamedTuple):
    """One answered request: seconds from the beginning, and milliseconds that it took."""

    at_s: float
    took_ms: float


class Connection(asyncio.Protocol):
    """A connection that is kept; one request at a time."""

    def __init__(self) -> None:
        self._buffer = b""
        self._answer: asyncio.Future[int] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if found:
            lower = head.lower()
            at = lower.index(_LENGTH) + len(_LENGTH)
            if len(body) >= int(lower[at:].split(b"\r\n", 1)[0]):
                self._buffer = b""
                if self._answer is not None and not self._answer.done():
                    self._answer.set_result(int(head[9:12]))

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(BenchmarkError("the service closed a connection"))

    async def ask(self, request: bytes) -> None:
        """Wait for the answer. Raises BenchmarkError when it is not 200."""
        self._answer = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        if (status := await self._answer) != 200:
            raise BenchmarkError(f"the service answered {status}")


@asynccontextmanager
async def connections(port: int, number: int) -> AsyncIterator[list[Connection]]:
    """So many connections to a loopback port."""
    loop = asyncio.get_running_loop()
    made = [(await loop.create_connection(Connection, "127.0.0.1", port))[1] for _ in range(number)]
    try:
        yield made
    finally:
        for connection in made:
            connection.transport.close()


async def at_rate(
    pool: Sequence[Connection], request: Callable[[], bytes], rate: float, seconds: float, seed: int
) -> list[Call]:
    """Ask at random moments, so many times a second, whether or not answers come; waiting counts."""
    rng, free = random.Random(seed), list(pool)
    room = asyncio.Semaphore(len(pool))
    calls: list[Call] = []

    async def call(due: float) -> None:
        async with room:
            connection = free.pop(0)  # the one that was idle longest, or the service would close it
            await connection.ask(request())
            free.append(connection)
        calls.append(Call(due - began, (time.perf_counter() - due) * 1000))

    async with asyncio.TaskGroup() as tasks:
        began = due = time.perf_counter()
        while due < began + seconds:
            if (wait := due - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            tasks.create_task(call(due))
            due += rng.expovariate(rate)
    return calls


async def flat_out(pool: Sequence[Connection], request: Callable[[], bytes], seconds: float) -> int:
    """Ask on every connection again as soon as the answer is there. Gives the number of answers."""
    end = time.perf_counter() + seconds
    answered = 0

    async def ask_on(connection: Connection) -> None:
        nonlocal answered
        while time.perf_counter() < end:
            await connection.ask(request())
            answered += 1

    async with asyncio.TaskGroup() as tasks:
        for connection in pool:
            tasks.create_task(ask_on(connection))
    return answered
