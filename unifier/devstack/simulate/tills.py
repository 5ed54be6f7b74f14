"""The stores and their tills: sales, returns, e-receipts sent later, voids, training, lines that are down."""

from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from unifier.devstack.simulate.catalogue import Product
from unifier.devstack.simulate.message import Wire
from unifier.devstack.simulate.people import Person
from unifier.devstack.simulate.phases import Told
from unifier.devstack.simulate.trouble import (
    HOUR_MS,
    MINUTE_MS,
    as_typed,
    email_as_typed,
    first_name_as_told,
)
from unifier.devstack.simulate.truth import Truth

STORES = {"DE": 12, "GB": 6}
ZONES = {"DE": ZoneInfo("Europe/Berlin"), "GB": ZoneInfo("Europe/London")}
CURRENCIES = {"DE": "EUR", "GB": "GBP"}
OFFLINE_EVERY_H = 200  # an hour in so many, each store's line goes down
HOUSE_MAILBOX = "kasse@shop.example"
OLD_TILL = "9"  # German tills of this number send local times without a zone


@dataclass(slots=True)
class Store:
    """One store. Its line to the centre can be down until `offline_until`."""

    store_id: str
    country: str
    house_card: str  # what the staff scan for a customer without a card
    offline_until: int = 0
    checked_hour: int = 0
    sequence: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Receipt:
    """A sale as it was told, for the return or the e-receipt that comes later."""

    body: dict[str, Any]
    at_ms: int
    key: str
    told: Told | None


