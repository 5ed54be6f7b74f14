"""What is in Redis after the pipeline has written: all of it, the components, and what waits to be told."""

from typing import Any

import orjson
import ormsgpack
import redis.asyncio

from unifier.journey.counts import Counts, add
from unifier.profiles.component import Component
from unifier.profiles.store.layout import HEAD_BYTES, LIVE
from unifier.profiles.store.wrapping import unwrap
from unifier.streams.effects import COUNTS, counted

Told = dict[str, Any]


async def everything(client: redis.asyncio.Redis) -> dict[bytes, Any]:
    """All of Redis."""
    found: dict[bytes, Any] = {}
    async for key in client.scan_iter(count=1_000):
        match await client.type(key):
            case b"string":
                value: Any = await client.get(key)
                found[key] = unwrap(value) if b":c:" in key else value
            case b"hash":
                found[key] = await client.hgetall(key)
            case b"set":
                found[key] = await client.smembers(key)
            case b"zset":
                found[key] = await client.zrange(key, 0, -1, withscores=True)
            case b"stream":
                found[key] = await client.xrange(key)
            case kind:
                raise AssertionError(f"what is a {kind!r}?")
    return found


async def components(client: redis.asyncio.Redis) -> list[Component]:
    homes = {key: value for key, value in (await everything(client)).items() if b":c:" in key}
    return [Component.unpack(k[-12:], v[HEAD_BYTES:]) for k, v in homes.items() if v[:1] == LIVE]


async def outbox_entries(client: redis.asyncio.Redis) -> int:
    """Effects that wait for the relays."""
    return sum([await client.xlen(key) async for key in client.scan_iter(match="*:out")])


async def transitions(client: redis.asyncio.Redis) -> list[Told]:
    return [
        {**message["data"], "id": message["id"], "sequence": int(message["sequence"])}
        for message in await effects(client, "journey")
    ]


async def effects(client: redis.asyncio.Redis, wanted: str) -> list[Told]:
    """The messages for a topic that wait in the outboxes."""
    return [orjson.loads(value) for topic, value in await _waiting(client) if topic == wanted]


async def counts(client: redis.asyncio.Redis) -> Counts:
    """What these add to the counts of journeys."""
    found: Counts = {}
    for topic, value in await _waiting(client):
        if topic == COUNTS:
            add(found, counted(value))
    return found


async def _waiting(client: redis.asyncio.Redis) -> list[tuple[str, bytes]]:
    outboxes: list[Any] = [await client.xrange(key) async for key in client.scan_iter(match="{*}:out")]
    entries = [entry[b"e"] for outbox in outboxes for _, entry in outbox if b"e" in entry]
    return [(topic, value) for entry in entries for topic, _, value in ormsgpack.unpackb(entry)]
