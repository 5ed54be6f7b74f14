"""`unifier replay --dead-letters`: puts mended dead letters back onto their topics, each once.

A record and the tombstone of its letter go out in one transaction: whatever dies, either both are there or
neither is. A letter whose key has a tombstone was put back, and is not again. The record names where it came
from first (`unifier-origin`), so that an event without an id of its own keeps the one it had. If it is
refused again, it gets a dead letter of its own; only a later call puts that back.
"""

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from unifier.profiles.store import Seal, seal_of
from unifier.settings import Settings
from unifier.streams.dead_letters import Kept, is_settled, kept_in
from unifier.streams.ending import end_left_open, until_readable
from unifier.streams.intake import ORIGIN, origin_of
from unifier.streams.kafka_config import aiokafka_config
from unifier.streams.topics import INBOUND, existing_topics

TOGETHER = 100  # records in one transaction: at most 30 MB
POLL_MS = 1_000


class Outcome(NamedTuple):
    """How many letters, by reason."""

    put_back: Counter[str]
    left: Counter[str]  # cut off, sealed with a key that is not given, or their topic is not one of ours


def run(settings: Settings, since_ms: int | None, reason: str | None) -> int:
    """The command. Raises MissingError and KafkaError; exit code 1 when letters had to be left."""
    existing_topics(settings, map(settings.topic, ("dead-letters", *INBOUND)))
    outcome = asyncio.run(put_back(settings, seal_of(settings), since_ms, reason))
    for name, number in sorted(outcome.put_back.items()):
        sys.stdout.write(f"{name}\t{number}\n")
    left = outcome.left.total()
    sys.stderr.write(f"{outcome.put_back.total()} put back\n")
    if left:
        sys.stderr.write(
            f"{left} left ({', '.join(sorted(outcome.left))}), which are cut off, or of topics that are no "
            "input here, or sealed with a key that UNIFIER_DATA_KEY lacks: give it, or publish them again "
            "from their source\n"
        )
    return 1 if left else 0


async def put_back(settings: Settings, seal: Seal, since_ms: int | None, reason: str | None) -> Outcome:
    """Put back every letter published since then, for this reason, that was not put back before."""
    outcome = Outcome(Counter(), Counter())
    config, topic = aiokafka_config(settings), settings.topic("dead-letters")
    producer = AIOKafkaProducer(**config, transactional_id=f"{settings.group}-replay", acks="all")
    consumer = AIOKafkaConsumer(
        **config, isolation_level="read_committed", enable_auto_commit=False, auto_offset_reset="earliest"
    )
    async with AsyncExitStack() as ending:
        # The producer first: it fences another call off, and so what that has put back is told by now.
        for client in (producer, consumer):
            ending.push_async_callback(client.stop)
        for client in (producer, consumer):
            await client.start()
        await end_left_open(producer, [topic, *map(settings.topic, INBOUND)])
        places = [TopicPartition(topic, number) for number in sorted(await producer.partitions_for(topic))]
        consumer.assign(places)
        # All ends before the first is put back: what is refused again meanwhile is left to the next call.
        for place, end in (await consumer.end_offsets(places)).items():
            consumer.assign([place])
            settled = {r.key async for r in _records(consumer, place, None, end) if is_settled(r.value)}
            together: list[tuple[bytes, Kept]] = []
            async for record in _records(consumer, place, since_ms, end):
                kept = _wanted(record, settled, seal, reason)
                if kept is None:
                    continue
                if not kept.complete or kept.topic not in map(settings.topic, INBOUND):
                    outcome.left[kept.reason] += 1
                    continue
                settled.add(record.key)
                together.append((record.key, kept))
                if len(together) == TOGETHER:
                    await _publish(producer, place, together, outcome)
            await _publish(producer, place, together, outcome)
    return outcome


def _wanted(record: Any, settled: set[bytes], seal: Seal, reason: str | None) -> Kept | None:
    """What a letter keeps, if it is to be put back."""
    if record.value is None or record.key in settled:
        return None
    kept = kept_in(record.value, seal)
    return kept if kept is not None and reason in (None, kept.reason) else None


async def _records(
    consumer: AIOKafkaConsumer, place: TopicPartition, since_ms: int | None, end: int
) -> AsyncIterator[Any]:
    """The records of a partition up to an offset, from a time on."""
    await consumer.seek_to_beginning(place)
    if since_ms is not None:
        found = (await consumer.offsets_for_times({place: since_ms}))[place]
        consumer.seek(place, end if found is None else found.offset)
    while await consumer.position(place) < end:
        for record in (await consumer.getmany(place, timeout_ms=POLL_MS)).get(place, ()):
            if record.offset < end:
                yield record


async def _publish(
    producer: AIOKafkaProducer, letters: TopicPartition, together: list[tuple[bytes, Kept]], outcome: Outcome
) -> None:
    """Records and the tombstones of their letters, all or none."""
    if not together:
        return
    async with producer.transaction():
        sent = []
        for key, kept in together:
            there = await producer.partitions_for(kept.topic)
            partition = kept.partition if kept.partition in there else None
            sent.append(
                await producer.send(
                    kept.topic, kept.value, kept.key, partition=partition, headers=_headers(kept)
                )
            )
            sent.append(await producer.send(letters.topic, None, key, partition=letters.partition))
        done = await asyncio.gather(*sent)
    await until_readable(producer, {one.topic_partition: one.offset for one in done})
    outcome.put_back.update(kept.reason for _, kept in together)
    together.clear()
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{outcome.put_back.total():,} ")
        sys.stderr.flush()


def _headers(kept: Kept) -> Sequence[tuple[str, bytes]]:
    if origin_of(kept.headers) is not None:
        return kept.headers
    return [*kept.headers, (ORIGIN, kept.position.encode())]
