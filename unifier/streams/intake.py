"""From raw records to arrivals: decode, make comparable, derive ids.

What cannot be read becomes a dead letter.
Most events come from fragments that were seen a moment ago, so what is derived from an identity is
remembered by what was told.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b

from unifier.events.canonical import Command, Event, Identifier, Signal
from unifier.events.decode import Decoder
from unifier.events.errors import Unreadable
from unifier.events.fields import exact
from unifier.matching.blocking import blocking_keys, tells_nobody
from unifier.matching.identity import Identity, exact_keys, identify, names_nobody, person_mark
from unifier.profiles.fragment import Arrival, Fragment, claimed_keys, receipt_key
from unifier.profiles.ids import Keys
from unifier.profiles.marks import NO_DETAIL
from unifier.profiles.store import IndexWrite
from unifier.profiles.store.layout import FOR_EVER
from unifier.profiles.whom import hashed
from unifier.rules import Rules
from unifier.streams.agents import Chunk, Record
from unifier.streams.dead_letters import DeadLetter

REMEMBERED = 4_000  # identities whose derived ids one worker remembers, some 2.5 KB each
NOBODY = bytes(1)  # a person mark that tells nothing
ORIGIN = "unifier-origin"
"""Header of a record that was put back: the position that it had at first."""
_POSITION = re.compile(rb"[a-z0-9._-]{1,249}-\d{1,10}-\d{1,19}")
_OF_ORDERS = (Signal.PURCHASE, Signal.FULFILMENT)
"""They are of an order or of none: two purchases of one product are no order told twice."""
RECEIPT_HOLDERS = 16  # fragments that may tell of one receipt


@dataclass(slots=True, frozen=True)
class IndexKey:
    """One key under which a fragment is found."""

    text: str
    place: bytes
    exact: bool  # shared values tie people; the others only name candidates
    most_people: int
    most_holders: int
    claimed: bool = False  # the source says that its fragment is whoever carries the value


@dataclass(slots=True)
class Named:
    """What is derived from who an event says it is about."""

    fid: bytes
    identity: Identity
    anchor_hash: bytes
    holder: bytes  # fragment id and person mark, as the index keeps it
    keys: tuple[IndexKey, ...]

    def write(self, key: IndexKey, newest: int, at: int = FOR_EVER) -> IndexWrite:
        """The fragment's entry under a key; `at`: of the earliest event that tells it, by default one stored.

        `newest` is the time of the fragment's newest event.

        Who only claims a value is no further person seen with it.
        """
        holder = self.fid + NOBODY if key.claimed else self.holder
        return IndexWrite(key.place, holder, key.most_people, key.most_holders, at, newest)


@dataclass(slots=True)
class Batch:
    """A chunk of records, read."""

    chunk: Chunk
    lane: bytes  # the input partition, 4 bytes
    arrivals: list[Arrival] = field(default_factory=list)
    commands: list[tuple[Command, Record]] = field(default_factory=list)
    dead: list[DeadLetter] = field(default_factory=list)


class Intake:
    """Reads chunks for one installation's rules and secret."""

    def __init__(self, decoder: Decoder, keys: Keys, rules: Rules, country: str) -> None:
        self._decoder = decoder
        self.keys = keys
        self._rules = rules
        self._country = country
        self._named: Callable[..., Named | None] = lru_cache(maxsize=REMEMBERED)(self._name)
        self._product: Callable[[str], bytes] = lru_cache(maxsize=REMEMBERED)(keys.short)

    def read(self, records: Sequence[Record], batch: Batch) -> None:
        """Decode some records of the batch's chunk into it."""
        chunk, lane = batch.chunk, batch.lane
        decode, kind = self._decoder.decode, chunk.kind
        for record in records:
            position = f"{chunk.topic}-{chunk.partition}-{record.offset}"
            if record.headers:
                position = origin_of(record.headers) or position
            try:
                read = decode(kind, record.value, record.headers, position, record.timestamp)
            except Unreadable as error:
                # The frames in its traceback hold this batch, in a circle that the collector meets too late.
                error = error.with_traceback(None)
                batch.dead.append(DeadLetter(chunk.topic, chunk.partition, record, error))
                continue
            if isinstance(read, Event):
                batch.arrivals.append(self._arrival(read, lane, record.offset))
            elif read is not None:
                batch.commands.append((read, record))

    def _arrival(self, event: Event, lane: bytes, offset: int) -> Arrival:
        named, short = self.named(event), self.keys.short
        order_key = short(event.order.key) if event.order else b""
        of_product = event.product and event.signal not in _OF_ORDERS
        of = short(event.order.of) if event.order and event.order.of else b""
        detail = of or order_key or (self._product(event.product) if of_product else NO_DETAIL)
        event_hash = short(f"{event.source}\x1f{event.event_id}")
        part = short(event.order.part) if event.order and event.order.part else b""
        return Arrival(
            event, named.fid, named.identity, event_hash, lane, offset, order_key, detail, part, of
        )

    def named(self, event: Event) -> Named:
        """What is derived from an event's identity."""
        named = self._named(event.source, event.anchor, event.identifiers, event.traits)
        if named is None:  # all who tell as little would be one person
            receipt = ("receipt", event.order.key if event.order else event.event_id)
            named = self._named(event.source, receipt, event.identifiers, event.traits)
            assert named is not None
        return named

    def _name(
        self,
        source: str,
        anchor: Identifier | None,
        identifiers: tuple[Identifier, ...],
        traits: tuple[tuple[str, str], ...],
    ) -> Named | None:
        """None for what names nobody: "n/a" for a mailbox, the till's own card, a postcode and no more."""
        identity = identify(identifiers, traits, self._country)
        if (
            anchor
            and anchor[0] in self._rules.identifiers
            and names_nobody(anchor[0], exact(anchor[1]), self._rules)
        ):
            anchor = None
        if anchor is None and tells_nobody(identity, self._rules):
            return None
        # As identifiers are compared: what is said under one writing of it holds under every other.
        anchor_text = f"{anchor[0]}\x1e{exact(anchor[1])}" if anchor else ""
        values = "\x1e".join(identity.texts())
        fid = self.keys.fragment(source, anchor_text, values)
        # Without a source's own key of whom it means, the values themselves are the anchor.
        anchor_hash = self.keys.short(anchor_text or values)
        return self._found_by(fid, identity, anchor_hash, [])

    def stored(self, fragment: Fragment) -> Named:
        """The same of a stored fragment, with the keys that its source claims to be the same person."""
        claims = [self._exact(text, claimed=True) for text in fragment.claims]
        return self._found_by(fragment.fid, fragment.identity, fragment.anchor_key, claims)

    def _found_by(self, fid: bytes, identity: Identity, anchor_hash: bytes, keys: list[IndexKey]) -> Named:
        keys += [self._exact(text) for text in exact_keys(identity, self._rules)]
        keys += [self.block(text) for text in blocking_keys(identity)]
        holder = fid + bytes([person_mark(identity)])
        return Named(fid, identity, anchor_hash, holder, tuple(keys))

    def hashed(self, identifiers: Sequence[Identifier]) -> list[str]:
        """Identifiers as privacy requests keep them."""
        return hashed(identifiers, self.keys, self._rules, self._country)

    def all_keys(self, fragment: Fragment) -> list[IndexKey]:
        """Every key under which a stored fragment is in the index."""
        return [*self.stored(fragment).keys, *map(self._receipt, fragment.receipts())]

    def extra_keys(self, arrival: Arrival) -> list[IndexKey]:
        """Keys of an event beyond its identity: the receipt, and what the source says is the same person."""
        event, keys = arrival.event, []
        if event.order is not None and event.source == "pos":
            keys += [self._receipt(receipt_key(key)) for key in arrival.orders - {arrival.of}]
        keys += [self._exact(text, claimed=True) for text in claimed_keys(event)]
        return keys

    def _receipt(self, text: str) -> IndexKey:
        return IndexKey(text, self.keys.index(text), True, RECEIPT_HOLDERS, RECEIPT_HOLDERS)

    def _exact(self, text: str, claimed: bool = False) -> IndexKey:
        rule = self._rules.identifiers.get(text.partition("|")[0])
        most = rule.shared_above if rule else self._rules.matching.shared_holders
        place, most_holders = self.keys.index(text), self._rules.matching.shared_holders
        return IndexKey(text, place, True, most, most_holders, claimed)

    def block(self, text: str) -> IndexKey:
        """The index key of a blocking key."""
        cap = self._rules.matching.block_cap
        return IndexKey(text, self.keys.index(text), False, cap + 1, cap)


def origin_of(headers: Sequence[tuple[str, bytes | None]]) -> str | None:
    """The position that a record had before it was put back; None if it never was."""
    for name, value in headers:
        if name == ORIGIN and value is not None and _POSITION.fullmatch(value):
            return value.decode()
    return None


def lane_of(topic_id: str, partition: int) -> bytes:
    """4 bytes that name an input partition; the topic's id, so that a topic made anew is another lane."""
    return blake2b(f"{topic_id}-{partition}".encode(), digest_size=4).digest()
