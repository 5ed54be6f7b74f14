"""What the simulated retailer publishes while things die, and what must come of it by the messages alone."""

import contextlib
import itertools
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from types import TracebackType
from typing import Any, Self

import orjson
from kafka import KafkaProducer

from tests.faults.commands import EVERY, Commands
from tests.faults.topics import Record
from unifier.devstack.simulate import Message, simulate
from unifier.events.canonical import Command
from unifier.events.decode import Decoder
from unifier.profiles.ids import Keys
from unifier.profiles.whom import place_of
from unifier.rules import default_rules
from unifier.settings import Settings
from unifier.streams.intake import Batch, Intake
from unifier.streams.kafka_config import kafka_python_config

PEOPLE, DAYS = 120, 3.0
WAVE_S = 0.1
BROKEN_EVERY = 200  # one message in so many cannot be read


class Load:
    """Publishes the retailer's messages at a steady pace until its context ends."""

    def __init__(self, settings: Settings, seed: int, events_a_second: int) -> None:
        self.sent = 0
        self._settings = settings
        self._commands = Commands(_intake(settings), seed)
        self._messages = _messages(self._commands, seed)
        self._a_wave = max(1, round(events_a_second * WAVE_S))
        self._end, self._hushed = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        config = kafka_python_config(self._settings)
        # A broker that is away for minutes costs no message: what is sent is accepted, sooner or later.
        with KafkaProducer(
            **config, linger_ms=5, acks="all", delivery_timeout_ms=600_000, max_block_ms=600_000
        ) as producer:
            while not self._end.wait(WAVE_S):
                if not self._hushed.is_set():
                    self._send(producer, itertools.islice(self._messages, self._a_wave))
            self._send(producer, self._commands.rest())
            producer.flush()

    def _send(self, producer: KafkaProducer, messages: Iterable[Message]) -> None:
        for message in messages:
            topic = self._settings.topic(message.topic_kind)
            producer.send(topic, key=message.key, value=message.value)
            self.sent += 1

    @contextlib.contextmanager
    def hushed(self) -> Iterator[None]:
        """Nothing is said for the length of a block."""
        self._hushed.set()
        yield
        self._hushed.clear()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.set()
        self._thread.join()


def _messages(commands: Commands, seed: int) -> Iterator[Message]:
    """Without end: one crowd after the other, and among theirs broken messages and what officials say."""
    now_ms = int(time.time() * 1000)
    crowds = (simulate(PEOPLE, DAYS, seed * 1_000 + n, now_ms) for n in itertools.count())
    for number, message in enumerate(itertools.chain.from_iterable(crowds), 1):
        yield message
        commands.hear(message)
        if number % EVERY == 0:
            yield commands.say()
        if number % BROKEN_EVERY == 0:
            yield message._replace(value=message.value[:-1])


@dataclass(slots=True)
class Bought:
    """One order, as the messages tell it."""

    amount: Decimal = Decimal(0)
    currency: str = ""
    sold: bool = False
    cancelled: bool = False
    returns: dict[str, Decimal] = field(default_factory=dict)

    def join(self, other: "Bought") -> "Bought":
        """The same order, told under another identity."""
        sale = self if self.sold else other
        currency = sale.currency or self.currency or other.currency
        cancelled = self.cancelled or other.cancelled
        return Bought(sale.amount, currency, self.sold or other.sold, cancelled, self.returns | other.returns)

    @property
    def returned(self) -> Decimal:
        return sum(self.returns.values(), Decimal(0))

    @property
    def stands(self) -> bool:
        return self.sold and not self.cancelled and self.returned < self.amount

    @property
    def net(self) -> Decimal:
        return Decimal(0) if self.cancelled else self.amount - self.returned


@dataclass(slots=True)
class Truth:
    """What the messages say, by fragment: events that count, orders; what cannot be read, by position; and
    what officials said.
    """

    events: dict[bytes, set[bytes]] = field(default_factory=lambda: defaultdict(set))
    touches: Counter[bytes] = field(default_factory=Counter)  # those of the events that count as one
    erased: dict[bytes, int] = field(default_factory=dict)  # identifier, as in the index → erased up to
    gone: set[bytes] = field(default_factory=set)  # fragments that told of the time before
    requests: list[str] = field(default_factory=list)  # hashes of whom was erased
    words: dict[frozenset[str], tuple[int, str, bool]] = field(default_factory=dict)  # pair → the newest
    orders: dict[bytes, dict[str, Bought]] = field(default_factory=lambda: defaultdict(dict))
    unreadable: set[str] = field(default_factory=set)

    @property
    def accepted(self) -> int:
        """Events that are to be taken in once."""
        return sum(map(len, self.events.values()))


def truth_of(records: dict[str, list[Record]], settings: Settings) -> Truth:
    """The truth of all that is on the input topics: whom an event means by decoding, sums as told."""
    intake, truth = _intake(settings), Truth()
    for kind in sorted(records, key="control".__ne__):  # who is erased is known before the first event
        for record in records[kind]:
            batch = Batch(record.chunk(kind), b"lane")
            intake.read(batch.chunk.records, batch)
            truth.unreadable |= {record.position for _ in batch.dead}
            for command, _ in batch.commands:
                _obey(truth, command, intake)
            for arrival in batch.arrivals:
                at, keys = arrival.event.at, intake.named(arrival.event).keys
                if any(at <= truth.erased.get(key.place, -1) for key in keys):
                    truth.gone.add(arrival.fid)
                    continue
                if arrival.event_hash not in (known := truth.events[arrival.fid]):
                    known.add(arrival.event_hash)
                    truth.touches[arrival.fid] += arrival.event.signal is not None
                _tell_order(truth.orders[arrival.fid], kind, orjson.loads(record.value))
    return truth


def _intake(settings: Settings) -> Intake:
    rules = default_rules()
    return Intake(Decoder(rules, settings.timezone), Keys(settings.secret), rules, settings.country)


def _obey(truth: Truth, command: Command, intake: Intake) -> None:
    """Erasures and the newest word on each pair; who is restricted is released."""
    if command.command == "erase":
        truth.requests += (hashes := intake.hashed(command.identifiers))
        for one in hashes:
            truth.erased[place_of(one)] = max(command.at, truth.erased.get(place_of(one), -1))
    elif command.fragments:
        pair = frozenset(command.fragments)
        word = command.at, command.command_id, command.command == "link"
        truth.words[pair] = max(word, truth.words.get(pair, word))


def _tell_order(orders: dict[str, Bought], kind: str, told: dict[str, Any]) -> None:
    if kind == "pos" and told["kind"] in ("sale", "return"):
        name = "{store_id}/{workstation_id}/{business_day}/{sequence_number}"
        own = name.format_map(told)
        order = orders.setdefault(name.format_map(told.get("refers_to") or told), Bought())
        if told["kind"] == "sale":
            order.sold, order.amount = True, Decimal(told["total"])
        else:
            order.returns[own] = Decimal(told["total"])
        order.currency = told["currency"]
    elif kind == "online" and str(told.get("event", "")).startswith("Order "):
        properties = told["properties"]
        order = orders.setdefault(str(properties["order_id"]), Bought())
        order.currency = properties.get("currency") or order.currency
        if told["event"] == "Order Completed":
            order.sold, order.amount = True, Decimal(str(properties["total"]))
        elif told["event"] == "Order Cancelled":
            order.cancelled = True
        elif told["event"] == "Order Refunded":
            order.returns[told["messageId"]] = Decimal(str(properties["total"]))
