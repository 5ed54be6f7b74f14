"""Those who are no customers: crawlers, a bot that never stops, and the staff at the tills."""

from collections.abc import Iterator
from typing import Any

from unifier.devstack.simulate.belongings import BROWSERS, new_cookie
from unifier.devstack.simulate.retailer import Retailer
from unifier.devstack.simulate.trouble import HOUR_MS

CRAWLER = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


def crawler(shop: Retailer, pause_ms: float) -> Iterator[int]:
    """An honest bot: says so in its user agent, and has a new cookie for every page."""
    while True:
        yield shop.now + int(shop.rng.expovariate(1 / pause_ms)) + 1
        _page(shop, CRAWLER, new_cookie(shop.rng), "203.0.113.7")


def scraper(shop: Retailer, pause_ms: float) -> Iterator[int]:
    """A bot that says it is a browser: one cookie, more pages in an hour than a person reads in a year."""
    cookie = new_cookie(shop.rng)
    while True:
        yield shop.now + int(shop.rng.expovariate(1 / pause_ms)) + 1
        _page(shop, BROWSERS[0], cookie, "203.0.113.66")


def staff(shop: Retailer, store: int) -> Iterator[int]:
    """What tills tell beside sales: voids, drawers opened for change, trainees at practice."""
    rng = shop.rng
    while True:
        yield shop.open_hours(shop.now + int(rng.uniform(2, 16) * HOUR_MS))
        kind = rng.choice(("void", "no_sale", "sale"))
        basket = [] if kind == "no_sale" else [shop.catalogue.wish(rng)]
        shop.tills.nobody(kind, store, shop.now, basket, training=kind == "sale")


def _page(shop: Retailer, agent: str, cookie: str, address: str) -> None:
    wish = shop.catalogue.wish(shop.rng)
    path = f"/{wish.category}/{wish.sku}"
    body: dict[str, Any] = {
        "type": "page",
        "name": "Product",
        "anonymousId": cookie,
        "properties": {"url": f"https://shop.example{path}", "path": path, "title": "Product"},
        "context": {
            "userAgent": agent,
            "ip": address,
            "channel": "web",
            "page": {"path": path, "referrer": ""},
        },
    }
    shop.online.publish(None, body, shop.now, cookie, "touch")
