"""The topics of the unifier: what they are called, how they are made, whether they are as they should be."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient
from kafka.errors import TopicAlreadyExistsError

from unifier.outages import MissingError
from unifier.settings import Settings
from unifier.streams.kafka_config import kafka_python_config

_NO_BROKER_AFTER_MS = 10_000
COMPACTED_WITHIN_MS = 86_400_000
LARGEST_BYTES = 1_000_000
"""What a broker must take at once: batches are half a megabyte, and some dead letters as large."""
_CLEANUP, _LARGEST = "cleanup.policy", "max.message.bytes"


class Topic(NamedTuple):
    """One topic; `name` is what follows the prefix."""

    name: str
    inbound: bool
    compacted: bool = False  # of each key the newest stays
    aging: bool = True  # what is older than the topic's retention goes

    @property
    def cleanup(self) -> frozenset[str]:
        """Its cleanup policy."""
        return frozenset(["compact"] * self.compacted + ["delete"] * self.aging)


TOPICS = (
    Topic("online", inbound=True),
    Topic("pos", inbound=True),
    Topic("crm", inbound=True),
    Topic("control", inbound=True),
    Topic("journey", inbound=False),
    Topic("segments", inbound=False),
    Topic("identity", inbound=False),
    Topic("profiles", inbound=False, compacted=True, aging=False),
    # So that a letter about somebody who was erased can be replaced.
    Topic("dead-letters", inbound=False, compacted=True),
)
INBOUND = tuple(topic.name for topic in TOPICS if topic.inbound)
OUTBOUND = tuple(topic.name for topic in TOPICS if not topic.inbound)


def admin_client(settings: Settings, within_ms: int = _NO_BROKER_AFTER_MS) -> KafkaAdminClient:
    """A connected admin client, a context manager. Raises KafkaTimeoutError when no broker answers."""
    return KafkaAdminClient(**kafka_python_config(settings), bootstrap_timeout_ms=within_ms)


def create_topics(settings: Settings) -> list[str]:
    """Make the topics that are missing, and wait until they have leaders; gives the names of the new ones."""
    with admin_client(settings) as admin:
        there = set(admin.list_topics())
        wanted = {
            settings.topic(topic.name): {
                "num_partitions": settings.partitions,
                "replication_factor": settings.replication,
                "configs": _configs(topic, settings),
            }
            for topic in TOPICS
        }
        missing = {name: options for name, options in wanted.items() if name not in there}
        try:
            if missing:
                admin.create_topics(missing, wait_for_metadata=True)
        except TopicAlreadyExistsError:  # somebody else makes them at this very moment
            admin.wait_for_topics(list(missing))
        return list(missing)


def existing_topics(settings: Settings, topics: Iterable[str] = ()) -> dict[str, Any]:
    """What the broker says of these topics, by their full names; of all of ours, if none is given.

    Raises MissingError and KafkaError.
    """
    names = [*topics] or [settings.topic(topic.name) for topic in TOPICS]
    found = topics_there(settings, names)
    if missing := [name for name in names if name not in found]:
        raise MissingError(f"missing topics: {', '.join(missing)}; run `unifier topics create`")
    return found


def topics_there(
    settings: Settings, names: Iterable[str], within_ms: int = _NO_BROKER_AFTER_MS
) -> dict[str, Any]:
    """What the broker says of those of these topics that are there, by full name. Raises KafkaError."""
    with admin_client(settings, within_ms) as admin:
        return _described(admin, names)


def _described(admin: KafkaAdminClient, names: Iterable[str]) -> dict[str, Any]:
    return {one["name"]: one for one in admin.describe_topics([*names]) if not one["error_code"]}


def check_topics(settings: Settings) -> list[str]:
    """What is missing or differs from the settings, a line each; empty if all is well."""
    with admin_client(settings) as admin:
        return topic_faults(admin, settings)


def topic_faults(admin: KafkaAdminClient, settings: Settings) -> list[str]:
    """As `check_topics`, over a client that is there already."""
    names = [settings.topic(topic.name) for topic in TOPICS]
    described = _described(admin, names)
    configs = _looked_at(admin, list(described)) if described else {}
    faults = []
    for topic, name in zip(TOPICS, names, strict=True):
        if name not in configs:
            faults.append(f"{name}: missing")
            continue
        partitions = described[name]["partitions"]
        if len(partitions) != settings.partitions:
            faults.append(f"{name}: {len(partitions)} partitions, the settings say {settings.partitions}")
        if (replicas := min(len(one["replica_nodes"]) for one in partitions)) < settings.replication:
            faults.append(f"{name}: {replicas} replicas, the settings say {settings.replication}")
        if any(one["leader_id"] < 0 for one in partitions):
            faults.append(f"{name}: a partition has no leader")
        if set((told := configs[name][_CLEANUP]).split(",")) != topic.cleanup:
            policy = ",".join(sorted(topic.cleanup))
            faults.append(f"{name}: cleanup.policy is {told}, must be {policy}")
        if not topic.inbound and int(most := configs[name][_LARGEST]) < LARGEST_BYTES:
            faults.append(f"{name}: max.message.bytes is {most}, must be {LARGEST_BYTES} or more")
    return faults


def _configs(topic: Topic, settings: Settings) -> dict[str, str]:
    configs = {"cleanup.policy": ",".join(sorted(topic.cleanup))}
    if topic.compacted:  # else what a tombstone or a newer version stands for might stay for good
        configs["max.compaction.lag.ms"] = str(COMPACTED_WITHIN_MS)
    if settings.replication > 1:
        # a write that was confirmed survives the loss of a broker
        configs["min.insync.replicas"] = str(settings.replication - 1)
    return configs


def _looked_at(admin: KafkaAdminClient, names: list[str]) -> dict[str, dict[str, str]]:
    """By topic what is looked at of its configuration."""
    wanted = [
        ConfigResource(ConfigResourceType.TOPIC, name, {_CLEANUP: None, _LARGEST: None}) for name in names
    ]
    answer: dict[str, dict[str, dict[str, Any]]] = admin.describe_configs(wanted, config_filter="all")
    return {
        name: {key: configs[key]["value"] for key in (_CLEANUP, _LARGEST)}
        for of_kind in answer.values()
        for name, configs in of_kind.items()
        if configs  # none: deleted at this very moment
    }
