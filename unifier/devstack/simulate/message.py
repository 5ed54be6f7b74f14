"""What the simulated retailer says: one inbound message, and the way it takes to its topic."""

from collections.abc import Iterator
from datetime import UTC, datetime
from heapq import heappop, heappush
from random import Random
from typing import NamedTuple

from unifier.devstack.simulate.phases import Told
from unifier.devstack.simulate.trouble import REPEATED, delay_ms, repeat_after_ms


class Message(NamedTuple):
    """One inbound message, ready for its topic."""

    topic_kind: str  # "online", "pos" or "crm"
    key: bytes
    value: bytes  # JSON
    at_ms: int  # arrival, milliseconds UTC; the event itself may be hours older
    person: str | None  # the truth: whom it is about; None: nobody (a bot, a training sale)
    told: Told | None = None  # the truth: what it says about the journey; None: nothing


class Wire:
    """The way from the publishers to the topics: sent at event time, out by arrival, some of it twice."""

    def __init__(self, rng: Random, end_ms: int) -> None:
        self.end_ms = end_ms
        self._rng = rng
        self._under_way: list[tuple[int, int, Message]] = []
        self._sent = 0  # makes the order total, so that equal arrivals keep the order of sending

    def send(
        self,
        kind: str,
        key: str,
        value: bytes,
        at_ms: int,
        person: str | None,
        told: Told | None,
        late_ms: int = 0,
    ) -> None:
        """Send what happened at `at_ms`. What is under way at the end arrives at the end."""
        rng = self._rng
        arrival = at_ms + late_ms + delay_ms(kind, rng)
        message = Message(kind, key.encode(), value, arrival, person, told)
        self._push(message)
        if rng.random() < REPEATED[kind]:
            self._push(message._replace(at_ms=arrival + repeat_after_ms(rng)))

    def until(self, time_ms: int) -> Iterator[Message]:
        """What arrives up to a time, in order of arrival."""
        under_way = self._under_way
        while under_way and under_way[0][0] <= time_ms:
            yield heappop(under_way)[2]

    def _push(self, message: Message) -> None:
        message = message._replace(at_ms=min(message.at_ms, self.end_ms))
        self._sent += 1
        heappush(self._under_way, (message.at_ms, self._sent, message))


def iso(at_ms: int) -> str:
    """Milliseconds since 1970 as RFC 3339 in UTC."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
