from collections.abc import Callable

from kafka import KafkaConsumer

from tests.records import Record
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
