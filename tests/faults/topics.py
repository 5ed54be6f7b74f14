"""All that is on the topics, read once."""

import contextlib
from collections import defaultdict
from typing import Any, NamedTuple

import orjson
from kafka import KafkaConsumer, TopicPartition

from unifier.settings import Settings
from unifier.streams.agents import Chunk
from unifier.streams.kafka_config import kafka_python_config


class Record(NamedTuple):
    """One record of a topic."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...] = ()

    @property
    def position(self) -> str:
        """As the key of a dead letter names it."""
        return f"{self.topic}-{self.partition}-{self.offset}"

    def chunk(self, kind: Any) -> Chunk:
        """A chunk of this record alone."""
        return Chunk(self.topic, kind, self.partition, [self])

    @property
    def message(self) -> Any:
        """The JSON; None for a tombstone."""
        return orjson.loads(self.value) if self.value else None


def read_topics(settings: Settings, names: tuple[str, ...]) -> dict[str, list[Record]]:
    """Everything there is, transactions that were not committed aside; in order within a partition."""
    config = kafka_python_config(settings)
    found: dict[str, list[Record]] = {name: [] for name in names}
    kinds = {settings.topic(name): name for name in names}
    with contextlib.closing(
        KafkaConsumer(**config, isolation_level="read_committed", auto_offset_reset="earliest")
    ) as consumer:
        partitions = [TopicPartition(topic, n) for topic in kinds for n in range(settings.partitions)]
        consumer.assign(partitions)
        ends = consumer.end_offsets(partitions)
        while any(consumer.position(tp) < end for tp, end in ends.items()):
            for records in consumer.poll(timeout_ms=200, max_records=5_000).values():
                for r in records:
                    record = Record(r.topic, r.partition, r.offset, r.timestamp, r.key or b"", r.value or b"")
                    found[kinds[r.topic]].append(record)
    return found


def by_partition(records: list[Record]) -> list[list[Record]]:
    """The records of each partition, in order."""
    parts: defaultdict[tuple[str, int], list[Record]] = defaultdict(list)
    for record in records:
        parts[record.topic, record.partition].append(record)
    return list(parts.values())
