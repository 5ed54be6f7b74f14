"""What is wrong outside, in one line that names the mend: for the command line and the doctor."""

import re

from unifier.redis_address import read_address
from unifier.settings import Settings

NAME_THE_MASTER = "name the master in UNIFIER_REDIS, or sentinels, which know it"
_IN_A_PIPELINE = re.compile(r"^Command # \d+ \(.*?\) of pipeline caused error: ", re.DOTALL)
# By the names of the classes, for two Kafka clients name them alike, and so that neither need be imported.
_NO_BROKER = {
    "KafkaTimeoutError",
    "KafkaConnectionError",
    "NoBrokersAvailable",
    "NodeNotReadyError",
    "MetadataEmptyBrokerList",
}


class MissingError(Exception):
    """What a command needs is not there; the message is one line that names the mend."""


def in_words(error: BaseException, settings: Settings) -> str | None:
    """The line for an error of the Kafka or Redis client; None for an error that is not of theirs."""
    names = {kind.__name__ for kind in type(error).__mro__}
    client = type(error).__module__.split(".")[0]
    if client in ("kafka", "aiokafka"):
        return _of_kafka(names, error, settings)
    if client == "redis":
        return _of_redis(names, error, settings)
    return None


def _of_kafka(names: set[str], error: BaseException, settings: Settings) -> str:
    if names & {"SaslAuthenticationFailedError", "AuthenticationFailedError"}:
        return (
            f"the broker at {settings.kafka} refuses the login: check UNIFIER_KAFKA_SASL_USERNAME, "
            "_SASL_PASSWORD and _SASL_MECHANISM"
        )
    if names & {"AuthorizationError", "AuthorizationFailedError"}:
        return f"the broker does not let this user do that ({_short(error)}): grant it to the user"
    if names & {"UnknownTopicOrPartitionError", "UnknownTopicOrPartition"}:
        return "a topic is missing: run `unifier topics create`"
    if "InvalidReplicationFactorError" in names:
        return f"the cluster has fewer than {settings.replication} brokers: lower UNIFIER_REPLICATION"
    if names & _NO_BROKER:
        # a client that is turned away may see no more than a closed connection
        more = ""
        if "SASL" in settings.kafka_security:
            more += ", or it refuses the login: mend UNIFIER_KAFKA_SASL_*"
        if "SSL" in settings.kafka_security:
            more += ", or it has no TLS or an unknown certificate: mend UNIFIER_KAFKA_SECURITY or _CA_FILE"
        return f"no broker answers at {settings.kafka}: start it, or mend UNIFIER_KAFKA{more}"
    return f"the broker at {settings.kafka} reports: {_short(error)}"


def _of_redis(names: set[str], error: BaseException, settings: Settings) -> str:
    place = redis_place(settings)
    if "NoPermissionError" in names:
        return f"Redis at {place} does not let this user do that ({_short(error)}): grant it to the user"
    if "AuthenticationError" in names:
        return f"Redis at {place} refuses the login: mend user and password in UNIFIER_REDIS"
    if "BusyLoadingError" in names:
        return f"Redis at {place} still loads its data: wait"
    if "MasterNotFoundError" in names:
        return f"the sentinels name no master for {place}: start it, or mend UNIFIER_REDIS"
    if names & {"ConnectionError", "TimeoutError"}:
        return f"no Redis answers at {place}: start it, or mend UNIFIER_REDIS"
    if "InvalidResponse" in names:
        return f"what answers at {place} is no Redis: mend UNIFIER_REDIS"
    if "ClusterDownError" in names:
        return f"of {place} a master is away: `unifier doctor` names it"
    if "ReadOnlyError" in names:
        return f"Redis at {place} is a replica, which takes no writes: {NAME_THE_MASTER}"
    if "OutOfMemoryError" in names:
        return f"the memory of Redis at {place} is full: raise its maxmemory"
    return f"Redis at {place} reports: {_short(error)}"


def redis_place(settings: Settings) -> str:
    """What UNIFIER_REDIS names, without user and password."""
    return read_address(settings.redis).place


def _short(error: BaseException) -> str:
    return (_IN_A_PIPELINE.sub("", str(error)).splitlines() or [""])[0][:200] or type(error).__name__
