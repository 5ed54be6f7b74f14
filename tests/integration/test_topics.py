from collections.abc import Callable

import pytest
from kafka.admin import ConfigResource, ConfigResourceType

from tests.integration.spine import inherit
from tests.waiting import eventually
from unifier.cli import main
from unifier.settings import Settings
from unifier.streams.topics import TOPICS, admin_client, check_topics, create_topics


def test_created_topics_pass_the_check(settings: Callable[..., Settings]) -> None:
    assert check_topics(settings()) == []


def test_creating_twice_makes_nothing_new(settings: Callable[..., Settings]) -> None:
    one = settings()
    assert create_topics(one) == []


def test_a_missing_topic_is_named_and_made_again(settings: Callable[..., Settings]) -> None:
    one = settings()
    with admin_client(one) as admin:
        admin.delete_topics([one.topic("journey")])
    eventually(lambda: check_topics(one) == [f"{one.topic('journey')}: missing"])
    assert create_topics(one) == [one.topic("journey")]


@pytest.mark.parametrize(
    ("setting", "words"), [("partitions", "2 partitions"), ("replication", "1 replicas")]
)
def test_every_topic_that_differs_from_the_settings_is_named(
    settings: Callable[..., Settings], setting: str, words: str
) -> None:
    one = settings()
    other = one.model_copy(update={setting: 3})
    faults = check_topics(other)
    assert [fault.split(": ")[0] for fault in faults] == [one.topic(topic.name) for topic in TOPICS]
    assert all(words in fault for fault in faults)


def test_profiles_that_are_not_compacted_are_named(settings: Callable[..., Settings]) -> None:
    one = settings()
    with admin_client(one) as admin:
        admin.delete_topics([one.topic("profiles")])
        eventually(lambda: check_topics(one) == [f"{one.topic('profiles')}: missing"])
        admin.create_topics(
            {one.topic("profiles"): {"num_partitions": 2, "replication_factor": 1}}, wait_for_metadata=True
        )
    fault = f"{one.topic('profiles')}: cleanup.policy is delete, must be compact"
    eventually(lambda: check_topics(one) == [fault])


def test_a_topic_that_takes_too_little_is_named(settings: Callable[..., Settings]) -> None:
    one = settings()
    name = one.topic("dead-letters")
    with admin_client(one) as admin:
        admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, {"max.message.bytes": "100000"})])
    eventually(lambda: check_topics(one) == [f"{name}: max.message.bytes is 100000, must be 1000000 or more"])


@pytest.mark.parametrize(
    ("command", "some"),
    [
        ("verify-erased --identifier email=anna@example.org", {"pos", "identity", "dead-letters"}),
        ("replay --dead-letters", {"pos", "dead-letters"}),
        ("simulate --publish --people 1", {"online", "pos", "crm"}),
        ("worker", {"pos", "identity", "dead-letters"}),
    ],
)
def test_commands_that_need_topics_say_which_are_missing(
    command: str,
    some: set[str],
    settings: Callable[..., Settings],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    inherit(monkeypatch, settings().model_copy(update={"topic_prefix": "nothing"}))
    assert main(command.split()) == 1
    told = capsys.readouterr()
    assert (told.out, told.err.count("\n")) == ("", 1)
    start, _, names = told.err.removesuffix("; run `unifier topics create`\n").partition("missing topics: ")
    assert start == "unifier: "
    assert {f"nothing.{name}" for name in some} <= set(names.split(", "))
