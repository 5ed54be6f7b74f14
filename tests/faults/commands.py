"""What stewards and privacy officers say among the retailer's messages.

Whatever the order, the same must come of it. Stewards name fragments, and take back what they said. Officers
speak of guests, who have identifiers of their own: one is erased, and told of again; the next is restricted,
buys meanwhile, and is released.
"""

import itertools
import random
import time
from collections import deque
from collections.abc import Iterator
from typing import Any

import orjson

from unifier.devstack.simulate import Message
from unifier.events.form import time_text
from unifier.streams.agents import Chunk
from unifier.streams.intake import Batch, Intake

EVERY = 15  # one of these messages among so many of the retailer's
RECENT = 100  # fragments of whom a steward may speak
GUESTS = 5  # at one time
AGO_MS = 3 * 3_600_000  # their past lies before any clock that steps


class Commands:
    """Listens to the retailer, and says something now and then."""

    def __init__(self, intake: Intake, seed: int) -> None:
        self._rng = random.Random(seed)
        self._intake = intake
        self._told: deque[str] = deque(maxlen=RECENT)  # fragments, in hexadecimal
        self._words: list[list[str]] = []  # pairs of whom a steward has spoken
        self._guests: list[Iterator[Message]] = []
        self._number = 0
        self._said_at = 0

    def hear(self, message: Message) -> None:
        """Remember of whom a message tells."""
        batch = Batch(Chunk("", message.topic_kind, 0, []), b"lane")  # type: ignore[arg-type]
        self._intake.read([_Heard(message.value)], batch)
        self._told.extend(arrival.fid.hex() for arrival in batch.arrivals)

    def say(self) -> Message:
        """The next message."""
        self._number += 1
        if len(set(self._told)) > 1 and self._rng.random() < 0.4:
            return self._of_a_steward()
        if len(self._guests) < GUESTS:
            self._guests.append(self._guest(f"{self._number}-{self._rng.randrange(10**9)}"))
        guest = self._rng.choice(self._guests)
        if (message := next(guest, None)) is None:
            self._guests.remove(guest)
            return self.say()
        return message

    def rest(self) -> Iterator[Message]:
        """What is still to be said of the guests, so that each is erased or released."""
        return itertools.chain.from_iterable(self._guests)

    def _of_a_steward(self) -> Message:
        """A new pair, in four of ten; else a word on one of the last, perhaps another one than before."""
        if not self._words or self._rng.random() < 0.4:
            self._words = [*self._words[-9:], self._rng.sample(sorted(set(self._told)), 2)]
        pair = self._rng.choice(self._words)
        return self._command(self._rng.choice(("link", "separate")), fragments=pair)

    def _guest(self, name: str) -> Iterator[Message]:
        mail, card = f"guest-{name}@example.org", f"GUEST-{name}"
        who = {"email": mail, "loyalty_id": card}
        past = [self._sale(name, who), self._visit(name, mail), self._sale(name, {"email": mail})]
        yield from past
        if self._rng.random() < 0.5:
            yield self._command("erase", identifiers=who)
            yield from reversed(past)
            yield self._sale(name, who)  # a till that sends late
        else:
            yield self._command("restrict", identifiers=who)
            yield self._sale(name, who)
            yield self._command("release", identifiers=who)

    def _command(self, command: str, **about: Any) -> Message:
        self._number += 1
        self._said_at = max(self._said_at + 1, int(time.time() * 1000))  # of two at one time neither is newer
        word = {"command": command, "command_id": f"c{self._number}", "by": "soak", "reason": "soak"}
        return _message("control", {**word, "at": time_text(self._said_at), **about}, "soak")

    def _sale(self, name: str, who: dict[str, str]) -> Message:
        self._number += 1
        at = int(time.time() * 1000) - AGO_MS + self._number
        told = {
            "store_id": "guests",
            "workstation_id": name,
            "business_day": time_text(at)[:10],
            "sequence_number": self._number,
            "kind": "sale",
            "occurred_at": time_text(at),
            "currency": "EUR",
            "total": "19.90",
            "items": [{"sku": "s1", "quantity": 1, "unit_price": "19.90"}],
            "customer": who,
        }
        return _message("pos", told, name)

    def _visit(self, name: str, mail: str) -> Message:
        self._number += 1
        at = int(time.time() * 1000) - AGO_MS + self._number
        told = {
            "messageId": f"guest-{name}-{self._number}",
            "type": "track",
            "event": "Product Viewed",
            "timestamp": time_text(at),
            "anonymousId": f"guest-{name}",
            "context": {"traits": {"email": mail}},
        }
        return _message("online", told, name)


class _Heard:
    """A message as the intake takes it."""

    offset, timestamp, key, headers = 0, -1, b"", ()

    def __init__(self, value: bytes) -> None:
        self.value = value


def _message(kind: str, told: dict[str, Any], key: str) -> Message:
    return Message(kind, key.encode(), orjson.dumps(told), 0, None)
