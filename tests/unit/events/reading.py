"""Short ways to read messages in tests."""

from typing import Any

import orjson

from unifier.events.canonical import Command, Event
from unifier.events.cloudevents import Headers
from unifier.events.decode import Decoder, TopicKind
from unifier.events.errors import Unreadable
from unifier.events.examples import EXAMPLES
from unifier.rules import default_rules

DECODER = Decoder(default_rules(), "Europe/Berlin")
ARRIVED = 1_795_449_600_000  # 2026-11-23T16:00:00Z, after all examples
POSITION = "unifier.test-0-7"


def read(
    kind: TopicKind, value: object, headers: Headers = (), arrived: int = ARRIVED
) -> Event | Command | None:
    """Read a payload, as told or as bytes."""
    raw = value if isinstance(value, bytes) else orjson.dumps(value)
    return DECODER.decode(kind, raw, headers, POSITION, arrived)


def event(kind: TopicKind, value: object, headers: Headers = ()) -> Event:
    """Read a payload that is an event."""
    found = read(kind, value, headers)
    assert isinstance(found, Event)
    return found


def attempt(
    kind: TopicKind, value: object, headers: Headers = (), arrived: int = ARRIVED
) -> Event | Command | Unreadable | None:
    """What a payload is read as, or why it cannot be read; any other error goes on."""
    try:
        return read(kind, value, headers, arrived)
    except Unreadable as problem:
        return problem


def refused(kind: TopicKind, value: object, headers: Headers = (), arrived: int = ARRIVED) -> Unreadable:
    """Why a payload cannot be read."""
    found = attempt(kind, value, headers, arrived)
    assert isinstance(found, Unreadable), "was read"
    return found


def example(topic: TopicKind, number: int = 0, /, **changes: Any) -> dict[str, Any]:
    """An example payload with changes; None takes a field out."""
    payload = {**EXAMPLES[topic][number], **changes}
    return {name: value for name, value in payload.items() if value is not None}