class Tills:
    """The publisher of till events."""

    def __init__(self, rng: Random, wire: Wire, truth: Truth) -> None:
        self._rng = rng
        self._wire = wire
        self._truth = truth
        self.stores = [
            Store(str(10 + index), country, f"99000000{index:04d}")
            for index, country in enumerate(c for c, number in STORES.items() for _ in range(number))
        ]
        truth.shared |= {("loyalty_id", store.house_card) for store in self.stores}
        truth.shared.add(("email", HOUSE_MAILBOX))

    def near(self) -> dict[str, list[int]]:
        """The indexes of the stores of each country."""
        return {c: [i for i, store in enumerate(self.stores) if store.country == c] for c in STORES}

    def sale(self, person: Person, at_ms: int, products: list[Product]) -> Receipt | None:
        """Somebody pays. None when the simulated time is over."""
        body, key = self._receipt("sale", person.store, at_ms, products)
        body["tenders"] = [self._tender(person, body["total"])]
        if customer := self._customer(person):
            body["customer"] = customer
        elif self._rng.random() < 0.06:
            body["customer"] = {"loyalty_id": self.stores[person.store].house_card}
        return self._publish(body, key, person, person.store, at_ms, "sale")

    def e_receipt(self, person: Person, receipt: Receipt) -> None:
        """The same sale again, some minutes later, now with the mailbox the receipt went to."""
        typed = email_as_typed(person.email, self._rng)
        mailbox = HOUSE_MAILBOX if self._rng.random() < 0.02 else typed
        if mailbox == person.email:
            self._truth.identified(person, "email", mailbox)
        body = {**receipt.body, "customer": {**receipt.body.get("customer", {}), "email": mailbox}}
        late = int(self._rng.uniform(MINUTE_MS, 40 * MINUTE_MS))
        value, at_ms = orjson.dumps(body), receipt.at_ms
        self._wire.send("pos", receipt.key, value, at_ms, person.person_id, receipt.told, late)

    def give_back(self, person: Person, at_ms: int, receipt: Receipt) -> None:
        """All of a sale comes back; only some bring their card, so the receipt must lead to the customer."""
        sold = receipt.body
        body, key = self._receipt("return", person.store, at_ms, [])
        body["items"], body["total"] = sold["items"], sold["total"]
        body["tenders"] = [{"kind": "cash", "amount": sold["total"]}]
        body["refers_to"] = {
            name: sold[name] for name in ("store_id", "workstation_id", "business_day", "sequence_number")
        }
        if person.loyalty_id and self._rng.random() < 0.3:
            body["customer"] = self._show_card(person)
        self._publish(body, key, person, person.store, at_ms, "returned", order_key(sold))

    def nobody(self, kind: str, store: int, at_ms: int, products: list[Product], *, training: bool) -> None:
        """A void, an opened drawer, or a sale for training: about nobody."""
        body, key = self._receipt(kind, store, at_ms, products)
        body["training"] = training
        self._publish(body, key, None, store, at_ms, "")

    # --- the receipt ------------------------------------------------------------------------------------

    def _receipt(
        self, kind: str, store_index: int, at_ms: int, products: list[Product]
    ) -> tuple[dict[str, Any], str]:
        rng, store = self._rng, self.stores[store_index]
        workstation = rng.choice("123459")
        number = store.sequence.setdefault(workstation, rng.randrange(1, 900_000))
        store.sequence[workstation] = number + 1
        local = datetime.fromtimestamp(at_ms // 1000, ZONES[store.country])
        if workstation == OLD_TILL and store.country == "DE":
            local = local.replace(tzinfo=None)
        body: dict[str, Any] = {
            "store_id": store.store_id,
            "workstation_id": workstation,
            "business_day": local.date().isoformat(),
            "sequence_number": number,
            "kind": kind,
            "occurred_at": local.isoformat(),
            "currency": CURRENCIES[store.country],
            "total": money(sum(product.price for product in products)),
            "items": [_item(product) for product in products],
            "tenders": [],
            "training": False,
            "offline": False,
            "operator_id": f"op{store.store_id}{rng.randrange(8)}",
        }
        return body, f"{store.store_id}-{workstation}"

    def _tender(self, person: Person, total: str) -> dict[str, Any]:
        if self._rng.random() < 0.3:
            return {"kind": "cash", "amount": total}
        card = self._rng.choice(person.cards)
        self._truth.identified(person, "payment_account", card)
        return {"kind": "card", "amount": total, "payment_account": card}

    def _show_card(self, person: Person) -> dict[str, str]:
        self._truth.identified(person, "loyalty_id", person.loyalty_id)
        return {"loyalty_id": person.loyalty_id}

    def _customer(self, person: Person) -> dict[str, Any]:
        """What the customer shows: the loyalty card, or their data for a delivery or a warranty."""
        rng = self._rng
        customer: dict[str, Any] = {}
        if person.loyalty_id and rng.random() < 0.75:
            customer |= self._show_card(person)
        if rng.random() < 0.05:
            customer["first_name"] = first_name_as_told(person.first_name, rng)
            customer["last_name"] = as_typed(person.last_name, rng)
            customer["phone"] = person.phone
            self._truth.identified(person, "phone", person.phone)
            if rng.random() < 0.5:
                customer["birth_date"] = person.birth_date.isoformat()
            home = person.home
            customer["address"] = {
                "street": f"{as_typed(home.street, rng)} {home.house_no}",
                "postal_code": home.postal_code,
                "city": home.city,
                "country": home.country,
            }
        return customer

    def _publish(
        self,
        body: dict[str, Any],
        key: str,
        person: Person | None,
        store: int,
        at_ms: int,
        signal: str,
        detail: str = "",
    ) -> Receipt | None:
        if at_ms > self._wire.end_ms:
            return None
        late = self._offline_ms(self.stores[store], at_ms)
        body["offline"] = late > 0
        who = told = None
        if person is not None:
            who, told = person.person_id, Told(at_ms, signal, detail or order_key(body))
            self._truth.told(person, told)
        self._wire.send("pos", key, orjson.dumps(body), at_ms, who, told, late)
        return Receipt(body, at_ms, key, told)

    def _offline_ms(self, store: Store, at_ms: int) -> int:
        """How long this waits for the line: at times a store is cut off for hours, then all comes at once."""
        hour = at_ms // HOUR_MS
        if hour > store.checked_hour:
            store.checked_hour = hour
            if at_ms > store.offline_until and self._rng.randrange(OFFLINE_EVERY_H) == 0:
                store.offline_until = at_ms + int(self._rng.uniform(2 * HOUR_MS, 9 * HOUR_MS))
        return max(0, store.offline_until - at_ms)


def _item(product: Product) -> dict[str, Any]:
    return {
        "sku": product.sku,
        "name": product.name,
        "category": product.category,
        "quantity": 1,
        "unit_price": money(product.price),
        "discount": "0.00",
    }


def money(hundredths: int) -> str:
    """4990 as "49.90"."""
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def order_key(body: dict[str, Any]) -> str:
    """The identity of a till transaction as one word."""
    return "{store_id}-{workstation_id}-{business_day}-{sequence_number}".format_map(body)
