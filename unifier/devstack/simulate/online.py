"""The web shop and the app: visits, told as Segment events."""

from random import Random
from typing import Any

import orjson

from unifier.devstack.simulate.belongings import new_account, new_cookie
from unifier.devstack.simulate.catalogue import DIRECT, Campaign, Product
from unifier.devstack.simulate.message import Wire, iso
from unifier.devstack.simulate.people import Device, Person
from unifier.devstack.simulate.phases import Told
from unifier.devstack.simulate.trouble import as_typed, first_name_as_told
from unifier.devstack.simulate.truth import Truth

SHOP = "https://shop.example"
COOKIE_LOSS = 0.04  # of visits begin with a new cookie
CURRENCY = {"DE": "EUR", "GB": "GBP"}
SIGNALS = {
    "Product Viewed": "interest",
    "Products Searched": "interest",
    "Product List Viewed": "interest",
    "Email Link Clicked": "interest",
    "Comment": "interest",
    "Product Added": "preference",
    "Product Added to Wishlist": "preference",
    "Cart Viewed": "preference",
    "Checkout Started": "preference",
    "Checkout Step Viewed": "preference",
    "Order Completed": "order",
    "Order Shipped": "fulfilment",
    "Order Delivered": "fulfilment",
    "Product Reviewed": "advocacy",
    "Product Shared": "advocacy",
    "Account Created": "membership",
    "Loyalty Joined": "membership",
}


class Online:
    """The publisher of online events."""

    def __init__(self, rng: Random, wire: Wire, truth: Truth) -> None:
        self.rng = rng
        self._wire = wire
        self._truth = truth

    def visit(
        self, person: Person, at_ms: int, *, campaign: Campaign = DIRECT, device: Device | None = None
    ) -> "Visit":
        """Somebody opens the shop, on a device of theirs or on another one (the shop's tablet)."""
        rng = self.rng
        own = device is None
        if device is None:
            device = rng.choice(person.devices)
            if rng.random() < COOKIE_LOSS:
                device.cookie, device.user = new_cookie(rng), ""
        if device.user != person.account_id:
            device.user = ""  # whoever was here before is signed out
        if own:
            self._truth.identified(person, "cookie_id", device.cookie)
            if device.device_id:
                self._truth.identified(person, "device_id", device.device_id)
        return Visit(self, person, device, at_ms, campaign)

    def publish(
        self, person: Person | None, body: dict[str, Any], at_ms: int, key: str, signal: str, detail: str = ""
    ) -> None:
        """Send one event, unless the simulated time is over. `signal` "": nothing was done."""
        if at_ms > self._wire.end_ms:
            return
        body["messageId"] = f"{self.rng.getrandbits(128):032x}"
        body["timestamp"] = iso(at_ms)
        who, told = None, Told(at_ms, signal, detail) if signal else None
        if person is not None:
            who = person.person_id
            if told is not None:
                self._truth.told(person, told)
        self._wire.send("online", key, orjson.dumps(body), at_ms, who, told)

    def identified(self, person: Person, account: bool) -> None:
        """Note in the truth what an identify carries."""
        self._truth.identified(person, "email", person.email)
        self._truth.identified(person, "phone", person.phone)
        if account:
            self._truth.identified(person, "account_id", person.account_id)


class Visit:
    """One visit: each call tells one event and lets some seconds pass; `at_ms`: when the next one happens."""

    def __init__(
        self, online: Online, person: Person, device: Device, at_ms: int, campaign: Campaign
    ) -> None:
        self.person = person
        self.device = device
        self.at_ms = at_ms
        self.rng = online.rng
        self._online = online
        context: dict[str, Any] = {
            "library": {
                "name": "analytics.js" if not device.device_id else "analytics-mobile",
                "version": "4.1.0",
            },
            "userAgent": device.agent,
            "ip": device.ip,
            "locale": "de-DE" if person.home.country == "DE" else "en-GB",
            "channel": "app" if device.device_id else "web",
        }
        if device.device_id:
            context["device"] = {"id": device.device_id}
        if campaign.name:
            context["campaign"] = {
                "source": campaign.source,
                "medium": campaign.medium,
                "name": campaign.name,
            }
        self._context = context
        self._referrer = f"https://{campaign.source}.example/" if campaign.source else ""
        self._landing = campaign.channel if campaign.name else ""

    def page(self, name: str, path: str = "/") -> None:
        """A page is seen."""
        url = SHOP + path
        self._context["page"] = {"url": url, "path": path, "title": name, "referrer": self._referrer}
        self._referrer = url
        self._send({"type": "page", "name": name, "properties": {"url": url, "path": path, "title": name}})

    def track(self, event: str, properties: dict[str, Any], channel: str = "", detail: str = "") -> None:
        """Something is done."""
        body = {"type": "track", "event": event, "properties": properties}
        self._send(body, channel, SIGNALS.get(event, "touch"), detail)

    def product(self, product: Product, event: str = "Product Viewed", channel: str = "") -> None:
        """A product is looked at, put into the cart, reviewed, …"""
        if event == "Product Viewed" and not channel:
            self.page("Product", f"/{product.category}/{product.sku}")
        detail = product.sku if event == "Product Viewed" else ""
        self.track(event, self.article(product), channel, detail)

    def article(self, product: Product) -> dict[str, Any]:
        """A product in the words of the Segment specification."""
        return {
            "product_id": product.sku,
            "name": product.name,
            "category": product.category,
            "price": product.price / 100,
            "currency": CURRENCY[self.person.home.country],
            "quantity": 1,
        }

    def sign_in(self) -> None:
        """Into the account; a guest gives only name and mailbox. People type their own names badly, too."""
        person = self.person
        if person.account_id:
            self.device.user = person.account_id
        self._identify({"marketing_email": person.consents["marketing_email"]})

    def sign_out(self) -> None:
        """Out of the account; the cookie stays."""
        self.device.user = ""

    def open_account(self) -> None:
        """A new account for somebody who has none."""
        self.person.account_id = new_account(self.rng)
        self.sign_in()
        self.track("Account Created", {"method": "email"})

    def _identify(self, consents: dict[str, bool]) -> None:
        person, rng = self.person, self.rng
        traits: dict[str, Any] = {
            "email": person.email,
            "firstName": first_name_as_told(person.first_name, rng),
            "lastName": as_typed(person.last_name, rng),
        }
        if rng.random() < 0.5:
            traits["phone"] = person.phone
        if rng.random() < 0.7:
            traits["address"] = {
                "street": f"{person.home.street} {person.home.house_no}",
                "postalCode": person.home.postal_code,
                "city": person.home.city,
                "country": person.home.country,
            }
        if rng.random() < 0.3:
            traits["birthday"] = person.birth_date.isoformat()
        self._online.identified(person, bool(person.account_id))
        self._context["consent"] = {"categoryPreferences": consents}
        self._send({"type": "identify", "traits": traits}, signal="")

    def _send(self, body: dict[str, Any], channel: str = "", signal: str = "touch", detail: str = "") -> None:
        device = self.device
        context = self._context
        if channel or self._landing:
            context = {**context, "channel": channel or self._landing}
            self._landing = ""
        if not self.person.consents["stitching"]:
            preferences = context.get("consent", {}).get("categoryPreferences", {})
            context = {**context, "consent": {"categoryPreferences": {**preferences, "stitching": False}}}
        body["anonymousId"] = device.cookie
        body["context"] = context
        if device.user:
            body["userId"] = device.user
        self._online.publish(self.person, body, self.at_ms, device.user or device.cookie, signal, detail)
        self.at_ms += int(self.rng.uniform(3_000, 45_000))
