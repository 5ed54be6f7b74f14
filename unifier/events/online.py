"""Reads online events (Segment specification) into the canonical form."""

import re
from datetime import UTC
from functools import lru_cache

from unifier.events import person
from unifier.events.canonical import CHANNELS, Event, Identifier, Order, Signal
from unifier.events.fields import (
    PLACE_MAX,
    add,
    bounded,
    missing,
    online_order,
    parse_amount,
    parse_currency,
    parse_ms,
)
from unifier.events.segment import ONLINE, AliasCall, AnyCall, Context, Page, PageProperties, Properties
from unifier.rules import Rules

ORDERS = {
    "Order Completed": "sale",
    "Order Updated": "update",
    "Order Refunded": "return",
    "Order Cancelled": "cancel",
    "Order Fulfilled": "fulfilment",
    "Order Shipped": "fulfilment",
    "Order Delivered": "fulfilment",
}
_PLACES = {
    "Product Viewed": "product",
    "Products Searched": "search",
    "Product List Viewed": "product list",
    "Product List Filtered": "product list",
    "Product Added": "cart",
    "Product Removed": "cart",
    "Cart Viewed": "cart",
    "Product Added to Wishlist": "wishlist",
    "Checkout Started": "checkout",
    "Checkout Step Viewed": "checkout",
    "Coupon Entered": "checkout",
    "Payment Error": "checkout",
    **dict.fromkeys(ORDERS, "order"),
}
_CAMPAIGN_CHANNELS = frozenset({"email", "social", "ads"})
_CHANNELS = frozenset(CHANNELS)
# Whole words, so that CUBOT phones and abbots stay people.
_BOT = re.compile(
    r"(?<!cu)bot(?![a-z])|crawl|spider|slurp|headless|lighthouse|pingdom|facebookexternalhit|mediapartners"
    r"|^(curl|wget|python|go-http|libwww)",
    re.IGNORECASE,
)
_SECTION = re.compile(
    r"(?:[a-z][a-z0-9+.-]*://[^/?#]*)?+(?:/[a-z]{2}(?:-[a-z]{2})?(?=/))?+/?+([a-z][a-z_-]{0,39})?(?=[/?#.]|$)",
    re.IGNORECASE,
)

TELLING = 500
"""Characters of an address or a user agent that are looked at, and remembered: publishers may give 8,192."""


@lru_cache(maxsize=8192)
def is_bot(agent: str) -> bool:
    """Whether a user agent says that it is a machine."""
    return _BOT.search(agent) is not None


@lru_cache(maxsize=8192)
def device_of(agent: str) -> str:
    """What kind of device a user agent tells: "mobile", "tablet" or "desktop"; "" without one."""
    if "iPad" in agent or "Tablet" in agent or ("Android" in agent and "Mobi" not in agent):
        return "tablet"
    return "mobile" if "Mobi" in agent else "desktop" if agent else ""


@lru_cache(maxsize=8192)
def section(url: str) -> str:
    """The page type that an URL or a path tells: its first part after the language, unless that is an id."""
    found = _SECTION.match(url)
    if found is None:
        return "page"
    return (found[1] or "home").lower()


class Online:
    """Reads online events into the canonical form."""

    def __init__(self, rules: Rules) -> None:
        self._signals = rules.signals.online
        self._types = frozenset(rules.identifiers)
        self._steps, self._any_step = frozenset(rules.steps.order), rules.steps.learnt

    def read(self, payload: bytes, event_id: str, time: str) -> Event | None:
        """The event; None for bots. `event_id` and `time` count where the payload tells none."""
        told = ONLINE.read(payload)
        context = told.get("context") or _NO_CONTEXT
        agent = (context.get("userAgent") or "")[:TELLING]
        if agent and is_bot(agent):
            return None
        time = told.get("timestamp") or time
        if not time:
            raise missing("timestamp")
        identifiers, anchor = _who(told, context)
        traits: dict[str, str] = {}
        name: str = told["type"]
        properties = _NO_PROPERTIES
        unlisted: Signal | None = Signal.TOUCH
        order = None
        if told["type"] == "track":
            name = told["event"]
            properties = told.get("properties") or _NO_PROPERTIES
            if name in ORDERS:
                order = _order(ORDERS[name], properties)
        elif told["type"] == "page" or told["type"] == "screen":
            properties = told.get("properties") or _NO_PROPERTIES
        else:
            unlisted = None  # it tells who somebody is; what they did, a page or a track tells
            if told["type"] == "identify" and (said := told.get("traits")):
                person.tell(said, identifiers, traits)
        if said := context.get("traits"):
            person.tell(said, identifiers, traits)
        add(identifiers, "email", properties.get("email"))
        add(identifiers, "phone", properties.get("phone"))
        if anchor is None and not identifiers and not traits:
            raise missing("anonymousId", "say whom it means: userId, anonymousId or context.device.id")
        channel = context.get("channel") or ("app" if told["type"] == "screen" else "web")
        if channel not in _CHANNELS:
            channel = "web"
        product, category = _about(properties)
        campaign = _campaign(context)
        touchpoint = _touchpoint(told, context, channel, campaign)
        step = touchpoint if told["type"] in _SEEN else name
        return Event(
            event_id=told.get("messageId") or event_id,
            source="online",
            channel=channel,
            touchpoint=touchpoint,
            name=name,
            at=parse_ms(time, UTC, "timestamp"),
            anchor=anchor,
            signal=self._signals.get(name, unlisted),
            identifiers=tuple([i for i in identifiers if i[0] in self._types]),
            traits=tuple(sorted(traits.items())) if traits else (),
            consents=_consents(context),
            product=product,
            category=category,
            campaign=campaign,
            attributes=_attributes(context, agent) if self._any_step or step in self._steps else (),
            order=order,
            same_as=_previous(told) if told["type"] == "alias" else (),
        )


