"""The agents: one for each input topic, all with the same few lines; and the desk where their chunks meet."""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

from unifier.events.decode import TopicKind
from unifier.settings import Settings
from unifier.streams.topics import INBOUND

# Larger chunks meet fewer components more often: 2,000 take 0.5 writes an event, 500 take 0.65, 100 nearly 1.
CHUNK_RECORDS = 2_000
# Chunks of several partitions that are worked off together, up to so many records: at a steady pace a chunk
# holds a few dozen, and what a batch costs beside its events would come once for each partition. Of a backlog
# 8,000 take 0.162 writes an event, 4,000 take 0.174.
TOGETHER_RECORDS = 3 * CHUNK_RECORDS


class Record(Protocol):
    """One record as the consumer read it, nothing decoded."""

    @property
    def offset(self) -> int:
        """Its place in the partition."""

    @property
    def timestamp(self) -> int:
        """Milliseconds since 1970, by the publisher or the broker."""

    @property
    def key(self) -> bytes | None:
        """Its key."""

    @property
    def value(self) -> bytes | None:
        """What was published; None is a tombstone."""

    @property
    def headers(self) -> Sequence[tuple[str, bytes]]:
        """Its headers, in order."""


class Chunk:
    """Records of one partition, in the order of their offsets: the unit of work."""

    __slots__ = ("kind", "partition", "records", "topic")

    def __init__(self, topic: str, kind: TopicKind, partition: int, records: Sequence[Record]) -> None:
        self.topic = topic
        self.kind = kind
        self.partition = partition
        self.records = records


Batch = TypeVar("Batch")


class Pipeline(Protocol[Batch]):
    """What the agents hand their chunks to."""

    async def read(self, chunk: Chunk) -> Batch:
        """Decode a chunk. Changes nothing."""

    async def process(self, *batches: Batch) -> None:
        """Work them off; returns when Redis has everything. Raises only when the worker must end."""


class Desk:
    """Where chunks that were read wait while others are worked off; then they go together, in order.

    A chunk is acknowledged here and nowhere else: an exception, or a chunk whose partition went to another
    worker meanwhile, leaves it unacknowledged, so that whoever has the partition next reads it again.
    """

    def __init__(self, app: Any, pipeline: Pipeline[Any]) -> None:
        self._app = app
        self._pipeline = pipeline
        self._waiting: deque[tuple[Any, Any]] = deque()  # (Faust event, batch)
        self._work: asyncio.Task[None] | None = None

    def put(self, event: Any, batch: Any, tasks: asyncio.TaskGroup) -> None:
        """A chunk was read. What goes wrong in the work ends the agent whose tasks these are."""
        self._waiting.append((event, batch))
        if self._work is None or self._work.done():
            self._work = tasks.create_task(self._work_off())

    async def _work_off(self) -> None:
        while self._waiting:
            together = self._take()
            async with self._app.consumer.turn([event.message for event, _ in together]) as ours:
                if batches := [batch for event, batch in together if event.message in ours]:
                    await self._pipeline.process(*batches)
                    for event, _ in together:
                        if event.message in ours:
                            event.ack()

    def _take(self) -> list[tuple[Any, Any]]:
        """Those that came first: at least one, and no more than go together."""
        taken, records = list[tuple[Any, Any]](), 0
        while self._waiting and (
            not taken or records + len(self._waiting[0][0].value.records) <= TOGETHER_RECORDS
        ):
            taken.append(self._waiting.popleft())
            records += len(taken[-1][0].value.records)
        return taken


def add_agents(app: Any, settings: Settings, pipeline: Pipeline[Any]) -> None:
    """Give the Faust app one agent for each input topic."""
    desk = Desk(app, pipeline)

    async def work(stream: Any) -> None:
        async with asyncio.TaskGroup() as tasks:
            async for event in stream.noack().events():
                # Decoded while those before wait for Redis; worked off after them, or offsets went back.
                desk.put(event, await pipeline.read(event.value), tasks)

    for kind in INBOUND:
        app.agent(app.topic(settings.topic(kind)), name=kind)(work)
