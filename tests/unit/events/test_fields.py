from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unifier.events.errors import Unreadable
from unifier.events.fields import parse_amount, parse_ms

amounts = st.decimals(
    min_value=-999_999_999_999, max_value=999_999_999_999, places=4, allow_nan=False, allow_infinity=False
)


@given(amounts, st.integers(0, 3))
def test_decimal_text_is_exact(amount: Decimal, zeros: int) -> None:
    assert parse_amount(f"{amount:f}" + "0" * zeros, "total") == int(amount * 10_000)


@given(st.lists(st.integers(-10_000_00, 10_000_00), max_size=30))
def test_sums_of_cents_are_exact_also_from_json_numbers(cents: list[int]) -> None:
    assert sum(parse_amount(cent / 100, "total") for cent in cents) == sum(cents) * 100


@pytest.mark.parametrize("told", ["-0.01", "-0.5", "-.5"])
def test_the_sign_counts_for_the_part_after_the_point_too(told: str) -> None:
    if told.startswith("-0"):
        assert parse_amount(told, "total") == int(Decimal(told) * 10_000)
    else:
        with pytest.raises(Unreadable):
            parse_amount(told, "total")


@pytest.mark.parametrize(
    "told",
    [
        "",
        " 1",
        "1 ",
        "1,00",
        "1.",
        ".5",
        "1e3",
        "NaN",
        "Infinity",
        "1_000",
        "١",
        "0x1",
        "1.00001",
        "1" * 13,
        "+1",
    ],
)
def test_what_is_no_plain_decimal_is_refused(told: str) -> None:
    with pytest.raises(Unreadable) as problem:
        parse_amount(told, "total")
    assert (problem.value.reason, problem.value.field) == ("bad_amount", "total")


@pytest.mark.parametrize("told", [1e12, -1e12, 1e300])
def test_numbers_from_a_trillion_on_are_refused(told: float) -> None:
    with pytest.raises(Unreadable):
        parse_amount(told, "total")


@given(st.datetimes(datetime(1970, 1, 2), datetime(9999, 12, 30)), st.integers(-14 * 60, 14 * 60))
def test_a_time_with_an_offset_is_exact_to_the_millisecond(local: datetime, minutes: int) -> None:
    sign, (hours, rest) = "-" if minutes < 0 else "+", divmod(abs(minutes), 60)
    text = f"{local.isoformat(timespec='microseconds')}{sign}{hours:02}:{rest:02}"
    since = local - timedelta(minutes=minutes) - datetime(1970, 1, 1)
    assert parse_ms(text, UTC, "at") == since // timedelta(milliseconds=1)


@pytest.mark.parametrize(
    "told", ["1970-01-01t00:00:01z", "1970-01-01t00:00:01Z", "1970-01-01T02:00:01+02:00"]
)
def test_small_letters_are_rfc_3339_too(told: str) -> None:
    assert parse_ms(told, UTC, "at") == 1_000


@pytest.mark.parametrize(
    "told", ["1970-01-01", "1970-01-01T00:00:00.0004Z", "1970-01-01T01:00+01:00", "1970-01-01T00:00:00.001Z"]
)
def test_the_very_first_instant_is_a_time_and_not_what_stands_for_none(told: str) -> None:
    assert parse_ms(told, UTC, "at") == 1


@given(st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1)))
def test_every_local_time_is_read_and_comes_back_unless_the_clock_skipped_it(local: datetime) -> None:
    zone = ZoneInfo("Europe/Berlin")
    at = parse_ms(local.isoformat(), zone, "at")
    back = datetime.fromtimestamp(at / 1000, zone).replace(tzinfo=None)
    skipped = back - local.replace(microsecond=local.microsecond // 1000 * 1000)
    assert abs(skipped) < timedelta(milliseconds=2) or abs(skipped - timedelta(hours=1)) < timedelta(
        milliseconds=2
    )


@pytest.mark.parametrize(
    "told",
    ["", "soon", "2026-02-30", "2026-11-20T25:00:00Z", "1969-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00"],
)
def test_what_is_no_time_since_1970_is_refused(told: str) -> None:
    with pytest.raises(Unreadable) as problem:
        parse_ms(told, UTC, "at")
    assert (problem.value.reason, problem.value.field) == ("bad_time", "at")
    assert problem.value.__context__ is None
