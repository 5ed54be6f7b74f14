import asyncio
import logging
from collections import Counter
from collections.abc import Callable

import pytest
from kafka import KafkaConsumer

from tests.integration.largest import take_up_to
from tests.integration.spine import read
from tests.records import Record
from tests.waiting import eventually_async
from unifier.events.errors import Unreadable
from unifier.settings import Settings
from unifier.streams.dead_letters import DeadLetter, DeadLetters
from unifier.streams.kafka_config import kafka_python_config
from unifier.streams.publisher import Publisher


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
    await asyncio.to_thread(take_up_to, one, "dead-letters", 3_000)
    error = Unreadable("not_json", "", "send JSON")
    before = [DeadLetter(one.topic("online"), 0, Record(offset, b""), error) for offset in range(20)]
    letter = DeadLetter(one.topic("online"), 0, Record(20, bytes(5_000)), error)
    async with Publisher(one) as publisher:
        for small in before:
            await DeadLetters(publisher).publish([small])
        with caplog.at_level(logging.WARNING):
            publishing = asyncio.create_task(DeadLetters(publisher).publish([letter]))

            async def refused() -> bool:
                assert not publishing.done()
                return "dead letters: MessageSizeTooLargeError; trying again" in caplog.text

            await eventually_async(refused)
        await asyncio.to_thread(take_up_to, one, "dead-letters", 1_000_000)
        await publishing
    keys = [key for key, _ in await asyncio.to_thread(read, one, "dead-letters")]
    assert sorted(keys) == sorted(f"{one.topic('online')}-0-{offset}" for offset in range(21))


async def test_letters_that_the_broker_takes_do_not_come_again_and_again_with_one_that_it_does_not(
    settings: Callable[..., Settings], caplog: pytest.LogCaptureFixture
) -> None:
    one = settings()
    await asyncio.to_thread(take_up_to, one, "dead-letters", 5_000)
    error = Unreadable("not_json", "", "send JSON")
    letters = [
        DeadLetter(one.topic("online"), 0, Record(offset, bytes(10 if offset else 9_000)), error)
        for offset in range(8)
    ]
    async with Publisher(one) as publisher:
        with caplog.at_level(logging.WARNING):
            publishing = asyncio.create_task(DeadLetters(publisher).publish(letters))

            async def tried_again() -> bool:
                return caplog.text.count("MessageSizeTooLargeError; trying again") >= 4

            await eventually_async(tried_again)
        await asyncio.to_thread(take_up_to, one, "dead-letters", 1_000_000)
        await publishing
    times = Counter(key for key, _ in await asyncio.to_thread(read, one, "dead-letters"))
    assert len(times) == 8
    assert max(times.values()) <= 2
