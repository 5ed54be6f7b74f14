"""Histories of a few people and all that makes them hard to tell apart, drawn at random."""

import json
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from unicodedata import normalize

from unifier.events.decode import TopicKind

NOW = 1_790_000_000_000
LONGEST = 100
DAY = 86_400_000
FIRSTS = ("Anna", "Anne", "Otto", "Lena", "Lea", "Kunde", "Änne")
LASTS = ("Jagemann", "Jägemann", "Müller", "Berg")
STREETS = (("Bergstr. 5", "83093", "Bad Endorf"), ("Hauptstraße 12a", "10117", "Berlin"))
BIRTHS = ("1980-02-03", "1955-12-12", "1900-01-01")
TRACKS = (
    "Product Viewed", "Product Viewed", "Products Searched", "Product Added", "Cart Viewed",
    "Product Reviewed", "Loyalty Joined", "Support Case", "Support Case Answered",
)  # fmt: skip
CATEGORIES = {"s1": "shoes", "s2": "coats"}
PURPOSES = ("marketing_email", "marketing_sms", "profiling")


@dataclass(frozen=True)
class Said:
    """A message for one input topic."""

    kind: TopicKind
    value: bytes


@dataclass(frozen=True)
class Ordered:
    """A steward's word on fragments, chosen by numbers among those there are."""

    command: str  # link, separate
    command_id: str
    at: int
    picks: tuple[int, ...]


@dataclass
class History:
    """Messages in the order in which they happened, and words."""

    messages: list[Said] = field(default_factory=list)
    words: list[Ordered] = field(default_factory=list)


def history(seed: int, length: int) -> History:
    """One with about so many events, at most LONGEST; a shorter one is how the longer of its seed begins."""
    return _Teller(random.Random(seed)).tell(length)