_SEEN = frozenset({"page", "screen"})
_NO_CONTEXT: Context = {}
_NO_PROPERTIES: Properties = {}


def _who(told: AnyCall, context: Context) -> tuple[list[Identifier], Identifier | None]:
    """The ids, the most telling first: that one is the anchor."""
    identifiers: list[Identifier] = []
    add(identifiers, "account_id", told.get("userId"))
    add(identifiers, "cookie_id", told.get("anonymousId"))
    if device := context.get("device"):
        add(identifiers, "device_id", device.get("id"))
    return identifiers, identifiers[0] if identifiers else None


def _attributes(context: Context, agent: str) -> tuple[tuple[str, str], ...]:
    """Device and region, as far as they are told."""
    told, place = context.get("device"), context.get("location")
    device = (told.get("type") if told else None) or device_of(agent)
    region = (place.get("region") or place.get("country")) if place else None
    named = (("device", device), ("region", region))
    return tuple([(name, value[:PLACE_MAX].lower()) for name, value in named if value])


def _previous(told: AliasCall) -> tuple[Identifier, ...]:
    """Segment does not say whether the id was an account's or a cookie's, unless it names the cookie too."""
    before = told["previousId"]
    if before == told.get("anonymousId"):
        return (("cookie_id", before),)
    return (("account_id", before), ("cookie_id", before))


def _consents(context: Context) -> tuple[tuple[str, bool], ...]:
    consent = context.get("consent")
    preferences = consent.get("categoryPreferences") if consent else None
    return tuple(sorted(preferences.items())) if preferences else ()


def _campaign(context: Context) -> str:
    campaign = context.get("campaign")
    return (campaign.get("name") or campaign.get("source") or "")[:PLACE_MAX] if campaign else ""


def _touchpoint(told: AnyCall, context: Context, channel: str, campaign: str) -> str:
    """The concrete place: the campaign of an e-mail, post or ad; else the kind of page."""
    if campaign and channel in _CAMPAIGN_CHANNELS:
        return campaign
    name = None
    page: Page | PageProperties | None = context.get("page")
    if told["type"] == "track":
        name = told["event"]
        if place := _PLACES.get(name):
            return place
    elif told["type"] == "page" or told["type"] == "screen":
        name = told.get("name")
        if name:
            return name.lower()[:PLACE_MAX]
        page = page or told.get("properties")
    url = (page.get("url") or page.get("path")) if page else None
    if url:
        return section(url[:TELLING])
    return (name or told["type"]).lower()[:PLACE_MAX]


def _about(properties: Properties) -> tuple[str, str]:
    """Product and category; of a list, those of the first."""
    product, category = properties.get("product_id"), properties.get("category")
    if not product and (products := properties.get("products")):
        product = products[0].get("product_id")
        category = category or products[0].get("category")
    return (product or "")[:PLACE_MAX], (category or "")[:PLACE_MAX]


def _order(kind: str, properties: Properties) -> Order | None:
    """The order; None for a refund of nothing, and for an update of anything but the amount.

    A cancellation or a refund without an amount is of all of it.
    """
    if not (key := online_order(properties.get("order_id"))):
        raise missing("properties.order_id")
    if kind == "fulfilment":
        return Order(key, kind, 0, "")
    amount = _amount(properties)
    if amount is None:
        if kind == "sale":
            raise missing("properties.total")
        return None if kind == "update" else Order(key, kind, 0, "")
    if not (currency := properties.get("currency")):
        raise missing("properties.currency")
    if kind == "return":
        if amount == 0:
            return None
        amount = abs(amount)  # some publishers tell refunds as negative amounts
    return Order(key, kind, amount, parse_currency(currency, "properties.currency"))


def _amount(properties: Properties) -> int | None:
    """The order's amount, else the sum of its products, else None."""
    for field in ("total", "revenue"):
        value = properties.get(field)
        if value is not None:
            return parse_amount(value, f"properties.{field}")  # type: ignore[arg-type]
    products = properties.get("products") or []
    priced = [product for product in products if product.get("price") is not None]
    if not priced:
        return None
    total = 0
    for product in priced:
        price = parse_amount(product["price"] or 0.0, "properties.products.price")
        quantity = product.get("quantity")
        total += price * parse_amount(1.0 if quantity is None else quantity, "properties.products.quantity")
    return bounded(round(total / 10_000), "properties.products")
