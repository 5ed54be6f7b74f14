"""Two workers on a real Redis, fed with a history: in turn, at once, and dying in the middle of a write."""

import asyncio
import json
import random
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import ormsgpack
from redis.asyncio import Redis

from tests.naive.histories import NOW, Ordered, Said
from tests.naive.product import KEYS, Delivery, intake_of
from tests.records import Record
from unifier.journey.profile import documents
from unifier.profiles.component import Component
from unifier.profiles.store import Commit, Result, Store
from unifier.profiles.store.layout import HEAD_BYTES, HOMES, LIVE
from unifier.profiles.store.stepwise import Stepwise
from unifier.profiles.store.wrapping import unwrap
from unifier.rules import Rules
from unifier.streams.agents import Chunk
from unifier.streams.dead_letters import DeadLetter
from unifier.streams.pipeline import Pipeline
from unifier.streams.unify import Unifier

SHARDS = 4
DEATHS = 0.15  # of all batches
Batch = Sequence[Said | Ordered]


class Death(BaseException):
    """The end of a process, which no handler of errors sees."""


class Drawer:
    """Where dead letters end up; there must be none."""

    def __init__(self) -> None:
        self.letters: list[DeadLetter] = []

    async def publish(self, letters: Sequence[DeadLetter]) -> None:
        self.letters += letters


class Workers:
    """One for each input partition. One that died is followed by another, which reads its batch again."""

    def __init__(self, client: Redis, rules: Rules, rng: random.Random, delivery: Delivery) -> None:
        self.deaths = 0
        self.clock = NOW if rng.random() < 0.5 else 0  # else it goes with the events
        self._client, self._rules, self._rng, self._delivery = client, rules, rng, delivery
        self._drawer = Drawer()
        self._workers = [self._worker() for _ in range(2)]
        self._offsets: dict[tuple[int, str], int] = defaultdict(int)

    def _worker(self) -> Pipeline:
        store, intake = Store(self._client, SHARDS), intake_of(self._rules)
        topics = {f"unifier.{kind}": kind for kind in ("online", "pos", "crm", "control")}
        unifier, drawer = Unifier(intake, self._rules), self._drawer
        return Pipeline(store, intake, unifier, drawer, topics, lambda: self.clock)  # type: ignore[arg-type]

    async def take(self, batches: Sequence[Batch]) -> None:
        """Up to two batches at once, each by another worker."""
        said = [one for batch in batches for one in batch if isinstance(one, Said)]
        self.clock = max([self.clock, *(e.at for one in said if (e := self._delivery.event(one)))])
        numbers = self._rng.sample(range(2), len(batches))
        await asyncio.gather(*(self._give(n, batch) for n, batch in zip(numbers, batches, strict=True)))
        assert not self._drawer.letters, self._drawer.letters[0].error

    async def settle(self, now: int) -> None:
        """Fire what is due by then; of a move that was left half done that is at once."""
        self.clock = now
        due = [c.cid for c in await components(self._client) if (at := c.due()) is not None and at <= now]
        for shard in range(SHARDS):
            todo: list[Any] = await self._client.zrange(self._workers[0].store.layout.todo(shard), 0, -1)
            due += todo
        await self._workers[0].timers(due)

    async def _give(self, number: int, batch: Batch) -> None:
        """One batch to one worker; the topics in it are chunks of their own."""
        kinds: dict[Any, list[Any]] = defaultdict(list)
        for one in batch:
            kind, value = self._delivery.message(one)
            kinds[kind].append(Record(self._offsets[number, kind], value))
            self._offsets[number, kind] += 1
        for kind, records in kinds.items():
            chunk = Chunk(f"unifier.{kind}", kind, number, records)
            while self._rng.random() < DEATHS:
                await self._die(number, chunk)
            worker = self._workers[number]
            await worker.process(await worker.read(chunk))

    async def _die(self, number: int, chunk: Chunk) -> None:
        """The worker ends in the middle of one of the writes of a chunk, or before it, or after it."""
        worker, left = self._workers[number], self._rng.randrange(3)
        commit = worker.store.commit
        if hasattr(worker.store, "_stepwise"):
            self._die_between(worker.store._stepwise, self._rng.randrange(12))

        async def cut(commits: Sequence[Commit]) -> list[Result]:
            nonlocal left
            left -= 1
            if left >= 0:
                return await commit(commits)
            await commit(self._rng.sample(list(commits), self._rng.randint(0, len(commits))))
            raise Death

        worker.store.commit = cut  # type: ignore[method-assign]
        try:
            await worker.process(await worker.read(chunk))
        except Death:
            self.deaths += 1
        self._workers[number] = self._worker()

    def _die_between(self, writes: Stepwise, left: int) -> None:
        """On a cluster also between the steps of a write, or when only some servers have had one."""

        def mortal(run: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
            async def cut(items: Sequence[Any]) -> Any:
                nonlocal left
                left -= 1
                if left >= 0:
                    return await run(items)
                await run(self._rng.sample(list(items), self._rng.randint(0, len(items))))
                raise Death

            return cut

        for step in ("_claim", "_freeze", "_take", "_clear", "_enter"):
            setattr(writes, step, mortal(getattr(writes, step)))

    async def profiles(self) -> list[dict[str, Any]]:
        """Every profile, ids and all."""
        return [
            profile
            for component in await components(self._client)
            for profile in documents(component, component.records.values(), self._rules, KEYS, self.clock)
        ]

    async def told(self) -> dict[tuple[str, str], str]:
        """`phases_told` of everything in the outboxes."""
        found: list[bytes] = []
        for key in [key async for key in self._client.scan_iter(match="{*}:out", count=100)]:
            entries: list[Any] = await self._client.xrange(key) or []
            found += [entry[b"e"] for _, entry in entries if b"e" in entry]
        return phases_told(found)


async def components(client: Redis) -> list[Component]:
    """All that live."""
    keys: list[Any] = [key async for key in client.scan_iter(match=HOMES, count=1_000)]
    values: list[Any] = await client.mget(keys) if keys else []
    return [
        Component.unpack(key[-12:], unwrap(value)[HEAD_BYTES:])
        for key, value in zip(keys, values, strict=True)
        if value[:1] == LIVE
    ]


def phases_told(effects: Sequence[bytes]) -> dict[tuple[str, str], str]:
    """(profile, model) → the phase that was told last."""
    last: dict[tuple[str, str], tuple[int, str]] = {}
    for packed in filter(None, effects):
        for topic, _, value in ormsgpack.unpackb(packed):
            message = json.loads(value) if topic == "journey" else {}
            if data := message.get("data"):
                name, told = (data["profile_id"], data["model"]), (int(message["sequence"]), data["to"])
                last[name] = max(last.get(name, told), told)
    return {name: phase for name, (_, phase) in last.items()}
