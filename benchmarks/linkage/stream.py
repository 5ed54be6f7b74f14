"""The rows through the stream: the worker's own pipeline on a Redis, in any order and any batches.

A row comes as an event of a source that has no key of its own for a person, as `unifier link` takes it: whom
it means is what it says. A row that says nothing by which anybody could be found is a fragment of its own.
"""

import asyncio
import json
import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from redis.asyncio import Redis

from benchmarks.linkage.rows import Row
from unifier.devstack.redis import RedisServer
from unifier.events.canonical import Event
from unifier.events.cloudevents import Headers
from unifier.events.decode import Decoder, TopicKind
from unifier.matching.blocking import tells_nobody
from unifier.matching.spec import Spec
from unifier.profiles.component import Component
from unifier.profiles.ids import Keys
from unifier.profiles.store import Store, connect
from unifier.profiles.store.layout import HEAD_BYTES, LIVE
from unifier.profiles.store.wrapping import unwrap
from unifier.rules import Rules
from unifier.streams.agents import Chunk
from unifier.streams.dead_letters import DeadLetter
from unifier.streams.intake import Intake
from unifier.streams.pipeline import Pipeline
from unifier.streams.unify import Unifier

NOW_MS = 1_790_000_000_000
BATCH_MOST = 2_000
SHARDS = 16


@dataclass(slots=True)
class Told:
    """A row as the consumer gives it."""

    offset: int
    value: bytes
    timestamp: int = NOW_MS
    key: bytes = b""
    headers: tuple[tuple[str, bytes], ...] = ()


class RowDecoder(Decoder):
    """Reads rows by their spec."""

    def __init__(self, spec: Spec, rules: Rules) -> None:
        super().__init__(rules, "UTC")
        self._spec = spec
        self._rules = rules

    def decode(
        self, kind: TopicKind, value: bytes | None, headers: Headers, position: str, timestamp_ms: int
    ) -> Event:
        """The event of a row."""
        return self.event(json.loads(value or b""))

    def event(self, row: Row) -> Event:
        """A row as an event; its own key is named only if nothing else would tell it from others."""
        record, (identifiers, traits) = row[self._spec.id], self._spec.told(row)
        nobody = tells_nobody(self._spec.identity(row), self._rules)
        return Event(
            event_id=record,
            source="file",
            channel="web",
            touchpoint="file",
            name="row",
            at=NOW_MS,
            anchor=("record", record) if nobody else None,
            identifiers=identifiers,
            traits=traits,
        )


class Topics(dict[str, str]):
    """Ids of topics: their names."""

    def __missing__(self, name: str) -> str:
        return name


class NoDeadLetters:
    """There are none: every row can be read."""

    async def publish(self, letters: Sequence[DeadLetter]) -> None:
        """Never called."""
        raise AssertionError(letters[0].error.reason)


class Stream:
    """Workers on one Redis, each with partitions of its own."""

    def __init__(self, redis: Redis, spec: Spec, rules: Rules, workers: int = 1) -> None:
        self._redis, self._spec = redis, spec
        self._decoder = RowDecoder(spec, rules)
        self.store = Store(redis, SHARDS)
        self._intake = self._new_intake(rules)
        self._pipelines = [self._pipeline(rules) for _ in range(workers)]
        self.offsets = [0] * workers

    def _new_intake(self, rules: Rules) -> Intake:
        return Intake(self._decoder, Keys("secret"), rules, self._spec.country)

    def _pipeline(self, rules: Rules) -> Pipeline:
        intake = self._new_intake(rules)
        none: object = NoDeadLetters()
        return Pipeline(self.store, intake, Unifier(intake, rules), none, Topics(), lambda: NOW_MS)  # type: ignore[arg-type]

    async def give(self, batches: Sequence[Sequence[Row]]) -> None:
        """A batch for each worker, all at once."""
        await asyncio.gather(*(self._work(number, batch) for number, batch in enumerate(batches)))

    async def _work(self, worker: int, rows: Sequence[Row]) -> None:
        offset = self.offsets[worker]
        self.offsets[worker] += len(rows)
        records = [Told(offset + n, json.dumps(row).encode()) for n, row in enumerate(rows)]
        pipeline = self._pipelines[worker]
        await pipeline.process(await pipeline.read(Chunk("rows", "crm", worker, records)))

    async def run(self, rows: Sequence[Row], rng: random.Random, most: int = BATCH_MOST) -> None:
        """Take rows in, in batches of random size."""
        coming = list(rows)
        while coming:
            batches = []
            for _ in self._pipelines:
                size = rng.randint(1, most)
                batches.append(coming[:size])
                coming = coming[size:]
            await self.give(batches)

    async def labels(self, rows: Sequence[Row]) -> list[int]:
        """A label per row: the first row of its profile."""
        keys = [key async for key in self._redis.scan_iter(match="*:c:*", count=10_000)]
        profile: dict[bytes, str] = {}
        for key, value in zip(keys, await self._redis.mget(keys), strict=True):
            if isinstance(value, bytes) and value[:1] == LIVE:
                for record in Component.unpack(key[-12:], unwrap(value)[HEAD_BYTES:]).records.values():
                    profile |= dict.fromkeys(record.members, record.pid)
        first: dict[str, int] = {}
        fids = [self._intake.named(self._decoder.event(row)).fid for row in rows]
        return [first.setdefault(profile[fid], number) for number, fid in enumerate(fids)]


def streamed(rows: Sequence[Row], spec: Spec, rules: Rules, times: int) -> list[list[int]]:
    """Labels of the rows as they come, then in other orders; every other time by two workers at once."""

    async def all_orders(url: str) -> list[list[int]]:
        client, found = connect(url), []
        for seed in range(times):
            await client.flushdb()
            rng, coming = random.Random(seed), list(rows)
            if seed:
                rng.shuffle(coming)
            stream = Stream(client, spec, rules, workers=1 + seed % 2)
            await stream.run(coming, rng)
            found.append(await stream.labels(rows))
        await client.aclose()
        return found

    with tempfile.TemporaryDirectory() as folder:
        server = RedisServer(Path(folder) / "redis", keep=False)
        server.start()
        try:
            return asyncio.run(all_orders(server.url))
        finally:
            server.stop()
