import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unifier.events.errors import Unreadable
from unifier.events.fields import parse_amount, parse_ms
from unifier.events.form import amount_text, json_bytes, time_text
from unifier.events.letter import dead_letter_message
from unifier.streams.redaction import without_record


@given(st.integers(1, 253_402_300_799_999))  # 0 stands for no time
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


def dead_letter(length: int) -> bytes:
    refused = Unreadable("not_json", "", "send UTF-8 JSON")
    return dead_letter_message(refused, "unifier.online", 0, 1, 2, bytes(length))


def erased_letter(length: int) -> bytes:
    refused = Unreadable("not_json", "x" * length, "send UTF-8 JSON")
    return without_record(dead_letter_message(refused, "unifier.online", 0, 1, 2, b"")) or b""


@pytest.mark.parametrize("length", [1_000, 100_000])
@pytest.mark.parametrize("made", [dead_letter, erased_letter, lambda length: json_bytes("x" * length)])
def test_a_message_takes_no_more_memory_than_its_length(made: Callable[[int], bytes], length: int) -> None:
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        kept = [made(length) for _ in range(20)]
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 1.1 * sum(map(len, kept)) + 10_000
