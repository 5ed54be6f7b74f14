"""A transaction that the broker has confirmed and yet left open in a partition is ended, and read."""

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import ProducerFenced
from aiokafka.producer.transaction_manager import TransactionManager
from kafka import KafkaConsumer
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient

from tests.conftest import SettingsFactory
from tests.integration.spine import read
from tests.waiting import eventually
from unifier import metrics
from unifier.profiles.store import seal_of
from unifier.settings import Settings
from unifier.streams import publisher as publisher_module
from unifier.streams.kafka_config import aiokafka_config, kafka_python_config
from unifier.streams.publisher import Message, Publisher
from unifier.streams.replay import put_back
from unifier.streams.topics import admin_client

VERIFIES = "transaction.partition.verification.enable"


def let_verify(admin: KafkaAdminClient, whether: str) -> None:
    """Whether the broker asks the coordinator before it takes records of a transaction."""
    admin.alter_configs([ConfigResource(ConfigResourceType.BROKER, "1", {VERIFIES: whether})])

    def in_force() -> bool:
        asked = ConfigResource(ConfigResourceType.BROKER, "1", {VERIFIES: None})
        answer: Any = admin.describe_configs([asked], config_filter="all")
        return bool(answer["broker"]["1"][VERIFIES]["value"] == whether)

    eventually(in_force)


@pytest.fixture
def installation(settings: SettingsFactory) -> Iterator[Settings]:
    """On a broker that takes records of partitions of which its coordinator knows nothing."""
    one = settings(partitions=1)
    with admin_client(one) as admin:
        let_verify(admin, "false")
        yield one
        let_verify(admin, "true")


@contextlib.contextmanager
def end_is_forgotten(settings: Settings, topic: str) -> Iterator[None]:
    """For once the coordinator does not hear of a topic, and so ends nothing there: as if it had lost it."""
    announce, forgotten = TransactionManager.maybe_add_partition_to_txn, set[TopicPartition]()

    def forgetful(manager: TransactionManager, place: TopicPartition) -> None:
        if place.topic == settings.topic(topic) and place not in forgotten:
            forgotten.add(place)
            manager._txn_partitions.add(place)
        else:
            announce(manager, place)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionManager, "maybe_add_partition_to_txn", forgetful)
        yield


async def publish_hidden(settings: Settings, name: str, topic: str) -> None:
    """Publish a record that is confirmed and cannot be read."""
    async with AIOKafkaProducer(**aiokafka_config(settings), transactional_id=name) as producer:
        with end_is_forgotten(settings, topic):
            async with producer.transaction():
                await producer.send_and_wait(settings.topic(topic), b"{}", b"p")
                await producer.send_and_wait(settings.topic("identity"), b"{}", b"p")
    assert len(read(settings, "identity")) == 1
    assert is_hidden(settings, topic)


def is_hidden(settings: Settings, topic: str) -> bool:
    """Whether a topic has records that cannot be read as committed."""
    place, ends = TopicPartition(settings.topic(topic), 0), list[int]()
    for level in ("read_committed", "read_uncommitted"):
        config = kafka_python_config(settings)
        with contextlib.closing(KafkaConsumer(**config, isolation_level=level)) as consumer:
            ends += consumer.end_offsets([place]).values()
    return ends[0] < ends[1]


async def test_what_was_published_can_be_read(installation: Settings) -> None:
    ended = metrics.transactions_ended_again_total._value.get
    before = ended()
    async with Publisher(installation, "relay") as publisher:
        both = [Message(topic, b"p", b"{}") for topic in ("journey", "identity")]
        await publisher.publish(both)
        assert ended() == before
        with end_is_forgotten(installation, "journey"):
            await publisher.publish(both)
        assert ended() == before + 1
        assert not is_hidden(installation, "journey")
        assert [len(read(installation, message.topic)) for message in both] == [2, 2]


async def test_who_takes_over_ends_what_was_left_open(installation: Settings) -> None:
    await publish_hidden(installation, "relay", "journey")
    async with Publisher(installation, "relay"):
        assert not is_hidden(installation, "journey")
    assert len(read(installation, "journey")) == 1


async def test_who_cannot_take_over_lets_go_of_the_broker(
    installation: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[AIOKafkaProducer] = []

    async def fenced(producer: AIOKafkaProducer, *_: object) -> None:
        opened.append(producer)
        raise ProducerFenced

    monkeypatch.setattr(publisher_module, "end_left_open", fenced)
    publisher = Publisher(installation, "relay")
    with pytest.raises(ProducerFenced):
        await publisher.__aenter__()
    [producer] = opened
    assert producer._closed


async def test_so_does_a_replay(installation: Settings) -> None:
    await publish_hidden(installation, f"{installation.group}-replay", "dead-letters")
    await put_back(installation, seal_of(installation), None, None)
    assert not is_hidden(installation, "dead-letters")
