"""A fragment: all that one source has told us under one claimed identity.

It is a mergeable summary: folding events in, in any order and any batches, gives the same state (within
the caps), and nothing in it is ever rewritten by a merge of people.
"""

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import ormsgpack

from unifier.events.canonical import CHANNELS, Event, Signal
from unifier.matching.identity import Identity, identifier, pack_identity, unpack_identity
from unifier.profiles.marks import KEPT, SIGNAL_AT, SIZE, Fields, Mark, add_marks, fields_of, unpack_marks
from unifier.profiles.orders import Orders
from unifier.profiles.topics import Topics, meet

SEEN_MAX = 64  # newest events remembered: a publisher's repeat within so many events counts once
LANES_MAX = 16  # input partitions whose last applied offset is remembered
PLACES_MAX = 32
TIMELINE_MAX = 20
PAUSE_MS = 30 * 60_000
"""A visit is over when nothing comes for so long."""
CLAIMS_MAX = 16
CONSENTS_MAX = 64  # purposes with a word of the person
STITCHING = "stitching"  # the purpose without which a fragment stays alone
MOMENT = struct.Struct("<qH")  # a touch on the timeline: time, index in places


@dataclass(slots=True)
class Arrival:
    """An event on its way into a fragment, with what was derived from it once."""

    event: Event
    fid: bytes
    identity: Identity
    event_hash: bytes  # 8 bytes
    lane: bytes  # the input partition, 4 bytes
    offset: int
    order_key: bytes  # 8 bytes; empty when the event has no order
    detail: bytes  # 8 bytes of the mark: the order, else the product, else zeros
    part: bytes = b""  # 8 bytes that name a return; empty: it is named by its event
    of: bytes = b""  # 8 bytes, the key of the order of the shop that it is a part of

    @property
    def orders(self) -> set[bytes]:
        """The orders that it names, and the return that it is."""
        return {self.order_key, self.part, self.of} - {b""}


@dataclass(slots=True)
class Told:
    """What folding one arrival did."""

    counted: bool
    mark: Mark | None = None
    # A claim or the consent to stitch changed: the partition has to be worked out again.
    evidence: bool = False
    stitching: bool = False  # there is a newer word on the consent to stitch
    orders: bool = False  # an order changed
    new_order: bool = False  # it names an order, or a return, that the fragment had not told of
    arrived: bool = False  # at a place at which its visit had not been
    capped: str = ""  # the structure whose cap was reached


