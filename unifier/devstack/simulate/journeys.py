"""How people shop: each life is a chain of trips, from becoming aware to coming back or giving up.

A life is a generator that yields the time of its next waking, in milliseconds; it tells events while awake.
A trip ends early wherever a real one would. The names of the trips are the retailer's own: *research online,
buy in the store* (ROPO), and *showrooming*, its mirror.
"""

from collections.abc import Callable, Iterator
from typing import Any

from unifier.devstack.simulate.catalogue import CAMPAIGNS, DIRECT, Campaign, Product
from unifier.devstack.simulate.online import CURRENCY, Visit
from unifier.devstack.simulate.people import Device, Person
from unifier.devstack.simulate.retailer import Retailer
from unifier.devstack.simulate.tills import Receipt
from unifier.devstack.simulate.trouble import HOUR_MS

Life = Iterator[int]
Trip = Callable[[Person, Retailer], Life]
DAY_MS = 24 * HOUR_MS


def life(person: Person, shop: Retailer) -> Life:
    """Everything one person does, for good; the clock decides when it ends."""
    rng = shop.rng
    yield shop.now + int(rng.uniform(0, 2.5) * DAY_MS)
    if person.crm_id and rng.random() < 0.4:
        shop.office.record(person, shop.now, duplicate=rng.random() < 0.05)
    while True:
        yield from rng.choices(TRIPS, weights=_tastes(person))[0](person, shop)
        if rng.random() < 0.03:
            _change(person, shop)
        yield _later(person, shop, 4, 60)


def browse(person: Person, shop: Retailer) -> Life:
    """Look around and leave; the next newsletter may call them back."""
    wish = shop.catalogue.wish(shop.rng)
    yield _look(person, shop, wish, _aware(shop)).at_ms
    if person.consents["marketing_email"] and shop.rng.random() < 0.4:
        yield _later(person, shop, 10, 40)
        visit = shop.online.visit(person, shop.now, campaign=CAMPAIGNS[-1])
        visit.track("Email Link Clicked", {"link": f"/{wish.category}"}, "email")
        visit.product(wish)
        yield visit.at_ms


def abandon(person: Person, shop: Retailer) -> Life:
    """Fill a cart and leave it."""
    wish = shop.catalogue.wish(shop.rng)
    visit = _look(person, shop, wish, _aware(shop))
    visit.product(wish, "Product Added")
    if shop.rng.random() < 0.5:
        visit.track("Cart Viewed", {"cart_id": f"c{visit.at_ms}"})
    if shop.rng.random() < 0.3:
        visit.track("Checkout Started", {"value": wish.price / 100})
    yield visit.at_ms


def buy_online(person: Person, shop: Retailer) -> Life:
    """Research, sleep over it, order, wait for the parcel, perhaps say what it is like or send it back."""
    wish = shop.catalogue.wish(shop.rng)
    yield from _research(person, shop, wish)
    yield from _order(person, shop, wish)


def ropo(person: Person, shop: Retailer) -> Life:
    """Research online, buy in the store."""
    wish = shop.catalogue.wish(shop.rng)
    yield from _research(person, shop, wish)
    yield shop.open_hours(_later(person, shop, 4, 40))
    yield from _at_the_till(person, shop, wish)


def showroom(person: Person, shop: Retailer) -> Life:
    """Look at it in the store, on the store's tablet or by scanning its label, and order it at home."""
    wish = shop.catalogue.wish(shop.rng)
    yield shop.open_hours(_later(person, shop, 1, 20))
    if shop.rng.random() < 0.5:
        tablet = shop.tablets[person.store]
        yield _on_the_tablet(person, shop, wish, tablet)
    else:
        visit = shop.online.visit(person, shop.now)
        visit.product(wish, channel="store")
        yield visit.at_ms
    yield _later(person, shop, 3, 30)
    yield from _order(person, shop, wish)


def to_the_store(person: Person, shop: Retailer) -> Life:
    """Buy in the store, as ever: a few errands."""
    for _ in range(shop.rng.choice((1, 2, 3, 4))):
        yield shop.open_hours(_later(person, shop, 1, 16))
        yield from _at_the_till(person, shop, shop.catalogue.wish(shop.rng))


TRIPS: tuple[Trip, ...] = (browse, abandon, buy_online, ropo, showroom, to_the_store)


def _tastes(person: Person) -> tuple[float, ...]:
    """Weights of the trips, in the order of TRIPS."""
    online = person.online
    return (5 * online + 0.5, 2.5 * online, 1.6 * online, 0.8, 0.4 * online, 10 * (1 - online))


# --- parts of trips -----------------------------------------------------------------------------------------


def _research(person: Person, shop: Retailer, wish: Product) -> Life:
    """One to three visits around a wish, on any device at hand."""
    campaign = _aware(shop)
    for _ in range(shop.rng.choice((1, 1, 2, 3))):
        visit = _look(person, shop, wish, campaign)
        if shop.rng.random() < 0.3:
            visit.product(wish, "Product Added to Wishlist")
        yield visit.at_ms
        yield _later(person, shop, 2, 20)
        campaign = DIRECT


