from typing import Any

import orjson
import pytest

from tests.unit.events.reading import POSITION, event, example, read, refused
from unifier.events.canonical import Order, Signal
from unifier.events.online import TELLING, Online, device_of, is_bot, section
from unifier.rules import default_rules

RULES = default_rules()

TRACK, ORDER, IDENTIFY, PAGE, ALIAS = range(5)


def track(name: str, **properties: Any) -> dict[str, Any]:
    return example("online", TRACK, event=name, properties=properties)


def test_a_track_call_becomes_a_touch_of_its_account() -> None:
    found = event("online", example("online", TRACK))
    assert (found.event_id, found.source, found.channel, found.touchpoint) == (
        "b5a1f0d2",
        "online",
        "web",
        "product",
    )
    assert found.anchor == ("account_id", "account-1")
    assert found.identifiers == (
        ("account_id", "account-1"),
        ("cookie_id", "cookie-1"),
        ("device_id", "device-1"),
    )
    assert found.signal is Signal.INTEREST
    assert found.at == 1795190591120
    assert found.consents == (("marketing_email", False), ("stitching", True))
    assert (found.product, found.category) == ("4711", "shoes")


@pytest.mark.parametrize(
    ("ids", "anchor"),
    [
        ({"userId": "a", "anonymousId": "c"}, ("account_id", "a")),
        ({"userId": None, "anonymousId": "c"}, ("cookie_id", "c")),
        ({"userId": "", "anonymousId": "c"}, ("cookie_id", "c")),
        ({"userId": " ", "anonymousId": "c"}, ("cookie_id", "c")),
        ({"userId": None, "anonymousId": None}, ("device_id", "device-1")),
    ],
)
def test_the_anchor_is_the_account_else_the_cookie_else_the_device(
    ids: dict[str, str | None], anchor: tuple[str, str]
) -> None:
    assert event("online", example("online", TRACK, **ids)).anchor == anchor


def test_without_any_id_the_values_themselves_are_the_anchor() -> None:
    payload = example("online", IDENTIFY, userId=None, anonymousId=None)
    found = event("online", payload)
    assert found.anchor is None
    assert ("email", "anna@example.org") in found.identifiers


@pytest.mark.parametrize("cookie", [None, " ", "\N{NO-BREAK SPACE}"])
def test_an_event_that_names_nobody_is_refused(cookie: str | None) -> None:
    payload = example("online", PAGE, anonymousId=cookie)
    assert (refused("online", payload).reason, refused("online", payload).field) == (
        "missing_field",
        "anonymousId",
    )


@pytest.mark.parametrize(
    ("number", "signal"),
    [(TRACK, Signal.INTEREST), (PAGE, Signal.TOUCH), (IDENTIFY, None), (ALIAS, None)],
    ids=["track", "page", "identify", "alias"],
)
def test_who_somebody_is_is_no_touch(number: int, signal: Signal | None) -> None:
    assert event("online", example("online", number)).signal is signal


def test_a_screen_and_an_event_of_any_name_are_a_touch() -> None:
    assert event("online", example("online", PAGE, type="screen")).signal is Signal.TOUCH
    assert event("online", track("Newsletter Popup Closed")).signal is Signal.TOUCH


def test_the_rules_may_say_that_an_identify_is_a_signal() -> None:
    told = RULES.signals.model_copy(update={"online": {"identify": Signal.TOUCH}})
    online = Online(RULES.model_copy(update={"signals": told}))
    found = online.read(orjson.dumps(example("online", IDENTIFY)), "", "")
    assert found is not None
    assert found.signal is Signal.TOUCH


def test_identify_tells_traits_and_identifiers() -> None:
    found = event("online", example("online", IDENTIFY))
    assert dict(found.traits) == {
        "first_name": "Anna",
        "last_name": "Huber",
        "birth_date": "1984-02-29",
        "street": "Hauptstraße 1",
        "postal_code": "1010",
        "city": "Wien",
        "country": "AT",
    }
    assert list(found.traits) == sorted(found.traits)
    assert {("email", "anna@example.org"), ("phone", "+43 1 5550100")} <= set(found.identifiers)