class Fragment:
    """State of one fragment. Times are milliseconds UTC."""

    __slots__ = (
        "anchor", "anchor_key", "came_at", "claims", "consents", "fid", "first_at", "identity", "lanes",
        "last_at", "marks", "older", "orders", "origin", "places", "seen", "source", "timeline",
        "topics", "touches", "traits", "traits_at", "visit",
    )  # fmt: skip

    def __init__(
        self, fid: bytes, source: str, anchor: str, anchor_key: bytes, identity: Identity, origin: str
    ) -> None:
        self.fid = fid
        self.source = source
        self.anchor = anchor  # type of the anchor: "account_id", "receipt", … or "" for the values themselves
        self.anchor_key = anchor_key  # 8 bytes: tells whether two fragments have the same anchor
        self.identity = identity
        self.origin = origin  # event id that founded it: the cause of its links
        self.traits: dict[str, str] = {}
        self.traits_at = 0
        self.older: dict[str, list[Any]] = {}  # trait → [at, value], of those not among the newest
        self.consents: dict[str, list[Any]] = {}  # purpose → [granted, at, source], taken over: and said
        # Exact key that the source says is this person → [event id, at]
        self.claims: dict[str, list[Any]] = {}
        self.first_at = 0  # of all that was told under its anchor, touches or not; see `began`
        self.last_at = 0
        self.came_at = 0  # the first touch
        self.touches = 0
        self.marks = b""
        self.seen = b""
        self.lanes: dict[bytes, int] = {}
        self.places: list[list[Any]] = []  # [channel, touchpoint, name, count, last_at]
        self.timeline = b""
        self.orders: Orders | None = None
        self.topics: Topics = {}
        # The newest one: when it began, its last touch, a bit for each of its places, the step it got to.
        self.visit = [0, 0, 0, 0]

    def pack(self) -> bytes:
        """The fragment as MessagePack."""
        return ormsgpack.packb(
            [
                self.source, self.anchor, self.anchor_key, pack_identity(self.identity), self.origin,
                self.traits, self.traits_at, self.older, self.consents, self.claims, self.first_at,
                self.last_at, self.came_at, self.touches, self.marks, self.seen, self.lanes, self.places,
                self.timeline, self.orders.pack() if self.orders else None, self.visit, self.topics,
            ],
            option=ormsgpack.OPT_NON_STR_KEYS,
        )  # fmt: skip

    @classmethod
    def unpack(cls, fid: bytes, packed: bytes) -> "Fragment":
        """Inverse of `pack`."""
        self = cls.__new__(cls)
        (
            self.source, self.anchor, self.anchor_key, identity, self.origin, self.traits, self.traits_at,
            self.older, self.consents, self.claims, self.first_at, self.last_at, self.came_at, self.touches,
            self.marks, self.seen, self.lanes, self.places, self.timeline, orders, self.visit, self.topics,
        ) = ormsgpack.unpackb(packed, option=ormsgpack.OPT_NON_STR_KEYS)  # fmt: skip
        self.fid = fid
        self.identity = unpack_identity(identity)
        self.orders = Orders.unpack(orders) if orders is not None else None
        return self

    @property
    def began(self) -> int:
        """The oldest that it holds, also of others whom it took over."""
        return min(self.first_at, self.came_at or self.first_at)

    @property
    def may_stitch(self) -> bool:
        """Whether it says itself that it may be joined with others; without a word, it may."""
        word = self.consents.get(STITCHING)
        return word is None or bool(word[0])

    def order_keys(self) -> frozenset[bytes]:
        """Hashes of the orders this fragment tells of, and of a till's returns."""
        return frozenset(self.orders.names(self.source == "pos")) if self.orders else frozenset()

    def receipts(self) -> list[str]:
        """Exact keys of the receipts it tells of: who tells of one as well is tied to it."""
        if self.orders is None or self.source != "pos":
            return []
        return [receipt_key(key) for key in self.orders.own(returns=True)]

    def fold(self, arrival: Arrival) -> Told:
        """Take one event in. An event seen before changes nothing (`counted` is False)."""
        event = arrival.event
        if self._repeated(arrival):
            return Told(counted=False)
        told = Told(counted=True)
        at = event.at
        self.first_at = min(self.first_at or at, at)
        self.last_at = max(self.last_at, at)
        if event.signal is not None:
            self._touch(event, event.signal, arrival, told)
        if event.traits:
            self.tell_traits(dict(event.traits), at)
        if event.consents:
            told.evidence = self._consent(event, told)
        if event.same_as:
            told.evidence |= self._claim(event, told)
        if event.order is not None:
            if self.orders is None:
                self.orders = Orders()
            order = event.order
            told.orders = order.kind != "fulfilment"
            told.new_order = told.orders and not arrival.orders <= self.order_keys()
            store = event.channel == "store"
            if told.orders and self.orders.tell(
                arrival.order_key,
                order.kind,
                order.amount,
                order.currency,
                at,
                store,
                arrival.part or arrival.event_hash,
                arrival.of,
            ):
                told.capped = "orders"
        if (event.campaign or event.category) and meet(self.topics, event):
            told.capped = "topics"
        return told

    def _touch(self, event: Event, signal: Signal, arrival: Arrival, told: Told) -> None:
        """Somebody came by: count it, and keep when, where, and what it says of the journey."""
        at = event.at
        self.came_at = min(self.came_at or at, at)
        self.touches += 1
        self._place(event, told)
        told.mark = Mark(at, int(signal), _channel(event.channel), 0, arrival.event_hash, arrival.detail)
        self.marks = add_marks(self.marks, [told.mark])

    def _repeated(self, arrival: Arrival) -> bool:
        """Whether the event was applied before; remembers it if not.

        The offset catches Kafka's redelivery however long the batch; the hashes catch the publisher's own.
        """
        lane, last = arrival.lane, self.lanes.get(arrival.lane, -1)
        if arrival.offset <= last:
            return True
        self.lanes.pop(lane, None)  # so that the lane that was silent longest comes first, and goes first
        self.lanes[lane] = arrival.offset
        if len(self.lanes) > LANES_MAX:
            del self.lanes[next(iter(self.lanes))]
        seen, event_hash = self.seen, arrival.event_hash
        found = seen.find(event_hash)
        while found >= 0:
            if found % 8 == 0:
                return True
            found = seen.find(event_hash, found + 1)
        self.seen = (seen + event_hash)[-8 * SEEN_MAX :]
        return False

    def tell_traits(self, told: dict[str, str], at: int) -> None:
        """Per trait what was told last; of two at one time the greater, whichever came first."""
        if at > self.traits_at:
            told, at, self.traits, self.traits_at = self.traits, self.traits_at, told, at
            for name in self.traits.keys() & self.older:
                del self.older[name]
        elif at == self.traits_at:
            for name, value in told.items():
                self.traits[name] = max(value, self.traits.get(name, ""))
                self.older.pop(name, None)
            return
        for name in told.keys() - self.traits.keys():
            self.older[name] = max([at, told[name]], self.older.get(name, []))

    def _place(self, event: Event, told: Told) -> None:
        """Count the touchpoint and put the touch on the timeline."""
        channel, touchpoint, name, at = event.channel, event.touchpoint, event.name, event.at
        places = self.places
        for index, place in enumerate(places):  # noqa: B007 - read after the loop
            if place[1] == touchpoint and place[2] == name and place[0] == channel:
                place[3] += 1
                if at > place[4]:
                    place[4] = at
                break
        else:
            if len(places) >= PLACES_MAX:
                self._forget_oldest_place()
                told.capped = "touchpoints"
            index = len(places)
            places.append([channel, touchpoint, name, 1, at])
        told.arrived = self._visit(at, index)
        moment = MOMENT.pack(at, index)
        timeline = self.timeline
        if not timeline or at >= MOMENT.unpack_from(timeline, len(timeline) - MOMENT.size)[0]:
            timeline += moment
        else:
            timeline = b"".join(sorted([*_moments(timeline), moment], key=MOMENT.unpack))
        self.timeline = timeline[-MOMENT.size * TIMELINE_MAX :]

    def _visit(self, at: int, index: int) -> bool:
        """A touch of a place. True when the visit that it belongs to had not been there; a visit that is over
        is not looked at again."""
        visit = self.visit
        if at - visit[1] > PAUSE_MS:
            visit[0], visit[2], visit[3] = at, 0, 0
        elif at < visit[0]:
            return False
        visit[1] = max(visit[1], at)
        bit = 1 << index
        new = not visit[2] & bit
        visit[2] |= bit
        return new

    def visited(self) -> list[tuple[str, str]]:
        """(label, channel) of the places of the newest visit."""
        mask = self.visit[2]
        return [(label(p[2], p[1]), p[0]) for bit, p in enumerate(self.places) if mask >> bit & 1]

    def got_to(self, step: int) -> None:
        """The newest visit came to a step, counted from 1."""
        self.visit[3] = max(self.visit[3], step)

    def _forget_oldest_place(self) -> None:
        places = self.places
        oldest = min(range(len(places)), key=lambda i: (places[i][4], places[i][:3]))
        del places[oldest]
        mask = self.visit[2]
        self.visit[2] = mask & (1 << oldest) - 1 | mask >> oldest + 1 << oldest
        self.timeline = b"".join(
            MOMENT.pack(at, index - (index > oldest))
            for at, index in MOMENT.iter_unpack(self.timeline)
            if index != oldest
        )

    def _consent(self, event: Event, told: Told) -> bool:
        """Newest word per purpose, of two at one time the stricter. True when stitching changed."""
        before = self.may_stitch
        for purpose, granted in event.consents:
            self.tell_consent(purpose, [granted, event.at, event.source], told)
        return self.may_stitch != before

    def tell_consent(self, purpose: str, word: list[Any], told: Told) -> None:
        """Take a word on one purpose in, if it is newer than what is known, or of one time and stricter."""
        granted, at, *_ = word
        known = self.consents.get(purpose)
        if known is None and purpose != STITCHING and len(self.consents) >= CONSENTS_MAX:
            told.capped = "consents"
            # Nothing is allowed that nobody has heard of; but of what is refused another may say yes.
            given = [one for one, other in self.consents.items() if other[0] and one != STITCHING]
            if granted or not given:
                return
            del self.consents[max(given)]
        if known is None or (at, not granted) > (known[1], not known[0]):
            self.consents[purpose] = word
            told.stitching |= purpose == STITCHING

    def _claim(self, event: Event, told: Told) -> bool:
        new = False
        for key in claimed_keys(event):
            if key in self.claims:
                continue
            if len(self.claims) < CLAIMS_MAX:
                self.claims[key] = [event.event_id, event.at]
                new = True
            else:
                told.capped = "claims"
        return new

    def moments(self) -> list[tuple[int, list[Any]]]:
        """The newest touches, oldest first: (time, place)."""
        return [(at, self.places[index]) for at, index in MOMENT.iter_unpack(self.timeline)]

    def last_touches(self) -> dict[tuple[str, str], int]:
        """When each (channel, touchpoint) was touched last, milliseconds UTC."""
        found: dict[tuple[str, str], int] = {}
        for channel, touchpoint, _, _, at in self.places:
            if at > found.get((channel, touchpoint), -1):
                found[channel, touchpoint] = at
        return found

    @property
    def forgets_purchases(self) -> bool:
        """Whether as many are kept as can be: older ones may be forgotten."""
        purchase = int(Signal.PURCHASE)
        return self.marks[SIGNAL_AT::SIZE].count(purchase) >= KEPT[purchase]

    def all_marks(self) -> list[Mark]:
        """The marks in ascending order."""
        return unpack_marks(self.marks)


