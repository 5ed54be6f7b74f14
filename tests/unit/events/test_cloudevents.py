import base64
from typing import Any

import orjson
import pytest

from tests.unit.events.reading import event, example, read, refused
from unifier.events.canonical import Command
from unifier.events.cloudevents import Headers
from unifier.events.decode import TopicKind

STRUCTURED = [("content-type", b"application/cloudevents+json; charset=UTF-8")]


def structured(payload: Any, **changes: Any) -> dict[str, Any]:
    told = {"specversion": "1.0", "id": "1", "source": "/shop", "type": "any", "data": payload, **changes}
    return {name: value for name, value in told.items() if value is not None}


def binary(**changes: bytes) -> Headers:
    told = {"specversion": b"1.0", "id": b"1", "source": b"/shop", "type": b"any", **changes}
    return [("content-type", b"application/json"), *((f"ce_{name}", value) for name, value in told.items())]


@pytest.mark.parametrize("kind", ["online", "pos", "crm"])
def test_an_event_is_the_same_bare_and_in_every_envelope(kind: TopicKind) -> None:
    payload = example(kind)
    bare = event(kind, payload)
    assert event(kind, structured(payload)) == bare
    assert event(kind, structured(payload), STRUCTURED) == bare
    packed = base64.b64encode(orjson.dumps(payload)).decode()
    assert event(kind, structured(None, data_base64=packed)) == bare
    assert event(kind, payload, binary()) == bare


def test_a_command_travels_in_envelopes_too() -> None:
    payload = example("control", 0, command_id=None)
    for found in (read("control", structured(payload)), read("control", payload, binary())):
        assert isinstance(found, Command)
        assert found.command_id == "/shop 1"


def test_the_envelope_gives_id_and_time_where_the_payload_has_none() -> None:
    payload = example("online", 0, messageId=None, timestamp=None)
    time = "2026-11-20T16:03:11.120Z"
    for found in (
        event("online", structured(payload, time=time)),
        event("online", payload, binary(time=time.encode())),
    ):
        assert found.event_id == "/shop 1"
        assert found.at == 1795190591120


def test_equal_ids_of_two_sources_are_two_events() -> None:
    payload = example("online", 0, messageId=None)
    first, second = (event("online", structured(payload, source=source)) for source in ("/shop", "/app"))
    assert first.event_id != second.event_id


def test_a_bare_payload_may_speak_of_specversion() -> None:
    payload = {**example("online"), "properties": {"note": {"specversion": "1.0"}}}
    assert event("online", payload).event_id == "b5a1f0d2"


def test_extension_attributes_and_other_headers_are_ignored() -> None:
    payload = example("online")
    assert event("online", structured(payload, traceparent="00-1")) == event("online", payload)
    assert event("online", payload, [("trace", b"\xff"), ("empty", None)]) == event("online", payload)


@pytest.mark.parametrize(
    ("change", "reason", "field"),
    [
        ({"id": None}, "missing_field", "id"),
        ({"id": ""}, "missing_field", "id"),
        ({"id": 1}, "wrong_type", "id"),
        ({"source": None}, "missing_field", "source"),
        ({"type": None}, "missing_field", "type"),
        ({"specversion": "0.3"}, "bad_value", "specversion"),
        ({"time": 17}, "wrong_type", "time"),
        ({"id": "1" * 300}, "too_long", "id"),
        ({"data": None}, "missing_field", "data"),
        ({"data": "text"}, "wrong_type", ""),
        ({"data": None, "data_base64": "*"}, "wrong_type", "data_base64"),
        ({"data": None, "data_base64": 7}, "wrong_type", "data_base64"),
        ({"data": None, "data_base64": "AAAA"}, "not_json", ""),
    ],
)
def test_a_broken_envelope_is_refused_with_reason_and_field(
    change: dict[str, Any], reason: str, field: str
) -> None:
    problem = refused("online", structured(example("online"), **change))
    assert (problem.reason, problem.field) == (reason, field)


@pytest.mark.parametrize(
    ("change", "reason", "field"),
    [
        ({"id": b""}, "missing_field", "id"),
        ({"specversion": b"2"}, "bad_value", "specversion"),
        ({"specversion": b"\xff"}, "bad_value", "specversion"),
    ],
)
def test_broken_headers_are_refused_with_reason_and_field(
    change: dict[str, bytes], reason: str, field: str
) -> None:
    problem = refused("online", example("online"), binary(**change))
    assert (problem.reason, problem.field) == (reason, field)


def test_a_value_declared_as_cloudevent_has_to_be_one() -> None:
    assert refused("online", example("online"), STRUCTURED).field == "specversion"


def test_the_time_of_the_envelope_has_to_be_readable() -> None:
    payload = example("online", 0, timestamp=None)
    assert refused("online", structured(payload, time="soon")).reason == "bad_time"


def test_the_payload_of_an_envelope_may_be_no_deeper_than_a_bare_one() -> None:
    deep: Any = 1
    for _ in range(230):
        deep = [deep]
    assert refused("online", structured({**example("online"), "deep": deep})).reason == "too_deep"
    text = b'{"specversion": "1.0", "data": ' + b"[" * 2000 + b"]" * 2000 + b"}"
    assert refused("online", text).reason == "too_deep"
