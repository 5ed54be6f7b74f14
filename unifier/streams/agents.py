"""The agents: one for each input topic, all with the same few lines."""

from collections.abc import Sequence
from typing import Any, Protocol

from unifier.events.decode import TopicKind
from unifier.settings import Settings
from unifier.streams.topics import INBOUND


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


class Pipeline(Protocol):
    """What the agents hand their chunks to."""

    async def process(self, chunk: Chunk) -> None:
        """Work off a chunk; returns when Redis has everything. Raises only when the worker must end."""


def add_agents(app: Any, settings: Settings, pipeline: Pipeline) -> None:
    """Give the Faust app one agent for each input topic.

    A chunk is acknowledged here and nowhere else: an exception, or a chunk whose partition went to another
    worker meanwhile, leaves it unacknowledged, so that whoever has the partition next reads it again.
    """

    async def work(stream: Any) -> None:
        async for event in stream.noack().events():
            async with app.consumer.turn(event.message) as ours:
                if ours:
                    await pipeline.process(event.value)
                    event.ack()

    for kind in INBOUND:
        app.agent(app.topic(settings.topic(kind)), name=kind)(work)
