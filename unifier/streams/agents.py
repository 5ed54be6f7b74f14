"""The agents: one for each input topic, all with the same few lines."""

import asyncio
from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

from unifier.events.decode import TopicKind
from unifier.settings import Settings
from unifier.streams.topics import INBOUND

# Larger chunks meet fewer components more often: 2,000 take 0.5 writes an event, 500 take 0.65, 100 nearly 1.
CHUNK_RECORDS = 2_000


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

    async def process(self, batch: Batch) -> None:
        """Work it off; returns when Redis has everything. Raises only when the worker must end."""


def add_agents(app: Any, settings: Settings, pipeline: Pipeline[Any]) -> None:
    """Give the Faust app one agent for each input topic.

    A chunk is acknowledged here and nowhere else: an exception, or a chunk whose partition went to another
    worker meanwhile, leaves it unacknowledged, so that whoever has the partition next reads it again.
    """

    async def finish(event: Any, batch: Any) -> None:
        async with app.consumer.turn(event.message) as ours:
            if ours:
                await pipeline.process(batch)
                event.ack()

    async def work(stream: Any) -> None:
        async with asyncio.TaskGroup() as tasks:  # what goes wrong in `finish` ends the agent, and the worker
            before: asyncio.Task[None] | None = None
            async for event in stream.noack().events():
                # Decoded while the chunk before waits for Redis; worked off after it, or offsets went back.
                batch = await pipeline.read(event.value)
                if before is not None:
                    await before
                before = tasks.create_task(finish(event, batch))

    for kind in INBOUND:
        app.agent(app.topic(settings.topic(kind)), name=kind)(work)
