from typing import Any

import pytest

from tests.unit.events.reading import event, example, read, refused
from unifier.events.canonical import Order, Signal
from unifier.events.decode import Decoder
from unifier.events.pos import order_key
from unifier.rules import default_rules
from unifier.settings import SettingsError

SALE, RETURN = range(2)
KEY = "pos:17/3/2026-11-20/4711"


def test_a_sale_tells_its_order_customer_and_place() -> None:
    found = event("pos", example("pos", SALE))
    assert (found.source, found.channel, found.touchpoint, found.name) == ("pos", "store", "store 17", "sale")
    assert found.anchor == ("loyalty_id", "L-1")
    assert found.identifiers == (
        ("loyalty_id", "L-1"),
        ("email", "anna@example.org"),
        ("payment_account", "PAR-1"),
    )
    assert dict(found.traits)["city"] == "Wien"
    assert found.order == Order(KEY, "sale", 499_000, "EUR")
    assert found.signal is Signal.PURCHASE
    assert (found.product, found.category) == ("4711", "shoes")
    assert found.at == 1795192265000


@pytest.mark.parametrize("change", [{"kind": "void"}, {"kind": "no_sale"}, {"training": True}])
def test_voids_drawer_openings_and_training_have_no_effect(change: dict[str, Any]) -> None:
    assert read("pos", example("pos", SALE, **change)) is None


def test_a_void_takes_back_the_sale_that_it_refers_to_and_tells_nothing_else() -> None:
    goods = [{"sku": "1", "category": "shoes"}]
    told = example("pos", RETURN, kind="void", customer={"loyalty_id": "L-9"}, items=goods)
    found = event("pos", told)
    assert found.order == Order(KEY, "cancel", 0, "")
    assert found.anchor == ("receipt", KEY)
    assert (found.signal, found.identifiers, found.product) == (None, (), "")
    assert read("pos", {**told, "training": True}) is None
    assert refused("pos", {**told, "occurred_at": None}).field == "occurred_at"


def test_the_same_transaction_is_the_same_event() -> None:
    assert (
        event("pos", example("pos", SALE)).event_id
        == event("pos", example("pos", SALE, offline=True)).event_id
    )


def test_an_e_receipt_told_later_is_another_event_of_the_same_order() -> None:
    stranger = event("pos", example("pos", SALE, customer=None, tenders=None))
    blanks = event("pos", example("pos", SALE, customer={"loyalty_id": "   "}, tenders=None))
    assert blanks == stranger, "the card of nobody"
    known = event("pos", example("pos", SALE, customer={"email": "anna@example.org"}))
    assert stranger.anchor == ("receipt", KEY)
    assert stranger.identifiers == ()
    assert known.anchor is None
    assert known.event_id != stranger.event_id
    assert known.order == stranger.order


def test_the_event_id_does_not_show_the_customer() -> None:
    assert "anna" not in event("pos", example("pos", SALE)).event_id


def test_a_card_alone_is_the_anchor_by_its_value() -> None:
    found = event("pos", example("pos", SALE, customer=None))
    assert found.anchor is None
    assert found.identifiers == (("payment_account", "PAR-1"),)


def test_a_card_without_par_is_known_by_its_fingerprint() -> None:
    found = event(
        "pos", example("pos", SALE, customer=None, tenders=[{"card_fingerprint": "f"}, {"kind": "cash"}])
    )
    assert found.identifiers == (("payment_account", "f"),)


def test_a_return_without_a_customer_finds_the_receipt_of_its_sale() -> None:
    found = event("pos", example("pos", RETURN))
    assert found.anchor == ("receipt", KEY)
    assert found.order == Order(KEY, "return", 499_000, "EUR", found.event_id.partition("/return")[0])
    assert found.signal is Signal.TROUBLE


def test_a_return_told_as_a_negative_amount_gives_back_the_same() -> None:
    order = event("pos", example("pos", RETURN, total="-49.90")).order
    assert order is not None
    assert (order.amount, order.currency) == (499_000, "EUR")


def test_a_return_without_an_amount_is_of_the_whole_sale() -> None:
    order = event("pos", example("pos", RETURN, total=None, currency=None)).order
    assert order is not None
    assert (order.key, order.kind, order.amount, order.currency) == (KEY, "return", 0, "")


def test_a_return_of_nothing_is_none() -> None:
    assert event("pos", example("pos", RETURN, total="0.00")).order is None


def test_a_customer_without_identifiers_is_anchored_on_what_he_tells() -> None:
    assert event("pos", example("pos", SALE, customer={"last_name": "Huber"}, tenders=None)).anchor is None


def test_a_return_told_again_with_its_customer_is_the_same_return() -> None:
    told = [
        event("pos", example("pos", RETURN, customer=customer)).order
        for customer in ({}, {"email": "a@b.de"})
    ]
    assert told[0] == told[1]


def test_a_return_that_names_no_sale_is_of_itself() -> None:
    found = event("pos", example("pos", RETURN, refers_to=None))
    assert found.order is not None
    assert found.order.key == "pos:17/1/2026-11-23/12"


