"""Messages as tills, browsers and officers send them, and when what they tell of happened."""

import json
from datetime import datetime
from itertools import count
from typing import Any

import orjson

from tests.integration.in_process import END_MS
from unifier.devstack.simulate import Message
from unifier.events.form import time_text

LATER = time_text(END_MS + 60_000)  # than all of these arrive
_numbers = count(1)


def sale(customer: dict[str, Any], number: int | None = None, total: str = "10.00", **rest: Any) -> Message:
    """A till sale."""
    told = {
        "store_id": "1",
        "workstation_id": "1",
        "business_day": "2026-09-01",
        "sequence_number": next(_numbers) if number is None else number,
        "kind": "sale",
        "occurred_at": "2026-09-01T10:00:00Z",
        "currency": "EUR",
        "total": total,
        "customer": customer,
        **rest,
    }
    return Message("pos", b"", json.dumps(told).encode(), END_MS, None)


def giving_back(customer: dict[str, Any], receipt: int, total: str = "10.00") -> Message:
    """A return of the sale with this number."""
    of = {"store_id": "1", "workstation_id": "1", "business_day": "2026-09-01", "sequence_number": receipt}
    at = "2026-09-02T10:00:00Z"
    return sale(customer, kind="return", refers_to=of, occurred_at=at, total=total)


def online(name: str, properties: dict[str, Any] | None = None, **rest: Any) -> Message:
    """A track event."""
    told = {"messageId": f"m{next(_numbers)}", "type": "track", "event": name, "properties": properties or {}}
    value = json.dumps({**told, "timestamp": "2026-09-01T10:00:00Z", **rest}).encode()
    return Message("online", b"", value, END_MS, None)


def command(kind: str, command_id: str, **rest: Any) -> Message:
    told = {"command": kind, "command_id": command_id, "by": "s", "reason": "r", **rest}
    return Message("control", b"", json.dumps(told).encode(), END_MS, None)


def erase(command_id: str = "e1", /, **identifiers: str) -> Message:
    return command("erase", command_id, identifiers=identifiers)


def happened(message: Message) -> float:
    """The time that a message tells, in milliseconds."""
    told = orjson.loads(message.value)
    return ms(told.get("timestamp") or told["occurred_at"])


def ms(text: str) -> float:
    return datetime.fromisoformat(text).timestamp() * 1000
