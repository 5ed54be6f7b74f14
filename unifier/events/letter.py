"""The dead letter of a record, as a message."""

import base64

from unifier.events.cloudevents import Headers
from unifier.events.errors import Unreadable
from unifier.events.outbound import DEAD_LETTER, SOURCE, envelope


def dead_letter_message(
    problem: Unreadable,
    topic: str,
    partition: int,
    offset: int,
    timestamp_ms: int,
    value: bytes,
    key: bytes | None = None,
    headers: Headers = (),
    *,
    sealed: bool = False,
    complete: bool = True,
) -> bytes:
    """The dead letter of a record. Id and time are the record's own, so that a repeat is the same message.

    `sealed`: value, key and values of headers are.
    """
    position = f"{topic}-{partition}-{offset}"
    data = {
        "reason": problem.reason,
        "error": str(problem),
        "field": problem.field,
        "source": {"topic": topic, "partition": partition, "offset": offset},
        "payload": _base64(value),
        "payload_encoding": "sealed" if sealed else "base64",
        "key": None if key is None else _base64(key),
        "headers": [{"name": name, "value": _base64(told or b"")} for name, told in headers],
        "complete": complete,
    }
    return envelope(DEAD_LETTER, position, SOURCE, position, max(timestamp_ms, 0), None, data)


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()
