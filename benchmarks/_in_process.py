"""A worker's own pipeline in this process, over a Redis: what is stored is the same as through Kafka."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from redis.asyncio import Redis

from benchmarks._crowd import Crowd
from benchmarks.linkage.stream import NoDeadLetters, Told, Topics
from unifier.devstack.redis import RedisServer
from unifier.devstack.simulate import Message
from unifier.events.decode import Decoder
from unifier.profiles.component import Component
from unifier.profiles.ids import Keys
from unifier.profiles.store import Store, connect
from unifier.profiles.store.layout import HEAD_BYTES, LIVE
from unifier.rules import Rules, default_rules
from unifier.settings import load_settings
from unifier.streams.agents import CHUNK_RECORDS, Chunk
from unifier.streams.intake import Intake
from unifier.streams.pipeline import Pipeline
from unifier.streams.unify import Unifier

SECRET = "a secret of the benchmarks, long enough"
TOLD_EVERY = 20_000  # events, after which the outboxes are emptied
SCAN = 10_000


def rules_for(people: int) -> Rules:
    """The shipped rules, with the shipped weights for so many people."""
    rules = default_rules()
    return rules.with_model(rules.matching.model.for_people(people))


class Feed:
    """Hands messages to the pipeline, as records of one partition of each topic. `now_ms`: its clock."""

    def __init__(self, redis: Redis, rules: Rules, now_ms: int) -> None:
        settings = load_settings({})
        self.store = Store(redis, settings.shards)
        intake = Intake(Decoder(rules, settings.timezone), Keys(SECRET), rules, settings.country)
        none: Any = NoDeadLetters()
        self.pipeline = Pipeline(
            self.store, intake, Unifier(intake, rules), none, Topics(), lambda: self.now_ms
        )
        self.now_ms = now_ms
        self._offset = self._told_at = 0

    async def give(self, values: Sequence[bytes]) -> None:
        """Work online events off, in chunks as a worker takes them."""
        for start in range(0, len(values), CHUNK_RECORDS):
            await self._work({"online": values[start : start + CHUNK_RECORDS]})
            if self._offset - self._told_at >= TOLD_EVERY:
                await self.told()

    async def take(self, messages: Sequence[Message]) -> None:
        """Work messages of several topics off as one batch."""
        values: dict[str, list[bytes]] = {}
        for message in messages:
            values.setdefault(message.topic_kind, []).append(message.value)
        await self._work(values)

    async def _work(self, values: Mapping[Any, Sequence[bytes]]) -> None:
        batches = []
        for kind, some in values.items():
            records = [Told(self._offset + n, value, self.now_ms) for n, value in enumerate(some)]
            self._offset += len(some)
            batches.append(await self.pipeline.read(Chunk(f"unifier.{kind}", kind, 0, records)))
        await self.pipeline.process(*batches)

    async def fire(self) -> None:
        """Work off all timers that are due."""
        redis, layout = self.store.redis, self.store.layout
        due: list[bytes] | None = None
        while due != []:
            async with redis.pipeline(transaction=False) as pipe:
                for shard in range(layout.shards):
                    pipe.zrangebyscore(layout.timers(shard), "-inf", self.now_ms)
                due = [cid for some in await pipe.execute() for cid in some]
            if due:
                await self.pipeline.timers(due)

    async def told(self) -> None:
        """As if a relay had published all that waits."""
        self._told_at = self._offset
        layout = self.store.layout
        shards = range(layout.shards)
        await self.store.redis.unlink(*map(layout.out, shards), *map(layout.dirty, shards))

    async def take_in(self, crowd: Crowd, shoppers: int) -> int:
        """So many new shoppers with all their events, which are counted."""
        before, values = self._offset, list[bytes]()
        for _ in range(shoppers):
            values += crowd.shopper()
            if len(values) >= CHUNK_RECORDS:
                await self.give(values)
                values = []
        await self.give(values)
        return self._offset - before


async def profile_ids(store: Store, most: int) -> list[str]:
    """Ids of stored profiles, so many at most."""
    redis: Any = store.redis
    found: list[str] = []
    async for key in redis.scan_iter(match="*:c:*", count=SCAN):
        (value,) = await store.homes([key[-12:]])
        if value is not None and value[:1] == LIVE:
            found += Component.unpack(key[-12:], value[HEAD_BYTES:]).records
        if len(found) >= most:
            break
    return found[:most]


@contextmanager
def redis_server(**more: object) -> Iterator[RedisServer]:
    """A Redis of the block's length; `more` are settings of it."""
    with tempfile.TemporaryDirectory() as folder:
        server = RedisServer(Path(folder) / "redis", keep=False, more=more)
        server.start()
        try:
            yield server
        finally:
            server.kill()


@asynccontextmanager
async def feeding(url: str, rules: Rules, now_ms: int) -> AsyncIterator[Feed]:
    """A feed over the Redis at an address."""
    client = connect(url)
    try:
        yield Feed(client, rules, now_ms)
    finally:
        await client.aclose()


def filled(url: str, rules: Rules, crowd: Crowd, shoppers: int, now_ms: int) -> list[str]:
    """Take shoppers in; gives the ids of their profiles."""

    async def fill() -> list[str]:
        async with feeding(url, rules, now_ms) as feed:
            await feed.take_in(crowd, shoppers)
            await feed.told()
            return await profile_ids(feed.store, shoppers)

    return asyncio.run(fill())