@pytest.mark.parametrize(
    "where", [{"context": {"traits": {"email": "a@b.example"}}}, {"properties": {"email": "a@b.example"}}]
)
def test_an_email_counts_wherever_segment_puts_it(where: dict[str, Any]) -> None:
    found = event("online", example("online", TRACK, **where))
    assert found.identifiers.count(("email", "a@b.example")) == 1


def test_names_in_snake_case_are_read_too_as_the_segment_specification_allows() -> None:
    traits = {
        "first_name": "Anna",
        "middle_name": "Maria",
        "last_name": "Huber",
        "address": {"street": "Hauptstraße", "house_number": "1", "postal_code": "1010"},
    }
    found = event("online", example("online", IDENTIFY, traits=traits))
    assert dict(found.traits) == {
        "first_name": "Anna",
        "middle_name": "Maria",
        "last_name": "Huber",
        "street": "Hauptstraße",
        "house_no": "1",
        "postal_code": "1010",
    }


def test_a_group_call_tells_its_ids_and_nothing_of_the_group() -> None:
    traits = {"name": "Initech", "email": "info@initech.example"}
    found = event("online", example("online", PAGE, type="group", groupId="g", userId="a", traits=traits))
    assert found.signal is None
    assert found.identifiers == (("account_id", "a"), ("cookie_id", "cookie-1"))
    assert not found.traits


def test_alias_claims_the_previous_id_as_account_and_as_cookie() -> None:
    assert event("online", example("online", ALIAS)).same_as == (
        ("account_id", "cookie-0"),
        ("cookie_id", "cookie-0"),
    )


def test_alias_of_the_cookie_named_beside_it_claims_that_cookie_alone() -> None:
    found = event("online", example("online", ALIAS, anonymousId="cookie-0"))
    assert found.same_as == (("cookie_id", "cookie-0"),)


@pytest.mark.parametrize(
    ("name", "kind", "signal"),
    [
        ("Order Completed", "sale", Signal.PURCHASE),
        ("Order Refunded", "return", Signal.TROUBLE),
        ("Order Cancelled", "cancel", Signal.TROUBLE),
        ("Order Shipped", "fulfilment", Signal.FULFILMENT),
    ],
)
def test_order_events_carry_the_order_and_its_signal(name: str, kind: str, signal: Signal) -> None:
    found = event("online", track(name, order_id=" A-1", total="20.00", currency="eur"))
    assert found.order is not None
    assert (found.order.key, found.order.kind, found.signal) == ("online:A-1", kind, signal)
    if kind != "fulfilment":
        assert (found.order.amount, found.order.currency) == (200_000, "EUR")


@pytest.mark.parametrize(
    ("properties", "amount"),
    [
        ({"total": 20.1, "revenue": 18}, 201_000),
        ({"revenue": "18.00"}, 180_000),
        ({"total": 0.1 + 0.2}, 3_000),
        ({"products": [{"price": "9.99", "quantity": 2}, {"price": 0.02}, {"product_id": "gift"}]}, 200_000),
        ({"total": "-5.5"}, -55_000),
    ],
)
def test_the_amount_is_the_total_else_the_revenue_else_the_sum_of_the_products(
    properties: dict[str, Any], amount: int
) -> None:
    found = event("online", track("Order Completed", order_id="A-1", currency="EUR", **properties))
    assert found.order == Order("online:A-1", "sale", amount, "EUR")


def test_products_that_come_to_a_trillion_are_no_amount() -> None:
    products = [{"price": "999999999999", "quantity": sign} for sign in ("2", "-4")]
    for told in (products[:1], products):
        problem = refused("online", track("Order Completed", order_id="A-1", currency="EUR", products=told))
        assert (problem.reason, problem.field) == ("bad_amount", "properties.products")


def test_a_refund_without_an_amount_is_of_the_whole_order() -> None:
    assert event("online", track("Order Refunded", order_id="A-1")).order == Order(
        "online:A-1", "return", 0, ""
    )


def test_a_refund_of_nothing_gives_nothing_back() -> None:
    assert event("online", track("Order Refunded", order_id="A-1", total=0, currency="EUR")).order is None


