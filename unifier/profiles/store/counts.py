"""The counts of journeys, added up over everybody: a hash for each day, and one of what holds now.

They come with the outbox, in the order of its entries; which entry of each shard was counted last stands
beside them, so that none counts twice, whatever dies. Days go after KEPT_DAYS.
"""

from collections.abc import Awaitable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, cast

import orjson
from redis.asyncio import Redis

from unifier.events.form import json_bytes
from unifier.profiles.store.layout import COUNTED, counts_of, pairs_of
from unifier.profiles.store.outbox import FenceLostError
from unifier.profiles.store.words import script
from unifier.profiles.store.writes import writing

KEPT_DAYS = 400
FIELDS_MAX = 20_000
"""Of one day: touchpoints are named by publishers. Some 1 MB."""
PAIRS = "with"
"""What `journey.visits.WITH` says of two names in one visit. There may be many of them, so they have a hash
of their own, which is full by itself.
"""
_DAY_S = 86_400

Numbers = Mapping[tuple[str | int, ...], int]
"""(day from 1970, what, …) → a change; day 0: of what holds now."""


class Counted(NamedTuple):
    """Entries of a shard's outbox that are counted together."""

    shard: int
    before: bytes  # the last entry that was counted before; b"": none
    last: bytes  # the last one of these


class JourneyCounts:
    """The door to the counts."""

    def __init__(self, redis: Redis, replicas: int = 0) -> None:
        self._redis = redis
        self._add = writing(redis, script("words", "counts"), replicas)

    async def last(self, shards: Sequence[int]) -> dict[int, bytes]:
        """The last entry of each shard that was counted; b"": none."""
        asked = self._redis.hmget(COUNTED, [str(shard) for shard in shards])
        found = await cast("Awaitable[list[bytes | None]]", asked)
        return dict(zip(shards, (entry or b"" for entry in found), strict=True))

    async def add(self, counted: Sequence[Counted], numbers: Numbers) -> int:
        """Add what these entries said; gives how many numbers found their day full.

        Raises FenceLostError when somebody else has counted entries of the same shards.
        """
        arguments: list[bytes | int | str] = [COUNTED, len(counted)]
        for one in counted:
            arguments += (one.shard, one.before, one.last)
        days: dict[tuple[int, bytes], list[bytes | int | str]] = {}
        for (day, *what), number in numbers.items():
            if number:
                place = pairs_of if what[0] == PAIRS else counts_of
                rows = days.setdefault((int(day), place(int(day))), [])
                rows += (json_bytes(what), number)
        arguments += (FIELDS_MAX, len(days))
        for (day, key), rows in days.items():
            ends = (day + KEPT_DAYS) * _DAY_S if day else ""
            arguments += (key, ends, len(rows) // 2, *rows)
        [dropped] = await self._add([arguments])
        if dropped < 0:
            raise FenceLostError
        return int(dropped)

    async def read(self, days: Iterable[int]) -> dict[tuple[str | int, ...], int]:
        """(day, what, …) → the number, of these days."""
        days = list(days)
        async with self._redis.pipeline(transaction=False) as pipe:
            for day in days:
                pipe.hgetall(counts_of(day))
                pipe.hgetall(pairs_of(day))
            told: list[dict[bytes, bytes]] = await pipe.execute()
        found: dict[tuple[str | int, ...], int] = {}
        for day, fields in zip([day for day in days for _ in range(2)], told, strict=True):
            for field, number in fields.items():
                what: list[Any] = orjson.loads(field)
                found[day, *what] = int(number)
        return found
