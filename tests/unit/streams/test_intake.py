"""From events to fragments."""

from typing import Any

import pytest

from tests.naive.product import RULES, intake_of
from tests.unit.events.reading import event, example
from unifier.events.errors import Unreadable

SALE = 0


def fragment(number: int, customer: dict[str, Any] | None) -> bytes:
    told = example("pos", SALE, sequence_number=number, customer=customer, tenders=None)
    return intake_of(RULES).named(event("pos", told)).fid


NOBODY = (
    "0",
    "0000000000",
    "1111111111",
    "-1",
    "n/a",
    "k.A.",
    "undefined",
    "#N/A",
    "\\N",
    "test",
    "\u200b",
    "\u3164",
)


@pytest.mark.parametrize(
    "customer",
    [
        None,
        {"email": "n/a"},
        {"email": " "},
        {"email": "kasse@shop.example"},
        {"phone": "-"},
        {"first_name": "-"},
        {"first_name": "Anna"},
        {"address": {"postal_code": "10115", "country": "DE"}},
        *[{"loyalty_id": value} for value in NOBODY],
    ],
)
def test_what_names_nobody_makes_no_two_sales_one_persons(customer: dict[str, Any] | None) -> None:
    assert fragment(1, customer) != fragment(2, customer)
    assert fragment(1, customer) == fragment(1, customer)


@pytest.mark.parametrize("value", NOBODY)
def test_an_id_that_names_nobody_is_not_told_by_any_source(value: str) -> None:
    anna = {"messageId": "m", "type": "page", "timestamp": "2026-11-20T16:03Z", "anonymousId": "c-1"}
    assert event("online", anna | {"userId": value}) == event("online", anna)
    assert event("online", anna | {"context": {"device": {"id": value}}}) == event("online", anna)
    with pytest.raises(Unreadable, match="say whom"):
        event("online", anna | {"anonymousId": value})
    for kind in RULES.identifiers:
        assert event("crm", example("crm", identifiers={kind: value})) == event(
            "crm", example("crm", identifiers={})
        )
    assert event("crm", example("crm", merged_into=value)) == event("crm", example("crm", merged_into=None))
    one, other = (
        example("crm", record_id=value, identifiers={}, traits={"email": f"{who}@example.org"})
        for who in "ab"
    )
    assert not fids_and_keys(one) & fids_and_keys(other)


def fids_and_keys(record: dict[str, Any]) -> set[object]:
    named = intake_of(RULES).named(event("crm", record))
    return {named.fid, *(key.text for key in named.keys)}


def test_a_value_that_the_rules_call_shared_is_no_anchor() -> None:
    matching = RULES.matching.model_copy(update={"shared_values": ("loyalty_id:4711",)})
    intake = intake_of(RULES.model_copy(update={"matching": matching}))
    one, other = (
        intake.named(
            event(
                "pos", example("pos", SALE, sequence_number=n, customer={"loyalty_id": "4711"}, tenders=None)
            )
        )
        for n in (1, 2)
    )
    assert one.fid != other.fid


def test_what_names_somebody_does() -> None:
    eva = {"email": "eva@example.org"}
    assert fragment(1, eva) == fragment(2, eva)
