from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unifier.matching.dates import birth_date


@pytest.mark.parametrize(
    ("raw", "country", "clean"),
    [
        ("1968-12-19", "DE", "1968-12-19"),
        ("1968-12-19T00:00:00Z", "DE", "1968-12-19"),
        ("1968-12-19 00:00:00", "DE", "1968-12-19"),
        ("1968/12/19", "US", "1968-12-19"),
        ("19.12.1968", "DE", "1968-12-19"),
        ("19. 12. 1968", "DE", "1968-12-19"),
        ("19.12.1968 00:00", "DE", "1968-12-19"),
        ("3/4/1968", "GB", "1968-04-03"),
        ("3/4/1968", "US", "1968-03-04"),
        ("3-4-1968", "US", "1968-03-04"),
        ("3.4.1968", "US", "1968-04-03"),
        ("19/12/1968", "US", "1968-12-19"),
        ("19.12.68", "DE", "1968-12-19"),
        ("1.2.05", "DE", "2005-02-01"),
        ("1.2.21", "DE", "1921-02-01"),
        ("12/19/1968", "US", "1968-12-19"),
        ("19681219", "AU", "1968-12-19"),
        ("12191968", "US", "1968-12-19"),
        ("19121968", "DE", "1968-12-19"),
        ("1968-19-12", "DE", "1968-12-19"),
        ("19. Dezember 1968", "DE", "1968-12-19"),
        ("19. Jänner 1968", "AT", "1968-01-19"),
        ("3. März 1968", "DE", "1968-03-03"),
        ("19 Dec 1968", "GB", "1968-12-19"),
        ("December 19th, 1968", "US", "1968-12-19"),
        ("1er février 1968", "FR", "1968-02-01"),
        ("19 août 1968", "FR", "1968-08-19"),
        ("19 mrt 1968", "NL", "1968-03-19"),
        ("19 maggio 1968", "IT", "1968-05-19"),
        ("19 de diciembre de 1968", "ES", "1968-12-19"),
        ("19-Dec-68", "GB", "1968-12-19"),
        ("1968-Dec-19", "GB", "1968-12-19"),
        ("25191", "DE", "1968-12-19"),
        ("1984-02-31", "DE", "1984-02-31"),
        ("1901-02-01", "DE", "1901-02-01"),
        ("1980-01-02", "DE", "1980-01-02"),
    ],
)
def test_birth_date_has_one_form(raw: str, country: str, clean: str) -> None:
    assert birth_date(raw, country) == clean


@pytest.mark.parametrize(
    "raw",
    [
        "1900-01-01",
        "01.01.1900",
        "01.01.00",
        "1970-01-01",
        "2000-01-01",
        "9999-12-31",
        "0001-01-01",
        "0000-00-00",
        "1968-00-00",
        "1968",
        "12/1968",
        "1968-45-71",
        "2068-12-19",
        "1768-12-19",
        "yesterday",
        "19 Foo 1968",
        "19 Dec 196",
        "119 Dec 1968",
        "123",
        "",
    ],
)
def test_what_is_no_date_or_was_not_asked_is_blank(raw: str) -> None:
    assert birth_date(raw, "DE") == ""


@given(
    st.dates(date(1800, 1, 1)),
    st.sampled_from(["{0.day}.{0.month}.{0.year:04d}", "{0.day} {0:%B} {0.year:04d}", "{0:%Y%m%d}"]),
)
def test_every_way_of_writing_a_date_gives_the_date(day: date, written: str) -> None:
    told = birth_date(f"{day:%Y-%m-%d}", "DE")
    if told:
        assert birth_date(written.format(day), "DE") == told


@given(
    st.text(max_size=40) | st.text("0123456789./- Tmayjun", max_size=14), st.sampled_from(["DE", "US", ""])
)
def test_dates_never_raise_and_twice_normalised_are_once_normalised(raw: str, country: str) -> None:
    once = birth_date(raw, country)
    assert birth_date(once, country) == once
    assert once == "" or len(once) == 10