def _look(person: Person, shop: Retailer, wish: Product, campaign: Campaign) -> Visit:
    """A visit: the landing page, a list or a search, some products, and the one that is wanted."""
    rng = shop.rng
    visit = shop.online.visit(person, shop.now, campaign=campaign)
    visit.page("Home")
    if person.account_id and not visit.device.user and rng.random() < 0.5:
        visit.sign_in()
    if rng.random() < 0.3:
        visit.track("Products Searched", {"query": wish.name})
    else:
        visit.page("Category", f"/{wish.category}")
        visit.track("Product List Viewed", {"category": wish.category, "list_id": wish.category})
    for _ in range(min(9, int(rng.expovariate(0.45)))):
        visit.product(shop.catalogue.similar(wish, rng))
    visit.product(wish)
    if rng.random() < 0.03:
        visit.product(wish, "Product Shared", "social")
    return visit


def _on_the_tablet(person: Person, shop: Retailer, wish: Product, tablet: Device) -> int:
    """The tablet in the store is everybody's: people sign in, and not all of them sign out."""
    visit = shop.online.visit(person, shop.now, device=tablet)
    visit.product(wish, channel="store")
    if person.account_id and shop.rng.random() < 0.4:
        visit.sign_in()
        visit.product(wish, "Product Added to Wishlist")
        visit.sign_out()
    return visit.at_ms


def _order(person: Person, shop: Retailer, wish: Product) -> Life:
    """The check-out, the parcel, and what comes after it."""
    rng = shop.rng
    visit = shop.online.visit(person, shop.now)
    visit.product(wish)
    visit.product(wish, "Product Added")
    visit.track("Checkout Started", {"value": wish.price / 100})
    if not person.account_id and rng.random() < 0.3:
        visit.open_account()
    elif visit.device.user != person.account_id or not person.account_id:
        visit.sign_in()
    visit.track("Checkout Step Viewed", {"step": 2})
    if rng.random() < 0.15:
        yield visit.at_ms
        return
    number = shop.next_order()
    order = {
        "order_id": number,
        "total": wish.price / 100,
        "revenue": wish.price / 100,
        "currency": CURRENCY[person.home.country],
        "products": [visit.article(wish)],
    }
    visit.track("Order Completed", order, detail=number)
    visit.page("Thank you", "/thanks")
    visitor = {"userId": visit.device.user} if visit.device.user else {"anonymousId": visit.device.cookie}
    yield visit.at_ms
    yield from _parcel(person, shop, wish, order, visitor)


def _parcel(
    person: Person, shop: Retailer, wish: Product, order: dict[str, Any], visitor: dict[str, str]
) -> Life:
    rng = shop.rng
    if rng.random() < 0.04:
        yield shop.now + int(rng.uniform(0.2, 3) * HOUR_MS)
        shop.office.shipped(person, visitor, "Order Cancelled", order, shop.now)
        return
    yield shop.now + int(rng.uniform(6, 20) * HOUR_MS)
    shop.office.shipped(person, visitor, "Order Shipped", order, shop.now)
    yield shop.now + int(rng.uniform(14, 40) * HOUR_MS)
    shop.office.shipped(person, visitor, "Order Delivered", order, shop.now)
    roll = rng.random()
    if roll < 0.08:
        yield _later(person, shop, 20, 70)
        shop.office.shipped(person, visitor, "Order Refunded", order, shop.now)
    elif roll < 0.13 and person.account_id:
        yield shop.now + int(rng.uniform(1, 30) * HOUR_MS)
        shop.office.call(person, shop.now)
    elif roll < 0.30:
        yield _later(person, shop, 20, 60)
        visit = shop.online.visit(person, shop.now, campaign=CAMPAIGNS[-1])
        visit.page("Review", f"/review/{wish.sku}")
        visit.product(wish, "Product Reviewed")
        yield visit.at_ms


def _at_the_till(person: Person, shop: Retailer, wish: Product) -> Life:
    rng = shop.rng
    basket = [wish] + [shop.catalogue.wish(rng) for _ in range(rng.choice((0, 0, 1, 1, 2, 4)))]
    receipt = shop.tills.sale(person, shop.now, basket)
    if receipt is None:
        return
    if rng.random() < 0.12:
        shop.tills.e_receipt(person, receipt)
    if not person.loyalty_id and rng.random() < 0.06:
        shop.join_loyalty(person)
    if rng.random() < 0.06:
        yield from _bring_back(person, shop, receipt)


def _bring_back(person: Person, shop: Retailer, receipt: Receipt) -> Life:
    yield shop.open_hours(_later(person, shop, 20, 100))
    shop.tills.give_back(person, shop.now, receipt)


def _change(person: Person, shop: Retailer) -> None:
    """People move, and marry; those with a customer record tell so."""
    country = person.home.country
    if shop.rng.random() < 0.6:
        person.home = shop.population.address(country)
    else:
        person.last_name = shop.population.surname(country)
    if person.crm_id:
        shop.office.record(person, shop.now)


def _aware(shop: Retailer) -> Campaign:
    """What brought them: nothing in particular, or an ad, a post, a newsletter."""
    return shop.rng.choice(CAMPAIGNS) if shop.rng.random() < 0.4 else DIRECT


def _later(person: Person, shop: Retailer, least_h: float, most_h: float) -> int:
    """Some hours from now, rather at the person's favourite hour."""
    rng = shop.rng
    at = shop.now + int(rng.uniform(least_h, most_h) * HOUR_MS)
    if rng.random() < 0.7:
        at += int(((person.hour + rng.random() - at / HOUR_MS % 24) % 24) * HOUR_MS)
    return at
