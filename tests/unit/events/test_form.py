from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unifier.events.fields import parse_amount, parse_ms
from unifier.events.form import amount_text, time_text


@given(st.integers(0, 253_402_300_799_999))
def test_a_time_written_is_the_time_read(at: int) -> None:
    text = time_text(at)
    assert parse_ms(text, UTC, "at") == at
    assert text.endswith("Z")
    assert datetime.fromisoformat(text).microsecond == at % 1000 * 1000


@given(st.integers(-(10**15), 10**15), st.sampled_from(["EUR", "JPY", "KWD"]))
def test_an_amount_written_is_the_amount_read(amount: int, currency: str) -> None:
    assert parse_amount(amount_text(amount, currency), "total") == amount


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (1_497_000, "EUR", "149.70"),
        (-5_000, "EUR", "-0.50"),
        (1_000_000, "JPY", "100"),
        (15_000, "KWD", "1.500"),
        (12_345, "EUR", "1.2345"),
    ],
)
def test_amounts_have_the_digits_of_their_currency(amount: int, currency: str, text: str) -> None:
    assert amount_text(amount, currency) == text
