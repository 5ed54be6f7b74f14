from typing import Any

import pytest

from unifier.events.asyncapi import CHANNELS, document
from unifier.events.outbound import MESSAGES
from unifier.streams.topics import INBOUND, OUTBOUND

DOCUMENT = document("1.2.3")


def references(value: Any) -> list[str]:
    """All `$ref` in the document."""
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [found for part in value.values() for found in references(part)]
    if isinstance(value, list):
        return [found for part in value for found in references(part)]
    return []


def test_every_topic_is_a_channel() -> None:
    assert set(DOCUMENT["channels"]) == {*INBOUND, *OUTBOUND}
    assert {channel["address"] for channel in DOCUMENT["channels"].values()} == {
        f"unifier.{topic}" for topic in (*INBOUND, *OUTBOUND)
    }


@pytest.mark.parametrize("topic", CHANNELS)
def test_the_direction_of_a_topic_is_the_one_that_the_stream_has(topic: str) -> None:
    actions = {
        operation["action"]
        for operation in DOCUMENT["operations"].values()
        if operation["channel"]["$ref"] == f"#/channels/{topic}"
    }
    assert actions == {"receive" if topic in INBOUND else "send"}


def test_every_reference_leads_somewhere() -> None:
    found = references(DOCUMENT)
    assert found
    for reference in found:
        place: Any = DOCUMENT
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]
        assert place


def test_every_outbound_message_is_told_by_its_type() -> None:
    named = {message.get("name") for message in DOCUMENT["components"]["messages"].values()}
    assert set(MESSAGES) <= named


def test_nothing_is_described_that_nothing_refers_to() -> None:
    found = set(references(DOCUMENT))
    for kind in ("messages", "schemas"):
        for name in DOCUMENT["components"][kind]:
            assert f"#/components/{kind}/{name}" in found


def test_inbound_messages_come_bare_and_in_both_modes_of_cloudevents() -> None:
    for topic in INBOUND:
        messages = [
            DOCUMENT["components"]["messages"][name] for name in DOCUMENT["channels"][topic]["messages"]
        ]
        assert {message["contentType"] for message in messages} == {
            "application/json",
            "application/cloudevents+json",
        }
        assert any("headers" in message for message in messages)
