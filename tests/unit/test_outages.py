import aiokafka.errors
import kafka.errors
import pytest
import redis

from unifier.outages import in_words
from unifier.settings import Settings

SETTINGS = Settings(kafka="broker:1", redis="rediss://anna:opensesame@store:2/3")


@pytest.mark.parametrize(
    ("error", "mend"),
    [
        (kafka.errors.KafkaTimeoutError("Unable to bootstrap"), "no broker answers at broker:1"),
        (aiokafka.errors.KafkaConnectionError("Unable to bootstrap"), "no broker answers at broker:1"),
        (kafka.errors.UnknownTopicOrPartitionError(), "unifier topics create"),
        (aiokafka.errors.UnknownTopicOrPartitionError(), "unifier topics create"),
        (kafka.errors.TopicAuthorizationFailedError("topic"), "grant it"),
        (kafka.errors.InvalidReplicationFactorError(), "UNIFIER_REPLICATION"),
        (kafka.errors.SaslAuthenticationFailedError(), "_SASL_PASSWORD"),
        (redis.ConnectionError("Error 111"), "no Redis answers at store:2/3"),
        (redis.TimeoutError("Timeout"), "no Redis answers at store:2/3"),
        (redis.AuthenticationError("WRONGPASS"), "UNIFIER_REDIS"),
        (redis.exceptions.NoPermissionError("no permissions to run eval"), "run eval): grant it to the user"),
        (redis.BusyLoadingError("LOADING"), "wait"),
        (redis.OutOfMemoryError("OOM"), "maxmemory"),
        (redis.exceptions.ClusterDownError("CLUSTERDOWN"), "a master is away: `unifier doctor` names it"),
        (redis.ReadOnlyError("You can't write"), "store:2/3 is a replica, which takes no writes: name the"),
        (
            redis.ResponseError("Command # 1 (HSET u:keys 90\n04…) of pipeline caused error: NO"),
            "reports: NO",
        ),
        (redis.InvalidResponse('got "H" as reply type byte'), "store:2/3 is no Redis: mend UNIFIER_REDIS"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_an_outage_is_one_line_that_names_the_mend_and_no_password(error: Exception, mend: str) -> None:
    words = in_words(error, SETTINGS)
    assert words is not None
    assert mend in words
    assert "\n" not in words
    assert "opensesame" not in words


@pytest.mark.parametrize(
    ("security", "mends"),
    [
        ("PLAINTEXT", []),
        ("SSL", ["UNIFIER_KAFKA_SECURITY or _CA_FILE"]),
        ("SASL_SSL", ["UNIFIER_KAFKA_SASL_*", "UNIFIER_KAFKA_SECURITY or _CA_FILE"]),
    ],
)
def test_a_broker_that_does_not_answer_may_not_take_what_it_is_told(security: str, mends: list[str]) -> None:
    settings = SETTINGS.model_copy(update={"kafka_security": security})
    words = in_words(kafka.errors.KafkaTimeoutError("Unable to bootstrap"), settings) or ""
    assert words.count("mend ") == 1 + len(mends)
    assert all(f"mend {mend}" in words for mend in mends)


def test_a_client_error_of_another_kind_is_still_one_line() -> None:
    assert in_words(kafka.errors.IllegalStateError("first\nsecond"), SETTINGS) == (
        "the broker at broker:1 reports: IllegalStateError: first"
    )


def test_an_error_of_our_own_is_not_hidden_behind_words() -> None:
    assert in_words(KeyError("bug"), SETTINGS) is None