def label(name: str, touchpoint: str) -> str:
    """What an event is called where it is told what happened: by its name, a page by the kind of page."""
    return touchpoint if name in ("page", "screen") else name


def seen(fragments: Sequence[Fragment]) -> tuple[int, int]:
    """The first and the last touch; of people who never came by, the first and the last record."""
    if came := [fragment for fragment in fragments if fragment.touches]:
        return min(fragment.came_at for fragment in came), max(fragment.visit[1] for fragment in came)
    return min(fragment.first_at for fragment in fragments), max(fragment.last_at for fragment in fragments)


def marks_of(fragments: Iterable[Fragment]) -> list[Fields]:
    """All their marks in ascending order."""
    return sorted([mark for fragment in fragments for mark in fields_of(fragment.marks)])


def claimed_keys(event: Event) -> list[str]:
    """Exact keys of whom the source itself says that the person is, too."""
    return [f"{kind}|{value}" for kind, told in event.same_as if (value := identifier(kind, told))]


def receipt_key(order_key: bytes) -> str:
    """The exact key of a receipt. Of its hash, which a fragment keeps, so that it can be found again."""
    return f"receipt|{order_key.hex()}"


def _moments(timeline: bytes) -> list[bytes]:
    return [timeline[i : i + MOMENT.size] for i in range(0, len(timeline), MOMENT.size)]


_CHANNEL_CODES = {channel: code for code, channel in enumerate(CHANNELS)}


def _channel(channel: str) -> int:
    return _CHANNEL_CODES.get(channel, 0)