def test_a_refund_told_as_a_negative_amount_gives_back_the_same() -> None:
    found = event("online", track("Order Refunded", order_id="A-1", total="-7.50", currency="EUR"))
    assert found.order == Order("online:A-1", "return", 75_000, "EUR")


@pytest.mark.parametrize(
    ("properties", "field"),
    [
        ({"total": 1, "currency": "EUR"}, "properties.order_id"),
        ({"total": 1, "currency": "EUR", "order_id": " "}, "properties.order_id"),
        ({"order_id": "A-1", "currency": "EUR"}, "properties.total"),
        ({"order_id": "A-1", "total": 1}, "properties.currency"),
    ],
)
def test_an_order_without_its_id_amount_or_currency_is_refused(
    properties: dict[str, Any], field: str
) -> None:
    problem = refused("online", track("Order Completed", **properties))
    assert (problem.reason, problem.field) == ("missing_field", field)


@pytest.mark.parametrize("currency", ["", "Euro", "EUR\n", "\u20ac"])
def test_a_currency_refuses_an_event_only_where_it_is_counted(currency: str) -> None:
    assert event("online", track("Product Viewed", price=1, currency=currency)).order is None
    cancelled = event("online", track("Order Cancelled", order_id="A-1", currency=currency)).order
    assert cancelled == Order("online:A-1", "cancel", 0, "")
    told = track("Order Completed", order_id="A-1", total=1, currency=currency)
    assert refused("online", told).field == "properties.currency"


def test_what_only_describes_is_cut_off_and_refuses_no_event() -> None:
    long = "x" * 8_000
    context = {"campaign": {"name": long, "source": long}, "device": {"type": long}, "channel": "ads"}
    found = event("online", track("Product Viewed", category=long) | {"context": context})
    assert (found.touchpoint, found.category, found.campaign) == ("x" * 100,) * 3
    page = {"type": "page", "name": long, "timestamp": "2026-11-20T16:03Z", "anonymousId": "c"}
    assert event("online", page).touchpoint == "x" * 100


@pytest.mark.parametrize(
    ("context", "channel", "touchpoint"),
    [
        ({"channel": "email", "campaign": {"name": "black week"}}, "email", "black week"),
        ({"channel": "ads", "campaign": {"source": "search"}}, "ads", "search"),
        ({"channel": "call_centre"}, "call_centre", "complaint"),
        ({"channel": "pigeon post"}, "web", "complaint"),
        ({"page": {"url": "https://shop.example/de/service/17?x=1"}}, "web", "service"),
        ({}, "web", "complaint"),
    ],
)
def test_channel_and_touchpoint_say_where_it_happened(
    context: dict[str, Any], channel: str, touchpoint: str
) -> None:
    found = event("online", example("online", TRACK, event="Complaint", context=context))
    assert (found.channel, found.touchpoint) == (channel, touchpoint)
    assert found.signal is Signal.TROUBLE


@pytest.mark.parametrize(
    ("told", "attributes"),
    [
        ({"userAgent": "Mozilla/5.0 (iPad; CPU OS 19_0)"}, (("device", "tablet"),)),
        ({"userAgent": "Mozilla/5.0 (Linux; Android 16; Pixel)"}, (("device", "tablet"),)),
        ({"userAgent": "Mozilla/5.0 (Linux; Android 16; Pixel) Mobile"}, (("device", "mobile"),)),
        ({"userAgent": "Mozilla/5.0 (X11; Linux x86_64)"}, (("device", "desktop"),)),
        ({"device": {"id": "d", "type": "Android"}, "userAgent": "okhttp"}, (("device", "android"),)),
        ({"location": {"country": "Germany", "region": "Bavaria"}}, (("region", "bavaria"),)),
        ({"location": {"country": "Germany"}}, (("region", "germany"),)),
        ({}, ()),
    ],
)
def test_a_step_tells_the_device_and_the_region(
    told: dict[str, Any], attributes: tuple[tuple[str, str], ...]
) -> None:
    assert event("online", {**track("Product Added"), "context": told}).attributes == attributes
    assert event("online", {**track("Coupon Entered"), "context": told}).attributes == ()


