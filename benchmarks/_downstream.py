"""Events at a steady pace, and what a reader downstream has in hand, and when."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition

from unifier.devstack.simulate import Message
from unifier.devstack.simulate.publish import KINDS
from unifier.events.canonical import Event
from unifier.events.decode import Decoder
from unifier.events.errors import Unreadable
from unifier.rules import default_rules
from unifier.settings import Settings
from unifier.streams.bulk import BulkPublisher, Outgoing
from unifier.streams.kafka_config import aiokafka_config

FETCH_WAIT_MS = 20  # a reader's own waiting for quiet partitions is hardly to be measured
TICK_S = 0.02  # as producers linger


class Heard(NamedTuple):
    """One message; `at` is when the reader had it, milliseconds since 1970."""

    value: bytes | None
    at: float


async def paced(
    messages: Sequence[Message], settings: Settings, rate: float, end: threading.Event | None = None
) -> float:
    """Publish in order, so many a second, until there are no more or it is to `end`. Gives the rate kept."""
    topics = {kind: settings.topic(kind) for kind in KINDS}
    sending: set[asyncio.Task[int]] = set()
    async with BulkPublisher(settings, list(topics.values())) as publisher:
        began, sent = time.monotonic(), 0
        while sent < len(messages) and not (end and end.is_set()):
            due = min(len(messages), int((time.monotonic() - began) * rate))
            if portion := [Outgoing(topics[m.topic_kind], m.key, m.value) for m in messages[sent:due]]:
                task = asyncio.create_task(publisher.send(portion))
                sending.add(task)
                task.add_done_callback(sending.discard)
                sent = due
            await asyncio.sleep(TICK_S)
        if sending:
            await asyncio.wait(sending)
        return sent / (time.monotonic() - began)


@asynccontextmanager
async def hearing(settings: Settings, topic: str) -> AsyncIterator[list[Heard]]:
    """What comes onto a topic in the course of the block, committed transactions only."""
    consumer = AIOKafkaConsumer(
        **aiokafka_config(settings), isolation_level="read_committed", fetch_max_wait_ms=FETCH_WAIT_MS
    )
    heard: list[Heard] = []

    async def listen() -> None:
        while True:
            for records in (await consumer.getmany(timeout_ms=1_000)).values():
                at = time.time() * 1000
                heard.extend(Heard(record.value, at) for record in records)

    await consumer.start()
    try:
        places = [TopicPartition(topic, number) for number in range(settings.partitions)]
        consumer.assign(places)
        await consumer.seek_to_end(*places)
        task = asyncio.create_task(listen())
        try:
            yield heard
        finally:
            task.cancel()
            await asyncio.wait([task])
    finally:
        await consumer.stop()


async def appended(settings: Settings, since_ms: float) -> dict[str, float]:
    """When the broker got each event that came since a time: event id → milliseconds since 1970.

    Of one that was published twice, the first time.
    """
    consumer = AIOKafkaConsumer(**aiokafka_config(settings))
    decoder = Decoder(default_rules(), settings.timezone)
    kinds = {settings.topic(kind): kind for kind in KINDS}
    found: dict[str, float] = {}
    await consumer.start()
    try:
        places = [TopicPartition(topic, n) for topic in kinds for n in range(settings.partitions)]
        ends = await consumer.end_offsets(places)
        consumer.assign(places)
        begins = await consumer.offsets_for_times(dict.fromkeys(places, int(since_ms)))
        for place in places:
            consumer.seek(place, begins[place].offset if begins[place] else ends[place])
        while [place for place in places if await consumer.position(place) < ends[place]]:
            for place, records in (await consumer.getmany(timeout_ms=500)).items():
                for record in records:
                    if (told := event_id(decoder, kinds[place.topic], record.value)) is not None:
                        found.setdefault(told, record.timestamp)
    finally:
        await consumer.stop()
    return found


def event_id(decoder: Decoder, kind: Any, value: bytes) -> str | None:
    """The id that a message's event has in the stream; None: it is none, or has none of its own."""
    try:
        event = decoder.decode(kind, value, (), "", int(time.time() * 1000))
    except Unreadable:
        return None
    return event.event_id if isinstance(event, Event) and event.event_id else None


def first_heard(heard: Iterable[Heard]) -> Mapping[str, float]:
    """When the first transition that an event caused was there: event id → milliseconds since 1970.

    Transitions that correct what was told before are left out: they name events of long ago.
    """
    found: dict[str, float] = {}
    for value, at in heard:
        data = orjson.loads(value)["data"] if value else {}
        if data and not data["corrects"] and (cause := data["cause"].get("event_id")):
            found.setdefault(cause, at)
    return found


def first_sent_on(heard: Iterable[Heard]) -> Mapping[str, float]:
    """When an online event that was sent on as it is was there."""
    found: dict[str, float] = {}
    for value, at in heard:
        if value and (told := orjson.loads(value).get("messageId")):
            found.setdefault(told, at)
    return found
