"""The verifier, in the topics: reads every record that the broker still has."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import closing
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType

from unifier.profiles.store import seal_of
from unifier.profiles.traces import Traces
from unifier.settings import Settings
from unifier.streams.dead_letters import of_record
from unifier.streams.found import Found
from unifier.streams.kafka_config import aiokafka_config
from unifier.streams.topics import OUTBOUND, TOPICS, Topic, admin_client

POLL_MS = 1_000
_LONGEST_MS = 2**53  # Kafka's own default of compaction lags, and the like, mean: never


async def look_in_topics(settings: Settings, traces: Traces, found: Found) -> None:
    """Look at every record of our topics, `found.ids` being the erased profiles. Raises KafkaError."""
    keeps = await asyncio.to_thread(_how_long, settings)
    for topic in TOPICS:
        await _look_at(settings, topic, traces, keeps, found)


async def _look_at(
    settings: Settings, topic: Topic, traces: Traces, keeps: Mapping[str, int | None], found: Found
) -> None:
    name, seal = settings.topic(topic.name), seal_of(settings)
    # Partition and key → time and whether it holds something, of the newest; None: nobody can open it.
    # A topic that got more partitions keeps the newest where the key went before, too.
    last: dict[tuple[int, bytes], tuple[int, bool | None]] = {}
    keyed = topic.name in ("profiles", "dead-letters")
    async for record in records_of(settings, [name]):
        key, value = record.key or b"", record.value
        holds: bool | None = False
        if value is not None:
            told = of_record(value, seal) if topic.name == "dead-letters" else value
            holds = None if told is None else _holds(topic.name, key, told, traces, found)
        if not keyed:
            if holds:
                found.wait(name, record.timestamp, keeps[name])
            continue
        place = record.partition, key
        before = last.get(place)
        if before is not None and before[1]:
            found.wait(name, before[0], keeps[name])
        last[place] = record.timestamp, holds
    found.left[name] += sum(holds is True for _, holds in last.values())
    found.unopened += sum(holds is None for _, holds in last.values())


def _holds(topic: str, key: bytes, value: bytes, traces: Traces, found: Found) -> bool:
    profile = key.decode(errors="replace")
    if topic in OUTBOUND and topic != "dead-letters":
        named = profile not in found.others and traces.in_record(value, numbers=False)
        return profile in found.ids or named
    return traces.in_record(value) or traces.in_text(profile)


async def records_of(settings: Settings, names: Sequence[str]) -> AsyncIterator[ConsumerRecord]:
    """Every record of the topics that was published by now. Raises KafkaError."""
    partitions = await asyncio.to_thread(_partitions_of, settings, names)
    consumer = AIOKafkaConsumer(
        **aiokafka_config(settings), auto_offset_reset="earliest", isolation_level="read_committed"
    )
    await consumer.start()
    try:
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        await consumer.seek_to_beginning(*partitions)
        for tp in partitions:
            while await consumer.position(tp) < ends[tp]:
                for batch in (await consumer.getmany(tp, timeout_ms=POLL_MS)).values():
                    for record in batch:
                        yield record
    finally:
        await consumer.stop()


def _partitions_of(settings: Settings, names: Sequence[str]) -> list[TopicPartition]:
    with closing(admin_client(settings)) as admin:
        described = admin.describe_topics(list(names))
    return [
        TopicPartition(topic["name"], partition["partition_index"])
        for topic in described
        for partition in topic["partitions"]
    ]


def _how_long(settings: Settings) -> dict[str, int | None]:
    """Topic → how long it keeps a record that is superseded or old, milliseconds; None: for ever."""
    names = [settings.topic(topic.name) for topic in TOPICS]
    wanted = ("cleanup.policy", "retention.ms", "max.compaction.lag.ms")
    with closing(admin_client(settings)) as admin:
        resources = [ConfigResource(ConfigResourceType.TOPIC, name, dict.fromkeys(wanted)) for name in names]
        answer: dict[str, dict[str, dict[str, Any]]] = admin.describe_configs(resources, config_filter="all")
    keeps: dict[str, int | None] = {}
    for of_kind in answer.values():
        for name, configs in of_kind.items():
            policy = configs["cleanup.policy"]["value"]
            limits = [int(configs["retention.ms"]["value"])] if "delete" in policy else []
            limits += [int(configs["max.compaction.lag.ms"]["value"])] if "compact" in policy else []
            keeps[name] = min([ms for ms in limits if 0 <= ms < _LONGEST_MS], default=None)
    return keeps
