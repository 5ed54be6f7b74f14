import asyncio
import logging
from collections.abc import Callable

import pytest
from kafka import KafkaConsumer
from kafka.admin import ConfigResource, ConfigResourceType

from tests.integration.spine import read
from tests.records import Record
from tests.waiting import eventually_async
from unifier.events.errors import Unreadable
from unifier.settings import Settings
from unifier.streams.dead_letters import DeadLetter, DeadLetters
from unifier.streams.kafka_config import kafka_python_config
from unifier.streams.publisher import Publisher
from unifier.streams.topics import admin_client


async def test_the_broker_has_every_dead_letter_when_publish_returns_the_largest_too(
    settings: Callable[..., Settings],
) -> None:
    one = settings()
    error = Unreadable("too_large", "", "send less than 256 KiB")
    letters = [
        DeadLetter(one.topic("online"), 0, Record(offset, bytes(size)), error)
        for offset, size in enumerate([10, 1_000_000, 300_000, 0])
    ]
    async with Publisher(one) as publisher:
        await DeadLetters(publisher).publish(letters)
    with KafkaConsumer(
        one.topic("dead-letters"),
        **kafka_python_config(one),
        auto_offset_reset="earliest",
        consumer_timeout_ms=3_000,
        group_id=None,
    ) as consumer:
        keys = sorted(record.key for record in consumer)
    assert keys == [f"{one.topic('online')}-0-{offset}".encode() for offset in range(4)]


async def test_a_letter_that_the_broker_finds_too_large_waits_until_that_is_mended(
    settings: Callable[..., Settings], caplog: pytest.LogCaptureFixture
) -> None:
    one = settings()
    topic = one.topic("dead-letters")

    def let_pass(most: int) -> None:
        with admin_client(one) as admin:
            admin.alter_configs(
                [ConfigResource(ConfigResourceType.TOPIC, topic, {"max.message.bytes": most})]
            )

    await asyncio.to_thread(let_pass, 1_000)
    letter = DeadLetter(
        one.topic("online"), 0, Record(1, bytes(5_000)), Unreadable("not_json", "", "send JSON")
    )
    async with Publisher(one) as publisher:
        with caplog.at_level(logging.WARNING):
            publishing = asyncio.create_task(DeadLetters(publisher).publish([letter]))

            async def refused() -> bool:
                assert not publishing.done()
                return "dead letters: MessageSizeTooLargeError; trying again" in caplog.text

            await eventually_async(refused)
        await asyncio.to_thread(let_pass, 1_000_000)
        await publishing
    assert [key for key, _ in await asyncio.to_thread(read, one, "dead-letters")] == [
        f"{one.topic('online')}-0-1"
    ]