class _Teller:
    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.number = 0
        # How often people speak of stitching, and systems merge their records.
        self.stitching, self.merging = rng.choice((0.02, 0.1, 0.3)), rng.choice((0.05, 0.15, 0.5))
        self.people = [self._person(n) for n in range(rng.choice((1, 2, 3, 4, 9)))]
        self.times = sorted(rng.sample(range(NOW - rng.choice((3, 40, 500)) * DAY, NOW), LONGEST))
        self.found = History()
        self.orders: list[str] = []
        self.sales: list[dict[str, Any]] = []
        self.returns: list[dict[str, Any]] = []

    def _person(self, n: int) -> dict[str, Any]:
        rng = self.rng
        street, post, city = rng.choice(STREETS)
        return {
            "firstName": rng.choice(FIRSTS),
            "lastName": rng.choice(LASTS),
            "birthday": rng.choice(BIRTHS),
            "address": {"street": street, "postalCode": post, "city": city},
            "email": rng.choice(
                (f"p{n}@example.org", "family@example.org", "noreply@shop.example", f"q{n}@gmx.de")
            ),
            "phone": rng.choice((f"0171 555123{n}", "08053 12345")),
            "cookies": [f"c{n}", rng.choice((f"d{n}", "tablet"))],
            "device": rng.choice(("ipad", f"phone{n}")),
            "account": rng.choice((f"ä{n}", "ä0", f"b{n}")),
            "card": rng.choice((f"L{n}", "house")),
            "paid_with": rng.choice((f"par{n}", "joint")),
        }  # fmt: skip

    def tell(self, length: int) -> History:
        rng = self.rng
        for _ in range(length):
            person = rng.choice(self.people)
            at = self.times[self.number]
            self.number += 1
            rng.choice((self.online, self.online, self.online, self.sale, self.crm, self.later))(person, at)
        for n in range(rng.choice((0, 0, 0, 1, 3, 8))):
            picks = tuple(rng.randrange(12) for _ in range(rng.choice((2, 2, 3))))
            at = rng.choice(self.times)
            self.found.words.append(Ordered(rng.choice(("link", "separate")), f"w{n}", at, picks))
        return self.found

    def _say(self, kind: TopicKind, message: dict[str, Any]) -> None:
        self.found.messages.append(Said(kind, json.dumps(message).encode()))

    def _time(self, at: int) -> str:
        return datetime.fromtimestamp(at / 1000, UTC).isoformat()

    def _written(self, value: str) -> str:
        """As one system or another writes it."""
        return self.rng.choice((value, value, value, f" {value}", normalize("NFD", value)))

    def _some(self, person: dict[str, Any], *names: str) -> dict[str, Any]:
        return {name: person[name] for name in names if self.rng.random() < 0.5}

    def _consents(self) -> dict[str, bool]:
        rng = self.rng
        told = {p: rng.random() < 0.5 for p in PURPOSES if rng.random() < 0.2}
        return told | ({"stitching": rng.random() < 0.6} if rng.random() < self.stitching else {})

    def _traits(self, person: dict[str, Any]) -> dict[str, Any]:
        names = ("email", "phone", "firstName", "lastName", "birthday", "address")
        return self._some(person, *names) | ({"title": "Dr."} if self.rng.random() < 0.2 else {})

    def online(self, person: dict[str, Any], at: int) -> None:
        rng = self.rng
        context: dict[str, Any] = {"channel": rng.choice(("web", "app", "email"))}
        message: dict[str, Any] = {
            "messageId": f"m{self.number}", "timestamp": self._time(at), "context": context,
            "anonymousId": rng.choice(person["cookies"]),
        }  # fmt: skip
        if rng.random() < 0.4:
            message["userId"] = self._written(person["account"])
        if rng.random() < 0.2:
            context["device"] = {"id": person["device"]}
        if told := self._consents():
            context["consent"] = {"categoryPreferences": told}
        kind = rng.choice(("page", "identify", "track", "track", "track", "order", "order", "alias"))
        if kind == "identify":
            message |= {"type": "identify", "traits": self._traits(person)}
        elif kind == "alias":
            accounts = rng.choice(self.people)["account"], person["account"]
            if accounts[0] == accounts[1] or rng.random() > 2 * self.merging:
                kind = "page"
            before, now = map(self._written, accounts)
            message |= {"type": "alias", "previousId": before, "userId": now}
        elif kind == "track":
            properties = {"product_id": rng.choice(("s1", "s2"))}
            properties["category"] = CATEGORIES[properties["product_id"]]
            if self.number % 3:
                context["campaign"] = {"name": f"letter {self.number % 3}"}
            message |= {"type": "track", "event": rng.choice(TRACKS), "properties": properties}
        elif kind == "order":
            message |= {"type": "track", **self._order()}
        if kind == "page":
            message["type"] = "page"
        self._say("online", message)

    def _order(self) -> dict[str, Any]:
        rng = self.rng
        if not self.orders or rng.random() < 0.5:
            self.orders.append(f"ö{len(self.orders)}")
            total = {"total": rng.choice((20.0, 49.9)), "currency": rng.choice(("EUR", "EUR", "CHF"))}
            return {
                "event": "Order Completed",
                "properties": {"order_id": self._written(self.orders[-1]), **total},
            }
        part = {"total": rng.choice((10.0, 49.9)), "currency": rng.choice(("EUR", "EUR", "CHF"))}
        event = rng.choice(("Order Refunded", "Order Cancelled", "Order Delivered", "Order Updated"))
        amount = part if rng.random() < 0.6 else {}
        return {"event": event, "properties": {"order_id": rng.choice(self.orders), **amount}}

    def _customer(self, person: dict[str, Any]) -> dict[str, Any]:
        told = self._some(person, "email", "phone")
        if self.rng.random() < 0.4:
            told["loyalty_id"] = person["card"]
        if self.rng.random() < 0.3:
            told |= {"first_name": person["firstName"], "last_name": person["lastName"]}
        if self.rng.random() < 0.2:
            told["consents"] = self._consents()
        return told if self.rng.random() < 0.7 else {}

    def sale(self, person: dict[str, Any], at: int) -> None:
        rng = self.rng
        kind = rng.choice(("sale", "sale", "sale", "layaway", "void", "loyalty_signup"))
        message: dict[str, Any] = {
            "store_id": "17", "workstation_id": "3", "business_day": self._time(at)[:10],
            "sequence_number": self.number, "kind": kind, "occurred_at": self._time(at),
            "currency": rng.choice(("EUR", "EUR", "CHF")), "total": rng.choice(("20.00", "5.50")),
            "customer": self._customer(person), "training": rng.random() < 0.05,
            "items": [{"sku": "s1", "category": tuple(CATEGORIES.values())[self.number % 2]}],
        }  # fmt: skip
        if rng.random() < 0.4:
            message["tenders"] = [{"kind": "card", "payment_account": person["paid_with"]}]
        if kind == "sale":
            self.sales.append(message)
            if rng.random() < 0.2:
                message["order_id"] = self._written(f"ö{rng.randrange(len(self.orders) + 1)}")
        self._say("pos", message)

    def later(self, person: dict[str, Any], at: int) -> None:
        """What comes after a sale: its e-receipt, a void, or a return, with or without the customer."""
        rng = self.rng
        if not self.sales:
            return self.online(person, at)
        sale = rng.choice(self.sales)
        if rng.random() < 0.4:
            return self._say("pos", {**sale, "customer": self._customer(person)})
        names = ("store_id", "workstation_id", "business_day", "sequence_number")
        kind = "void" if rng.random() < 0.2 else "return"
        back = rng.choice(self.returns) if kind == "void" and self.returns and rng.random() < 0.5 else sale
        message = {
            **{name: sale[name] for name in names}, "sequence_number": self.number, "kind": kind,
            "occurred_at": self._time(at), "customer": self._customer(person),
        }  # fmt: skip
        if rng.random() < 0.8:
            message["refers_to"] = {name: back[name] for name in names}
        elif rng.random() < 0.5 and self.orders:
            message["order_id"] = rng.choice(self.orders)
        if kind == "return":
            self.returns.append(message)
        if rng.random() < 0.7:
            message |= {
                "total": rng.choice(("5.50", "20.00", "2.00")),
                "currency": rng.choice(("EUR", "CHF")),
            }
        self._say("pos", message)
        if rng.random() < 0.3:
            self._say("pos", {**message, "customer": self._customer(person)})
        return None

    def crm(self, person: dict[str, Any], at: int) -> None:
        rng = self.rng
        record = self.people.index(person)
        message: dict[str, Any] = {
            "record_id": f"r{record}", "source": rng.choice(("crm", "loyalty")),
            "occurred_at": self._time(at), "event_id": f"k{self.number}",
            "traits": self._traits(person), "consents": self._consents(),
        }  # fmt: skip
        if rng.random() < 0.5:
            message["identifiers"] = {"loyalty_id": person["card"]}
        if rng.random() < self.merging:
            message["merged_into"] = f"r{rng.randrange(len(self.people) + 1)}"
        self._say("crm", message)
