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


def admin_client(settings: Settings) -> KafkaAdminClient:
    """A connected admin client, a context manager. Raises KafkaTimeoutError when no broker answers."""
    return KafkaAdminClient(**kafka_python_config(settings), bootstrap_timeout_ms=_NO_BROKER_AFTER_MS)


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
    with admin_client(settings) as admin:
        found = admin.describe_topics([*topics] or [settings.topic(topic.name) for topic in TOPICS])
    if missing := [topic["name"] for topic in found if topic["error_code"]]:
        raise MissingError(f"missing topics: {', '.join(missing)}; run `unifier topics create`")
    return {topic["name"]: topic for topic in found}


def check_topics(settings: Settings) -> list[str]:
    """What is missing or differs from the settings, a line each; empty if all is well."""
    with admin_client(settings) as admin:
        return topic_faults(admin, settings)


def topic_faults(admin: KafkaAdminClient, settings: Settings) -> list[str]:
    """As `check_topics`, over a client that is there already."""
    names = [settings.topic(topic.name) for topic in TOPICS]
    described = {one["name"]: one for one in admin.describe_topics(names) if not one["error_code"]}
    cleanup = _cleanup_policies(admin, list(described)) if described else {}
    faults = []
    for topic, name in zip(TOPICS, names, strict=True):
        if name not in cleanup:
            faults.append(f"{name}: missing")
            continue
        partitions = described[name]["partitions"]
        if len(partitions) != settings.partitions:
            faults.append(f"{name}: {len(partitions)} partitions, the settings say {settings.partitions}")
        if (replicas := min(len(one["replica_nodes"]) for one in partitions)) < settings.replication:
            faults.append(f"{name}: {replicas} replicas, the settings say {settings.replication}")
        if any(one["leader_id"] < 0 for one in partitions):
            faults.append(f"{name}: a partition has no leader")
        if set(cleanup[name].split(",")) != topic.cleanup:
            policy = ",".join(sorted(topic.cleanup))
            faults.append(f"{name}: cleanup.policy is {cleanup[name]}, must be {policy}")
    return faults


def _configs(topic: Topic, settings: Settings) -> dict[str, str]:
    configs = {"cleanup.policy": ",".join(sorted(topic.cleanup))}
    if topic.compacted:  # else what a tombstone or a newer version stands for might stay for good
        configs["max.compaction.lag.ms"] = str(COMPACTED_WITHIN_MS)
    if settings.replication > 1:
        # a write that was confirmed survives the loss of a broker
        configs["min.insync.replicas"] = str(settings.replication - 1)
    return configs


def _cleanup_policies(admin: KafkaAdminClient, names: list[str]) -> dict[str, str]:
    wanted = [ConfigResource(ConfigResourceType.TOPIC, name, {"cleanup.policy": None}) for name in names]
    answer: dict[str, dict[str, dict[str, Any]]] = admin.describe_configs(wanted, config_filter="all")
    return {
        name: configs["cleanup.policy"]["value"]
        for of_kind in answer.values()
        for name, configs in of_kind.items()
        if configs  # none: deleted at this very moment
    }
