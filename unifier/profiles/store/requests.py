"""What became of privacy requests: each a hash that is kept for a year or so, without personal data.

kind, at, state
hashes     keyed hashes of the identifiers, joined by blanks; of somebody who was erased all that were known
whom       a fragment of the person, and the time up to which; settled once
finding    JSON
"""

from collections.abc import Awaitable, Iterable
from typing import NamedTuple, cast

from redis.asyncio import Redis

from unifier.profiles.store.layout import UNREDACTED, request_key
from unifier.profiles.store.words import Words, script
from unifier.profiles.store.writes import writing

KEPT_S = 400 * 86_400
"""Longer than the control topic keeps a command: as long as it may come again, it is known whom it meant."""

ACCEPTED, ERASED, DONE, UNKNOWN = "accepted", "erased", "done", "unknown"
"""States of a request; "erased": the dead letters are still to be looked through."""


class Whom(NamedTuple):
    """Whom a request is about."""

    fid: bytes  # a fragment of the person; empty: nobody is known by the identifiers
    until: int  # the time up to which, milliseconds UTC


class Requests:
    """The requests of one installation. What is written of one is with so many `replicas` then."""

    def __init__(self, redis: Redis, replicas: int = 0) -> None:
        self._redis = redis
        self._script = writing(redis, script("request"), replicas)

    async def about(self, request_id: str) -> dict[str, str]:
        """All that is known of a request; empty when there is none."""
        told = await cast("Awaitable[dict[bytes, bytes]]", self._redis.hgetall(request_key(request_id)))
        return {name.decode(): value.decode() for name, value in told.items()}

    async def whom(self, request_id: str) -> Whom | None:
        """Whom a request was found to be about; None: nobody has looked."""
        told = (await self.about(request_id)).get("whom")
        return None if told is None else _read(told)

    async def settle(self, request_id: str, whom: Whom) -> Whom:
        """Say whom a request is about, once and for all: gives what was said first."""
        told = await self._write(request_id, {"whom": f"{whom.fid.hex()} {whom.until}"}, first=True)
        return _read(told.decode())

    async def tell(self, request_id: str, **fields: str) -> None:
        """Write down what is known by now."""
        await self._write(request_id, fields)

    async def add_hashes(self, request_id: str, hashes: Iterable[str]) -> None:
        """The person had these identifiers, too."""
        known = (await self.about(request_id)).get("hashes", "").split()
        await self.tell(request_id, hashes=" ".join(dict.fromkeys([*known, *sorted(hashes)])))

    async def carried_out(self, request_id: str, state: str) -> None:
        """Redis has nothing of the person any more; the dead letters may."""
        await self._write(request_id, {"state": state}, waits=True)

    async def unredacted(self) -> list[str]:
        """Requests for which the dead letters are still to be looked through."""
        found = await cast("Awaitable[set[bytes]]", self._redis.smembers(UNREDACTED.decode()))
        return sorted(request_id.decode() for request_id in found)

    async def redacted(self, request_id: str) -> None:
        """The dead letters have nothing of the person any more."""
        if (await self.about(request_id)).get("state") == ERASED:
            await self.tell(request_id, state=DONE)
        await self._redis.srem(UNREDACTED.decode(), request_id)

    async def _write(
        self, request_id: str, fields: dict[str, str], *, first: bool = False, waits: bool = False
    ) -> bytes:
        """Gives what the first of the fields has now."""
        words: Words = [request_key(request_id), KEPT_S, int(first), UNREDACTED, request_id if waits else ""]
        for name, value in fields.items():
            words += name, value
        [told] = await self._script([words])
        return cast("bytes", told)


def _read(told: str) -> Whom:
    fid, until = told.split(" ")
    return Whom(bytes.fromhex(fid), int(until))