@pytest.mark.parametrize(
    ("kind", "signal"),
    [
        ("layaway", Signal.PREFERENCE),
        ("reservation", Signal.PREFERENCE),
        ("consultation", Signal.INTEREST),
        ("loyalty_signup", Signal.MEMBERSHIP),
    ],
)
def test_other_transactions_give_signals_and_no_order(kind: str, signal: Signal) -> None:
    found = event("pos", example("pos", SALE, kind=kind))
    assert (found.signal, found.order) == (signal, None)


def test_two_transactions_never_have_one_key() -> None:
    day = {"business_day": "2026-11-20", "sequence_number": 1}
    keys = {
        order_key({"store_id": store, "workstation_id": till, **day})  # type: ignore[typeddict-item]
        for store, till in [("a/b", "c"), ("a", "b/c"), ("a%2Fb", "c"), ("a", "b%2Fc")]
    }
    assert len(keys) == 4


@pytest.mark.parametrize(
    ("told", "utc"),
    [
        ("2026-07-01T12:00:00", "2026-07-01T10:00:00Z"),  # summer
        ("2026-01-15T12:00:00", "2026-01-15T11:00:00Z"),  # winter
        ("2026-03-29T01:59:59", "2026-03-29T00:59:59Z"),  # just before the clocks go forward
        ("2026-03-29T02:30:00", "2026-03-29T01:30:00Z"),  # never on the clock: as before the change
        ("2026-03-29T03:00:00", "2026-03-29T01:00:00Z"),
        ("2026-10-25T02:30:00", "2026-10-25T00:30:00Z"),  # twice on the clock: the first
        ("2026-10-25T02:30:00+01:00", "2026-10-25T01:30:00Z"),  # the second, with its offset
        ("2026-10-25T03:00:00", "2026-10-25T02:00:00Z"),
    ],
)
def test_local_times_are_read_in_the_zone_of_the_tills(told: str, utc: str) -> None:
    assert (
        event("pos", example("pos", SALE, occurred_at=told)).at
        == event("pos", example("pos", SALE, occurred_at=utc)).at
    )


def test_the_zone_is_a_setting() -> None:
    decoder = Decoder(default_rules(), "America/New_York")
    value = b"""{"store_id": "1", "workstation_id": "1", "business_day": "2026-07-01", "sequence_number": 1,
        "kind": "consultation", "occurred_at": "2026-07-01T08:00:00"}"""
    found = decoder.decode("pos", value, (), "t-0-0", 1_795_449_600_000)
    assert found is not None
    assert found.at == 1782907200000  # 12:00 UTC


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../etc/passwd", "Europe"])
def test_an_unknown_zone_is_told_in_one_line(zone: str) -> None:
    with pytest.raises(SettingsError, match=r"UNIFIER_TIMEZONE: .* give an IANA name") as told:
        Decoder(default_rules(), zone)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("change", "reason", "field"),
    [
        ({"total": None}, "missing_field", "total"),
        ({"currency": None}, "missing_field", "currency"),
        ({"occurred_at": None}, "missing_field", "occurred_at"),
        ({"store_id": None}, "missing_field", "store_id"),
        ({"store_id": ""}, "missing_field", "store_id"),
        ({"kind": "gift"}, "unknown_type", "kind"),
        ({"kind": None}, "missing_field", "kind"),
        ({"sequence_number": "12"}, "wrong_type", "sequence_number"),
        ({"sequence_number": -1}, "bad_value", "sequence_number"),
        ({"business_day": "20.11.2026"}, "bad_value", "business_day"),
        ({"total": "49,90"}, "bad_amount", "total"),
        ({"total": "49.90001"}, "bad_amount", "total"),
        ({"total": True}, "wrong_type", "total"),
        ({"currency": "Euro"}, "bad_value", "currency"),
        ({"occurred_at": "yesterday"}, "bad_time", "occurred_at"),
        ({"training": "yes"}, "wrong_type", "training"),
        ({"customer": "Anna"}, "wrong_type", "customer"),
        ({"customer": {"email": "x" * 257}}, "too_long", "customer.email"),
        ({"items": [{}] * 1001}, "too_long", "items"),
        ({"items": [{"sku": "1"}, {"sku": 2}]}, "wrong_type", "items.1.sku"),
    ],
)
def test_what_does_not_fit_is_refused_with_reason_and_field(
    change: dict[str, Any], reason: str, field: str
) -> None:
    problem = refused("pos", example("pos", SALE, **change))
    assert (problem.reason, problem.field) == (reason, field)


def test_a_till_may_leave_the_currency_open_where_nothing_is_counted() -> None:
    assert event("pos", example("pos", SALE, kind="consultation", currency="", total="")).order is None
    assert refused("pos", example("pos", RETURN, currency="Euro")).field == "currency"


def test_a_return_with_an_amount_needs_its_currency() -> None:
    assert refused("pos", example("pos", RETURN, currency=None)).field == "currency"
