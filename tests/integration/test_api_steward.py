"""A steward's word on its way: audit trail in a real Redis, control topic on a real broker."""

import asyncio
from collections.abc import Callable

import orjson
import pytest
from kafka import KafkaConsumer, TopicPartition
from redis.asyncio import Redis

from tests.integration.largest import take_up_to
from tests.waiting import eventually
from unifier.devstack.stack import Stack
from unifier.events.control import read_command
from unifier.serving.audit import AUDIT
from unifier.serving.models import StewardRequest
from unifier.serving.publisher import Publisher
from unifier.serving.steward import NotPublishedError, Steward
from unifier.settings import Settings

A, B = "p_" + "a" * 20, "p_" + "b" * 20
REQUEST = StewardRequest(profiles=(A, B), reason="Anna said so on the telephone")


def published(settings: Settings) -> list[tuple[bytes, bytes]]:
    """Everything on the control topic so far."""
    topic = settings.topic("control")
    consumer = KafkaConsumer(bootstrap_servers=settings.kafka, auto_offset_reset="earliest")
    parts = [TopicPartition(topic, number) for number in range(settings.partitions)]
    consumer.assign(parts)
    consumer.seek_to_beginning(*parts)
    ends = consumer.end_offsets(parts)
    found: list[tuple[bytes, bytes]] = []

    def read_all() -> bool:
        for records in consumer.poll(timeout_ms=200).values():
            found.extend((record.key, record.value) for record in records)
        return len(found) >= int(sum(ends.values()))

    eventually(read_all)
    consumer.close()
    return found


@pytest.mark.parametrize("word", ["link", "separate"])
async def test_a_word_is_in_the_audit_trail_and_on_the_topic(
    settings: Callable[..., Settings], word: str
) -> None:
    own = settings()
    publisher = Publisher(own)
    async with Redis.from_url(own.redis) as redis:
        steward = Steward(redis, publisher.publish)
        command_id = await steward.say(word, REQUEST, "desk")  # type: ignore[arg-type]
        entries = await redis.xrange(AUDIT)
    await publisher.close()
    (key, value), *others = await asyncio.to_thread(published, own)
    assert not others
    assert key == command_id.encode()
    command = read_command(value, "", "", 0, ())
    assert (command.command, command.command_id, command.by) == (word, command_id, "desk")
    assert (command.profiles, command.reason) == ((A, B), REQUEST.reason)
    assert command.at > 0
    entry: dict[bytes, bytes]
    ((_, entry),) = entries  # type: ignore[misc, assignment]
    assert entry[b"who"] == b"desk"
    assert entry[b"what"] == word.encode()
    assert entry[b"command_id"] == command_id.encode()
    assert orjson.loads(entry[b"on"]) == {"profiles": [A, B]}
    assert b"Anna" not in b"".join(entry.values())


async def test_a_word_that_no_broker_takes_is_told_and_was_recorded(
    settings: Callable[..., Settings],
) -> None:
    own = settings()
    publisher = Publisher(own.model_copy(update={"kafka": "127.0.0.1:1"}))
    async with Redis.from_url(own.redis) as redis:
        with pytest.raises(NotPublishedError):
            await Steward(redis, publisher.publish).say("link", REQUEST, "desk")
        assert await redis.xlen(AUDIT) == 1
    await publisher.close()
    assert await asyncio.to_thread(published, own) == []


async def test_words_said_at_once_are_all_published(settings: Callable[..., Settings]) -> None:
    own = settings()
    publisher = Publisher(own)
    await asyncio.gather(*[publisher.publish(str(n).encode(), b"{}") for n in range(20)])
    await publisher.close()
    assert {key for key, _ in await asyncio.to_thread(published, own)} == {str(n).encode() for n in range(20)}


async def test_a_service_ends_while_the_brokers_are_away(
    breakable_stack: Stack, breakable_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher = Publisher(breakable_settings)
    await publisher.publish(b"1", b"{}")
    breakable_stack.kafka_server.kill()
    monkeypatch.setattr("unifier.serving.publisher.TIMEOUT_S", 0.5)
    with pytest.raises(NotPublishedError):
        await publisher.publish(b"2", b"{}")
    await asyncio.wait_for(publisher.close(), 60)


async def test_a_word_that_the_broker_refuses_holds_up_no_later_one(
    settings: Callable[..., Settings],
) -> None:
    own = settings(partitions=1)
    publisher = Publisher(own)
    for number in range(5):
        await publisher.publish(b"k", b"%d" % number)
    take_up_to(own, "control", 1_000)
    with pytest.raises(NotPublishedError, match="MessageSizeTooLarge"):
        await publisher.publish(b"k", bytes(5_000))
    take_up_to(own, "control", 1_000_000)
    await publisher.publish(b"k", b"after")
    await publisher.close()
    assert published(own)[-1] == (b"k", b"after")
