"""Shoppers of a web shop: each with a browser, an account and a mailbox, 12 events on average.

40 % tell their traits. Names, homes and birth dates are drawn as often as they come in Germany
(`benchmarks.people`), the rest is each shopper's own: there are about as many profiles as shoppers.
"""

from typing import Any

import orjson

from benchmarks.people.land import Land
from benchmarks.people.society import Person, Society
from unifier.devstack.simulate.message import iso

WITH_TRAITS = 0.4
LEAST_EVENTS, MORE_EVENTS = 3, 9.5  # the second is the mean of what comes on top
AGAIN = 4  # events of another visit, in the mean
STAY_MS = 20_000  # between two events
MONTH_MS = 30 * 86_400_000
PRODUCTS, CATEGORIES = 5_000, 40


class Crowd:
    """Gives one shopper after another, without end; the same seed gives the same."""

    def __init__(self, seed: int, now_ms: int) -> None:
        self._land = Land("de_DE", seed)
        self._society = Society(self._land)
        self._now_ms = now_ms
        self._waiting: list[Person] = []
        self.number = 0  # shoppers so far
        self._seed = seed

    def shopper(self) -> list[bytes]:
        """The messages of a new shopper, in order: some visits, then who it is, then more visits."""
        rng = self._land.rng
        person = self._person()
        name = f"{self._seed}-{self.number}"
        at = self._now_ms - MONTH_MS + rng.randrange(MONTH_MS - 100 * STAY_MS)
        events = LEAST_EVENTS + int(rng.expovariate(1 / MORE_EVENTS))
        signs_in = 1 + rng.randrange(events - 2)
        told = []
        for number in range(events):
            who: dict[str, Any] = {"anonymousId": f"c{name}"}
            if number >= signs_in:
                who["userId"] = f"u{name}"
            if number == signs_in:
                traits = _traits(person) if rng.random() < WITH_TRAITS else {}
                body = {"type": "identify", "traits": {"email": f"m{name}@example.org", **traits}}
            else:
                body = self._visit(number, events)
            told.append(_message(f"{name}-{number}", at + number * STAY_MS, body | who))
        return told

    def whole(self, name: str) -> bytes:
        """One message that tells all that there is to tell of a new person."""
        person = self._person()
        traits = {**_traits(person), "email": f"m{name}@example.org", "phone": self._land.phone()}
        return _message(name, self._now_ms, {"type": "identify", "userId": f"u{name}", "traits": traits})

    def again(self, number: int, name: str) -> list[bytes]:
        """Another visit of a shopper who came before, now; the first shopper is number 1."""
        shopper, events = f"{self._seed}-{number}", 1 + self._land.rng.randrange(2 * AGAIN - 1)
        who = {"anonymousId": f"c{shopper}", "userId": f"u{shopper}"}
        began = self._now_ms - events * STAY_MS
        return [
            _message(f"{name}-{n}", began + n * STAY_MS, self._visit(n, events) | who) for n in range(events)
        ]

    def _person(self) -> Person:
        while not self._waiting:
            self._waiting = self._society.household()
        self.number += 1
        return self._waiting.pop()

    def _visit(self, number: int, of: int) -> dict[str, Any]:
        """A page, a product, now and then an order at the end."""
        rng = self._land.rng
        product = rng.randrange(PRODUCTS)
        properties = {"product_id": f"sku{product}", "category": f"k{product % CATEGORIES}", "price": 9.9}
        if number == of - 1 and rng.random() < 0.3:
            order = {"order_id": f"W{rng.getrandbits(48):x}", "total": 49.9, "currency": "EUR"}
            return {"type": "track", "event": "Order Completed", "properties": order}
        if rng.random() < 0.5:
            return {"type": "page", "name": "Product", "properties": {"path": f"/p/{product}"}}
        return {"type": "track", "event": "Product Viewed", "properties": properties}


def _traits(person: Person) -> dict[str, Any]:
    home = person.homes[0]
    return {
        "firstName": person.first,
        "lastName": person.lasts[0],
        "birthday": person.birth.isoformat(),
        "address": {
            "street": f"{home.street} {home.house_no}",
            "postalCode": home.postcode,
            "city": home.city,
            "country": "DE",
        },
    }


def _message(name: str, at_ms: int, body: dict[str, Any]) -> bytes:
    context = {
        "channel": "web",
        "library": {"name": "analytics.js", "version": "4.1.0"},
        "locale": "de-DE",
        "page": {"url": "https://shop.example/p", "path": "/p", "referrer": "https://search.example/"},
        "userAgent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/142.0.0.0",
    }
    return orjson.dumps({**body, "messageId": name, "timestamp": iso(at_ms), "context": context})
