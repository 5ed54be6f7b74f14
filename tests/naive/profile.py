"""What one person's fragments say, recounted from every single event."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tests.naive.fragments import Fragment
from unifier.events.canonical import Event

Words = dict[str, tuple[bool, int, str]]


def time_of(at: int | None) -> str | None:
    """RFC 3339 in UTC, milliseconds."""
    if at is None:
        return None
    text = datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def events_of(person: Sequence[Fragment]) -> list[Event]:
    return [event for fragment in person for event in fragment.events]


def touches_of(person: Sequence[Fragment]) -> list[Event]:
    """What the person did; a source's record is nothing that anybody did."""
    return [event for event in events_of(person) if event.signal is not None]


def seen_at(person: Sequence[Fragment]) -> list[int]:
    """The times of all touches; of somebody who never came by, those of the records."""
    return [event.at for event in touches_of(person) or events_of(person)]


def traits(person: Sequence[Fragment]) -> dict[str, str]:
    """Of each trait what was told last; of two values told at one time the greater."""
    told: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for event in events_of(person):
        for name, value in event.traits:
            told[name].append((event.at, value))
    return {name: max(values)[1] for name, values in told.items()}


def identifiers(person: Sequence[Fragment]) -> dict[str, list[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for fragment in person:
        for kind, value in fragment.identity.ids:
            found[kind].add(value)
    return {kind: sorted(values) for kind, values in found.items()}


def consents(person: Sequence[Fragment]) -> dict[str, dict[str, Any]]:
    """Per purpose the strictest of what each anchor said last.

    But a yes counts that was said after every no, under an anchor that was known before it was said.
    """
    purposes = {purpose for event in events_of(person) for purpose, _ in event.consents}
    return {purpose: _consent(person, purpose) for purpose in purposes}


def _consent(person: Sequence[Fragment], purpose: str) -> dict[str, Any]:
    last = []
    for anchor in {fragment.anchor for fragment in person}:
        mine = [fragment for fragment in person if fragment.anchor == anchor]
        since = min(fragment.since for fragment in mine)
        said = [
            (event.at, not granted, event.source)
            for event in events_of(mine)
            for about, granted in event.consents
            if about == purpose
        ]
        if said:
            at, refused, source = max(said)
            last.append((at, refused, source, not refused and at > since))
    refusals = [word for word in last if word[1]]
    later = [word for word in last if word[3] and all(word[0] > no[0] for no in refusals)]
    at, refused, source, _ = max(later if refusals and later else refusals or last)
    return {"granted": not refused, "at": time_of(at), "source": source}


def metrics(person: Sequence[Fragment]) -> dict[str, Any]:
    """Counters and sums."""
    events = events_of(person)
    found = orders_of(events)
    standing = [order for order in found.values() if order.sold_at and not order.undone]
    online = sum(order.sale.channel != "store" for order in standing if order.sale)
    revenue: dict[str, Decimal] = defaultdict(Decimal)
    for order in found.values():
        for currency, amount in order.paid().items():
            revenue[currency] += amount
    return {
        "orders": len(standing),
        "orders_by_channel": {"online": online, "store": len(standing) - online},
        "revenue": {currency: f"{amount:.2f}" for currency, amount in revenue.items()},
        "returns": sum(len(order.returns) for order in found.values()),
        "touches": len(touches_of(person)),
        "first_seen_at": time_of(min(seen_at(person))),
        "last_seen_at": time_of(max(seen_at(person))),
        "last_order_at": time_of(max((order.sold_at for order in standing if order.sold_at), default=None)),
    }


def orders_of(events: Sequence[Event]) -> dict[str, "Order"]:
    """What was told of each order: a till's transaction is of the shop's order that it names; what was voided
    is not there, and nor is an order of which nothing is left by that."""
    told = [(e, e.order) for e in events if e.order and e.order.kind != "fulfilment"]
    voided = {order.key for _, order in told if order.kind == "cancel"}
    shops = {order.key: order.of for _, order in told if order.of}
    found: dict[str, list[Event]] = {shops.get(order.key, order.key): [] for _, order in told}
    for event, order in told:
        if order.part not in voided and not (order.key in voided and order.key in shops):
            found[shops.get(order.key, order.key)].append(event)
    orders = {key: Order(events) for key, events in found.items()}
    for part, whole in shops.items():
        of = orders[whole]
        of.cancelled |= not of.sold_at and not of.returns
        if part in voided or of.undone:
            orders[part] = Order([], cancelled=True)
    return orders


def sold(person: Sequence[Fragment]) -> list[int]:
    """When the orders that count were sold."""
    return [o.sold_at for o in orders_of(events_of(person)).values() if o.sold_at and not o.undone]


def undone_orders(person: Sequence[Fragment]) -> set[str]:
    """Orders that were cancelled or came back as a whole."""
    return {key for key, order in orders_of(events_of(person)).items() if order.undone}


class Order:
    """All that was told of one order. Told twice, the shop's word counts before a till's, then the later."""

    def __init__(self, told: Sequence[Event], cancelled: bool = False) -> None:
        words = [(e.channel != "store", e.at, e.order.amount, e.order.currency, e) for e in told
                 if e.order and e.order.kind in ("sale", "update")]  # fmt: skip
        self.sale = max(words, key=lambda word: word[:4])[4] if words else None
        sales = [e.at for e in told if e.order and e.order.kind == "sale"]
        self.sold_at = min(sales, default=0)
        # A return that is told again, with the customer, is one return.
        self.returns = {
            (e.order.part or (e.source, e.event_id), e.order.currency): e.order
            for e in told
            if e.order and e.order.kind == "return"
        }
        whole = [order for order in self.returns.values() if not order.amount]
        self.cancelled = cancelled or bool(whole) or any(e.order and e.order.kind == "cancel" for e in told)

    @property
    def undone(self) -> bool:
        sale = self.sale and self.sale.order
        if self.cancelled or not sale or not self.sold_at:
            return self.cancelled
        back = sum(order.amount for order in self.returns.values() if order.currency == sale.currency)
        return 0 < sale.amount <= back

    def paid(self) -> dict[str, Decimal]:
        """By currency, what was paid less what was given back; of a cancelled order nothing."""
        sale = [self.sale.order] if self.sale and self.sale.order and self.sold_at else []
        told = [*self.returns.values(), *sale]
        found = {order.currency: Decimal(0) for order in told if order.currency}
        for order in told:
            if order.currency and not self.cancelled:
                amount = Decimal(order.amount) / 10_000
                found[order.currency] += -amount if order.kind == "return" else amount
        return found


def touchpoints(person: Sequence[Fragment]) -> list[dict[str, Any]]:
    """The latest first."""
    places: dict[tuple[str, str], list[int]] = defaultdict(list)
    for event in touches_of(person):
        places[event.channel, event.touchpoint].append(event.at)
    latest = sorted(places.items(), key=lambda place: (-max(place[1]), place[0]))
    return [
        {"channel": channel, "touchpoint": touchpoint, "count": len(ats), "last_at": time_of(max(ats))}
        for (channel, touchpoint), ats in latest
    ]
