"""The event loop of workers and of the service: uvloop's, on which a lost connection is an error of that
connection.

asyncio's transports take a write to a connection that has just broken in silence, and the reader hears of
the loss a moment later. uvloop's raise RuntimeError, which no client expects. aiokafka's (0.14, its issue
1038, open since 2024) then loses the task that keeps its picture of the cluster, and whoever waits for that
picture waits for ever: a relay while it publishes, a consumer while it looks for its group. redis-py's does
not tell it from an error in what was asked. An OSError both understand, and connect again.
"""

import contextlib
from collections.abc import Iterable, Iterator
from typing import Any

import uvloop


class EventLoop(uvloop.Loop):
    """uvloop's event loop."""

    async def create_connection(self, *arguments: Any, **options: Any) -> Any:
        """As in asyncio; writes to its transport raise ConnectionResetError when the connection is lost."""
        transport, protocol = await super().create_connection(*arguments, **options)
        return _Transport(transport), protocol


class _Transport:
    def __init__(self, transport: Any) -> None:
        self._transport = transport

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        with _lost_when_closed():
            self._transport.write(data)

    def writelines(self, parts: Iterable[bytes]) -> None:
        with _lost_when_closed():
            self._transport.writelines(parts)


@contextlib.contextmanager
def _lost_when_closed() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        raise ConnectionResetError(str(error)) from error
