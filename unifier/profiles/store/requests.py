"""What became of privacy requests: each a hash that is kept for a year or so, without personal data.

u:request:ID   kind, at, state; hashes: keyed hashes of the identifiers, joined by blanks;
               whom: a fragment of the person and the time up to which, settled once; finding: JSON
    u:unredacted   set of requests for which the dead letters are still to be looked through
"""

from collections.abc import Awaitable
from typing import NamedTuple, cast

from redis.asyncio import Redis

KEPT_S = 400 * 86_400
"""Longer than the control topic keeps a command: as long as it may come again, it is known whom it meant."""

ACCEPTED, ERASED, DONE, UNKNOWN = "accepted", "erased", "done", "unknown"
"""States of a request; "erased": the dead letters are still to be looked through."""
_UNREDACTED = "u:unredacted"


class Whom(NamedTuple):
    """Whom a request is about."""

    fid: bytes  # a fragment of the person; empty: nobody is known by the identifiers
    until: int  # the time up to which, milliseconds UTC


class Requests:
    """The requests of one installation."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def about(self, request_id: str) -> dict[str, str]:
        """All that is known of a request; empty when there is none."""
        told = await cast("Awaitable[dict[bytes, bytes]]", self._redis.hgetall(_key(request_id)))
        return {name.decode(): value.decode() for name, value in told.items()}

    async def whom(self, request_id: str) -> Whom | None:
        """Whom a request was found to be about; None: nobody has looked."""
        told = (await self.about(request_id)).get("whom")
        if told is None:
            return None
        fid, until = told.split(" ")
        return Whom(bytes.fromhex(fid), int(until))

    async def settle(self, request_id: str, whom: Whom) -> Whom:
        """Say whom a request is about, once and for all: gives what was said first."""
        await self._write(request_id, {"whom": f"{whom.fid.hex()} {whom.until}"}, first=True)
        return await self.whom(request_id) or whom

    async def tell(self, request_id: str, **fields: str) -> None:
        """Write down what is known by now."""
        await self._write(request_id, fields)

    async def carried_out(self, request_id: str, state: str) -> None:
        """Redis has nothing of the person any more; the dead letters may."""
        await self.tell(request_id, state=state)
        await self._redis.sadd(_UNREDACTED, request_id)

    async def unredacted(self) -> list[str]:
        """Requests for which the dead letters are still to be looked through."""
        found = await cast("Awaitable[set[bytes]]", self._redis.smembers(_UNREDACTED))
        return sorted(request_id.decode() for request_id in found)

    async def redacted(self, request_id: str) -> None:
        """The dead letters have nothing of the person any more."""
        if (await self.about(request_id)).get("state") == ERASED:
            await self.tell(request_id, state=DONE)
        await self._redis.srem(_UNREDACTED, request_id)

    async def _write(self, request_id: str, fields: dict[str, str], first: bool = False) -> None:
        key = _key(request_id)
        async with self._redis.pipeline(transaction=True) as pipe:
            for name, value in fields.items():
                (pipe.hsetnx if first else pipe.hset)(key, name, value)
            pipe.expire(key, KEPT_S)
            await pipe.execute()


def _key(request_id: str) -> str:
    return f"u:request:{request_id}"