def test_the_campaign_is_told_whatever_the_channel() -> None:
    named = {"channel": "web", "campaign": {"name": "autumn", "source": "letter"}}
    assert event("online", {**track("Product Viewed"), "context": named}).campaign == "autumn"
    unnamed = {"campaign": {"source": "letter"}}
    assert event("online", {**track("Product Viewed"), "context": unnamed}).campaign == "letter"


def test_a_screen_is_a_touch_in_the_app() -> None:
    found = event("online", example("online", PAGE, type="screen"))
    assert (found.channel, found.touchpoint, found.name, found.signal) == (
        "app",
        "home",
        "screen",
        Signal.TOUCH,
    )


def test_a_page_named_like_a_track_event_is_a_touch() -> None:
    assert event("online", example("online", PAGE, name="Order Completed")).signal is Signal.TOUCH


@pytest.mark.parametrize("where", [{"url": "https://shop.example/de/sale?x=1"}, {"path": "/sale/17"}])
def test_a_page_may_tell_its_address_as_a_property(where: dict[str, str]) -> None:
    page = example("online", PAGE, name=None, properties=where)
    assert event("online", page).touchpoint == "sale"
    assert event("online", page | {"context": {"page": {"path": "/cart"}}}).touchpoint == "cart"


def test_an_address_among_the_properties_of_a_track_call_is_the_products() -> None:
    told = example("online", TRACK, event="Product Clicked", context={})
    told["properties"] = {"url": "/shoes", "path": ["a"]}
    assert event("online", told).touchpoint == "product clicked"


def test_an_event_without_an_id_is_named_by_its_position() -> None:
    assert event("online", example("online", TRACK, messageId=None)).event_id == POSITION


def test_null_is_as_good_as_absent() -> None:
    payload = {**example("online", TRACK), "context": None, "properties": None, "userId": None}
    assert event("online", payload).anchor == ("cookie_id", "cookie-1")


def test_unknown_fields_are_ignored() -> None:
    payload = {**example("online", TRACK), "integrations": {"All": True}, "version": 2}
    assert event("online", payload) == event("online", example("online", TRACK))


@pytest.mark.parametrize(
    "agent",
    [
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/119.0",
        "curl/8.5.0",
        "facebookexternalhit/1.1",
        "AdsBot-Google (+http://www.google.com/adsbot.html)",
    ],
)
def test_events_of_bots_have_no_effect(agent: str) -> None:
    assert read("online", example("online", TRACK, context={"userAgent": agent})) is None


@pytest.mark.parametrize(
    "agent",
    [
        "Mozilla/5.0 (Linux; Android 11; CUBOT_X30) AppleWebKit/537.36",
        "Mozilla/5.0 (Linux; Android 11; CUBOT KINGKONG) AppleWebKit/537.36",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X)",
    ],
)
def test_phones_are_no_bots(agent: str) -> None:
    assert not is_bot(agent)


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://shop.example/", "home"),
        ("https://shop.example", "home"),
        ("https://shop.example/Product/17", "product"),
        ("/de-AT/cart", "cart"),
        ("/12345", "page"),
        ("/de/12345", "page"),
        ("/p/anna@example.org", "p"),
        ("/anna@example.org", "page"),
        ("", "home"),
    ],
)
def test_the_path_tells_the_kind_of_page_and_no_ids(url: str, place: str) -> None:
    assert section(url) == place


def test_no_more_of_an_address_or_a_user_agent_is_remembered_than_tells_something() -> None:
    for remembered in (is_bot, device_of, section):
        remembered.cache_clear()
    for number in range(20):
        context = {
            "userAgent": "Mozilla/5.0 (iPad)".ljust(TELLING) + f"{number}",
            "page": {"url": "https://shop.example/checkout/".ljust(TELLING, "x") + f"{number}"},
        }
        viewed = event("online", example("online", TRACK, event="Product Viewed", context=context))
        assert ("device", "tablet") in viewed.attributes
        page = event("online", example("online", PAGE, name=None, context=context))
        assert page.touchpoint == "checkout"
    assert [remembered.cache_info().currsize for remembered in (is_bot, device_of, section)] == [1, 1, 1]
