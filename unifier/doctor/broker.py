"""What the doctor says of Kafka: broker, topics, lag."""

import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, TypeVar

from kafka import TopicPartition
from kafka.admin import KafkaAdminClient, OffsetSpec
from kafka.errors import GroupIdNotFoundError, KafkaError, RetriableError

from unifier.doctor.finding import Finding
from unifier.outages import in_words
from unifier.settings import Settings, SettingsError
from unifier.streams.topics import INBOUND, admin_client, topic_faults

T = TypeVar("T")

_PATIENCE_S = 10


def look_at_kafka(settings: Settings) -> Iterator[Finding]:
    """Broker, topics, and what waits in them."""
    try:
        with admin_client(settings) as admin:
            yield _broker(admin, settings)
            faults = topic_faults(admin, settings)
            missing = any(fault.endswith("missing") for fault in faults)
            mend = "run `unifier topics create`" if missing else "mend the topics or the settings"
            yield Finding(
                "topics", not faults, f"{'; '.join(faults)}: {mend}" if faults else "as they should be"
            )
            if not missing:
                yield from _lag(admin, settings)
    except (KafkaError, SettingsError) as error:
        yield Finding("broker", False, in_words(error, settings) or str(error))


def _broker(admin: KafkaAdminClient, settings: Settings) -> Finding:
    brokers = len(admin.describe_cluster()["brokers"])
    if brokers < settings.replication:
        return Finding(
            "broker",
            False,
            f"{brokers} brokers for {settings.replication} replicas: add some or lower UNIFIER_REPLICATION",
        )
    return Finding("broker", True, f"{settings.kafka}, {brokers} broker{'s' if brokers != 1 else ''}")


def _lag(admin: KafkaAdminClient, settings: Settings) -> Iterator[Finding]:
    """Records that wait, per input topic. That they wait is well while somebody reads them."""
    committed, readers = _patiently(partial(_group, admin, settings.group))
    for name in INBOUND:
        topic = settings.topic(name)
        lag, gone = _patiently(partial(_waiting, admin, topic, committed))
        words = f"{topic}: {lag} wait for group {settings.group}, {readers} workers read"
        if gone:
            words += f"; up to {gone} more were deleted before they were read"
            yield Finding("lag", False, f"{words}: raise retention.ms of the topic, and have them sent again")
        elif lag and not readers:
            yield Finding("lag", False, f"{words}: start `unifier worker`")
        else:
            yield Finding("lag", True, words)


def _group(admin: KafkaAdminClient, group: str) -> tuple[dict[Any, Any], int]:
    """Committed offsets by partition, and the number of members."""
    if "__consumer_offsets" not in admin.list_topics():  # no group has ever been on this cluster
        return {}, 0
    return admin.list_group_offsets([group]).get(group, {}), _members(admin, group)


def _waiting(admin: KafkaAdminClient, topic: str, committed: dict[Any, Any]) -> tuple[int, int]:
    """Records of a topic that its group has yet to read, and those that it never can."""
    partitions = [
        TopicPartition(topic, one["partition_index"])
        for described in admin.describe_topics([topic])
        for one in described["partitions"]
    ]
    first = admin.list_partition_offsets(dict.fromkeys(partitions, OffsetSpec.EARLIEST))
    ends = admin.list_partition_offsets(dict.fromkeys(partitions, OffsetSpec.LATEST))
    read = {one: committed[one].offset if one in committed else first[one].offset for one in partitions}
    lag = sum(ends[one].offset - max(read[one], first[one].offset) for one in partitions)
    return lag, sum(max(0, first[one].offset - read[one]) for one in partitions)


def _patiently(ask: Callable[[], T]) -> T:
    """Ask again while leaders and coordinators change, as they do after a start, for some seconds."""
    pause = threading.Event()
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        try:
            return ask()
        except RetriableError:
            if time.monotonic() > deadline:
                raise
            pause.wait(0.1)


def _members(admin: KafkaAdminClient, group: str) -> int:
    try:
        return len(admin.describe_groups([group])[group]["members"])
    except GroupIdNotFoundError:
        return 0
