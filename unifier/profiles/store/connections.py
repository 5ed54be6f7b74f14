"""Connections to Redis that pack commands in C, and that tell of an outage when another task closes them.

redis-py's client of a cluster closes all its connections when it looks for the servers anew, also those on
which others wait, who find None where a stream was. That looks like a fault of the code: work that waits out
an outage would give up.
"""

from typing import Any

from hiredis import pack_command
from redis.asyncio import Connection, SSLConnection
from redis.asyncio.sentinel import SentinelManagedConnection
from redis.exceptions import ConnectionError as RedisConnectionError


class _Own:
    def pack_command(self, *args: Any) -> list[bytes]:
        # In C; redis-py does it in Python, at four times the cost.
        # "SCRIPT LOAD" and its like are one name to redis-py and two arguments to the server.
        return [pack_command((*args[0].split(), *args[1:]))]

    async def send_packed_command(self, *args: Any, **options: Any) -> None:
        try:
            await super().send_packed_command(*args, **options)  # type: ignore[misc]
        except AttributeError as error:
            raise RedisConnectionError("the connection is closed") from error

    async def read_response(self, *args: Any, **options: Any) -> Any:
        try:
            return await super().read_response(*args, **options)  # type: ignore[misc]
        except AttributeError as error:
            raise RedisConnectionError("the connection is closed") from error


class PlainConnection(_Own, Connection):
    """To one server."""


class TlsConnection(_Own, SSLConnection):
    """The same by TLS."""


class ManagedConnection(_Own, SentinelManagedConnection):
    """To whom the sentinels name."""


class ManagedTlsConnection(_Own, SentinelManagedConnection, SSLConnection):
    """The same by TLS."""
