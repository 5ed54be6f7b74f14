import pytest
from hypothesis import given
from hypothesis import strategies as st

from unifier.matching.addresses import place, postcode, street
from unifier.matching.contacts import email, phone
from unifier.matching.dates import birth_date
from unifier.matching.names import fold, full_name, name_part
from unifier.matching.phonetics import cologne

WILD = st.text(max_size=40) | st.text("aeouäöüßsz -'.,0123456789+@()", max_size=25)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Müller", "MUELLER"),
        ("Müller", "Muller"),
        ("Weiß", "weiss"),
        ("Dr. Anna", "anna"),
        ("Frau Prof. Dr. Anna", "Anna"),
        ("Anna-Maria", "anna  maria"),
        ("O’Neil", "O'Neil"),
        ("José", "Jose"),
        ("Łukasz", "Lukasz"),
        ("Мария", "Mariya"),
    ],
)
def test_spellings_of_one_name_are_one(one: str, other: str) -> None:
    assert name_part(one) == name_part(other) != ""


@pytest.mark.parametrize(("one", "other"), [("Bauer", "Baur"), ("Neuer", "Neur"), ("Quelle", "Qulle")])
def test_a_ue_that_is_no_umlaut_stays(one: str, other: str) -> None:
    assert name_part(one) != name_part(other)


@pytest.mark.parametrize("raw", ["Kunde", "GAST", "Test", "Max Mustermann", "-", "123", "Herr", "n/a", ""])
def test_a_placeholder_is_no_name(raw: str) -> None:
    assert name_part(raw) == ""


@pytest.mark.parametrize(
    ("raw", "parts"),
    [
        ("Anna Schmidt", ("anna", "", "schmidt")),
        ("Dr. Anna M. von der Heide", ("anna", "m", "von der heide")),
        ("Schmidt, Anna Maria", ("anna", "maria", "schmidt")),
        ("Schmidt", ("", "", "schmidt")),
    ],
)
def test_a_full_name_is_taken_apart(raw: str, parts: tuple[str, str, str]) -> None:
    assert full_name(raw) == parts


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        (" Anna@Example.DE ", "anna@example.de"),
        ("mailto:anna@example.de", "anna@example.de"),
        ("anna+shop@example.de", "anna@example.de"),
        ("An.Na+x@GoogleMail.com", "anna@gmail.com"),
        ("an.na@example.de", "an.na@example.de"),
        ("anna", ""),
        ("anna@example", ""),
        ("a@b@c.de", ""),
        ("test@test.de", ""),
        ("x" * 300 + "@example.de", ""),
    ],
)
def test_email_has_one_form(raw: str, clean: str) -> None:
    assert email(raw) == clean


@pytest.mark.parametrize(
    ("raw", "country", "clean"),
    [
        ("0176 14893186", "DE", "+4917614893186"),
        ("+49 (0) 176 / 148-93186", "DE", "+4917614893186"),
        ("0049 176 14893186", "", "+4917614893186"),
        ("+49 0176 14893186", "DE", "+4917614893186"),
        ("01 5123456", "AT", "+4315123456"),
        ("(415) 555-2671", "US", "+14155552671"),
        ("030 000 000 00", "DE", ""),
        ("12", "DE", ""),
        ("no phone", "DE", ""),
    ],
)
def test_phone_has_one_form(raw: str, country: str, clean: str) -> None:
    assert phone(raw, country) == clean


@pytest.mark.parametrize(
    ("raw", "country", "clean"),
    [
        ("1968-12-19", "DE", "1968-12-19"),
        ("1968-12-19T00:00:00Z", "DE", "1968-12-19"),
        ("19.12.1968", "DE", "1968-12-19"),
        ("19.12.68", "DE", "1968-12-19"),
        ("1.2.05", "DE", "2005-02-01"),
        ("12/19/1968", "US", "1968-12-19"),
        ("19681219", "AU", "1968-12-19"),
        ("12191968", "US", "1968-12-19"),
        ("1968-19-12", "DE", "1968-12-19"),
        ("1900-01-01", "DE", ""),
        ("01.01.00", "DE", ""),
        ("yesterday", "DE", ""),
    ],
)
def test_birth_date_has_one_form(raw: str, country: str, clean: str) -> None:
    assert birth_date(raw, country) == clean


@pytest.mark.parametrize(
    ("road", "number", "clean"),
    [
        ("Hauptstraße", "12 A", ("hauptstr", "12a")),
        ("Haupt Str. 12a", "", ("hauptstr", "12a")),
        ("HAUPTSTRASSE 12 a", "", ("hauptstr", "12a")),
        ("Königsallee", "5-7", ("konigsallee", "57")),
        ("12 Main Street", "", ("mainst", "12")),
        ("main st", "12", ("mainst", "12")),
    ],
)
def test_streets_have_one_form(road: str, number: str, clean: tuple[str, str]) -> None:
    assert street(road, number) == clean


def test_numbered_streets_differ() -> None:
    assert street("E 36th Street", "4") != street("E 32nd Street", "4")


@pytest.mark.parametrize(("raw", "clean"), [("D-10117", "10117"), ("sw1a 1aa", "SW1A1AA"), ("00000", "")])
def test_postcode_has_one_form(raw: str, clean: str) -> None:
    assert postcode(raw) == clean


@pytest.mark.parametrize(
    ("one", "other"), [("Müller", "Möller"), ("Schmidt", "Schmitt"), ("Meier", "Mayer"), ("Philipp", "Filip")]
)
def test_names_that_sound_alike_have_one_code(one: str, other: str) -> None:
    assert cologne(name_part(one)) == cologne(name_part(other)) != ""


def test_the_code_is_the_published_one() -> None:
    codes = [cologne(fold(name)) for name in ("Wikipedia", "Breschnew", "Lüdenscheidt")]
    assert codes == ["3412", "17863", "52682"]


@given(WILD)
def test_normalising_twice_is_normalising_once(raw: str) -> None:
    for normalise in (fold, name_part, email, postcode, place):
        once = normalise(raw)
        assert normalise(once) == once
    assert phone(phone(raw, "DE"), "DE") == phone(raw, "DE")
    assert birth_date(birth_date(raw, "DE"), "DE") == birth_date(raw, "DE")


@given(WILD, WILD)
def test_normalising_never_raises_and_leaves_plain_text(raw: str, other: str) -> None:
    for text in (fold(raw), email(raw), *street(raw, other), *full_name(raw), cologne(fold(raw))):
        assert text == text.strip()
    assert fold(raw).isascii()
