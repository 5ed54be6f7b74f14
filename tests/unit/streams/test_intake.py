"""From events to fragments."""

from typing import Any

import pytest

from tests.naive.product import RULES, intake_of
from tests.unit.events.reading import event, example

SALE = 0


def fragment(number: int, customer: dict[str, Any] | None) -> bytes:
    told = example("pos", SALE, sequence_number=number, customer=customer, tenders=None)
    return intake_of(RULES).named(event("pos", told)).fid


@pytest.mark.parametrize(
    "customer", [None, {"email": "n/a"}, {"email": " "}, {"phone": "-"}, {"first_name": "-"}]
)
def test_what_names_nobody_makes_no_two_sales_one_persons(customer: dict[str, Any] | None) -> None:
    assert fragment(1, customer) != fragment(2, customer)
    assert fragment(1, customer) == fragment(1, customer)


def test_what_names_somebody_does() -> None:
    eva = {"email": "eva@example.org"}
    assert fragment(1, eva) == fragment(2, eva)
