"""What is published: a week of the simulated retailer, some poison in it, and what comes after."""

from collections.abc import Iterator
from typing import NamedTuple

import orjson

from unifier.devstack.simulate import DAY_MS, Message, Simulation, simulate
from unifier.devstack.simulate.message import iso
from unifier.devstack.simulate.trouble import HOUR_MS
from unifier.devstack.simulate.truth import Truth

EVENTS_A_PERSON = 20.7  # in a week that begins with everybody away; as measured
PEOPLE_LEAST = 10
CLOSING_MS = 18 * HOUR_MS  # UTC; the week ends when the shops are busy
AFTERWARDS_DAYS = 365  # the retailer goes on; drawn as it is needed

POISON = (
    ("not_json", "pos", b'{"store_id": "17", "total": "12.'),
    ("missing_field", "online", b'{"type": "track", "event": "Product Viewed", "anonymousId": "c0"}'),
    (
        "bad_time",
        "crm",
        b'{"record_id": "K-0", "source": "loyalty", "occurred_at": "last Tuesday", "traits": {}}',
    ),
    (
        "future_time",
        "online",
        b'{"messageId": "m0", "type": "page", "anonymousId": "c0", "timestamp": "2099-01-01T00:00:00Z"}',
    ),
)
"""(the reason that the dead letter must give, topic, value)."""


class Week(NamedTuple):
    """`messages` in order of arrival; `later` goes on with the same people where they end."""

    truth: Truth
    messages: list[Message]
    later: Iterator[Message]


def draw(events: int, seed: int, now_ms: int) -> Week:
    """A week of about so many events. It ended when it was last 18:00 UTC.

    So that a seed gives the same people and journeys at any time of the day. The truth is as of the last
    message drawn.
    """
    end_ms = now_ms - (now_ms - CLOSING_MS) % DAY_MS
    people = max(PEOPLE_LEAST, round(events / EVENTS_A_PERSON))
    simulation = simulate(people, 7 + AFTERWARDS_DAYS, seed, end_ms + AFTERWARDS_DAYS * DAY_MS)
    messages, first_later = _until(simulation, end_ms)
    return Week(simulation.truth, _poisoned(messages), _from(first_later, simulation))


def _until(simulation: Simulation, end_ms: int) -> tuple[list[Message], list[Message]]:
    messages: list[Message] = []
    for message in simulation:
        if message.at_ms > end_ms:
            return messages, [message]
        messages.append(message)
    return messages, []


def _from(first: list[Message], simulation: Simulation) -> Iterator[Message]:
    yield from first
    yield from simulation


def _poisoned(messages: list[Message]) -> list[Message]:
    """With the poison spread over the first half."""
    step = len(messages) // (2 * len(POISON)) + 1
    for number, (_, kind, value) in enumerate(POISON):
        at = number * step
        messages.insert(at, Message(kind, b"poison", value, messages[at].at_ms if messages else 0, None))
    return messages


def told_now(message: Message, now_ms: int) -> Message:
    """The same message as if it happened now: the retailer's time runs faster than ours."""
    body = orjson.loads(message.value)
    body["timestamp" if message.topic_kind == "online" else "occurred_at"] = iso(now_ms)
    return message._replace(value=orjson.dumps(body), at_ms=now_ms)
