import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from unifier.matching.contacts import email, phone

WILD = st.text(max_size=40) | st.text("abx -.,0123456789+@()#;=/", max_size=25)
COUNTRIES = st.sampled_from(["DE", "AT", "CH", "GB", "FR", "NL", "US", "IT", "ES", "PL", "", "XX"])


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        (" Anna@Example.DE ", "anna@example.de"),
        ("mailto:anna@example.de", "anna@example.de"),
        ("Anna Schmidt <anna@example.de>", "anna@example.de"),
        ("anna@example.de; peter@example.de", "anna@example.de"),
        ("anna (at) example.de", "anna@example.de"),
        ("anna @ example.de", "anna@example.de"),
        ("anna@example.de.", "anna@example.de"),
        ("anna+shop@example.de", "anna@example.de"),
        ("An.Na+x@GoogleMail.com", "anna@gmail.com"),
        ("an.na@example.de", "an.na@example.de"),
        ("an.na@gmx.de", "an.na@gmx.de"),
        ("anna@gmial.com", "anna@gmail.com"),
        ("anna@gmail.con", "anna@gmail.com"),
        ("anna@me.com", "anna@icloud.com"),
        ("anna-shop@yahoo.de", "anna@yahoo.de"),
        ("anna-maria@gmx.de", "anna-maria@gmx.de"),
        ("anna@hotmail.de", "anna@hotmail.de"),
        ("anna@müller.de", "anna@xn--mller-kva.de"),
        ("müller@web.de", "müller@web.de"),
        ("testa@example.de", "testa@example.de"),
        ("info@example.de", "info@example.de"),
    ],
)
def test_what_reaches_one_mailbox_has_one_form(raw: str, clean: str) -> None:
    assert email(raw) == clean


@pytest.mark.parametrize(
    "raw",
    [
        "anna",
        "anna@example",
        "a@b@c.de",
        "test@test.de",
        "kein@web.de",
        "x" * 300 + "@example.de",
        "@x.de",
        "+a@x.de",
        "",
    ],
)
def test_what_is_no_mailbox_is_blank(raw: str) -> None:
    assert email(raw) == ""


@pytest.mark.parametrize(
    ("raw", "country", "clean"),
    [
        ("0176 14893186", "DE", "+4917614893186"),
        ("176 14893186", "DE", "+4917614893186"),
        ("4917614893186", "DE", "+4917614893186"),
        ("+49 (0) 176 / 148-93186", "DE", "+4917614893186"),
        ("+49 (0) 176 / 148-93186", "US", "+4917614893186"),
        ("0049 176 14893186", "", "+4917614893186"),
        ("+49 0176 14893186", "DE", "+4917614893186"),
        ("Tel.: 0176/14893186", "DE", "+4917614893186"),
        ("+49 00176 14893186", "DE", "+4917614893186"),
        ("0176 14893186 oder 030 1234", "DE", "+4917614893186"),
        ("17614893186.0", "DE", "+4917614893186"),
        ("01 5123456", "AT", "+4315123456"),
        ("0664 1234567", "AT", "+436641234567"),
        ("044 668 18 00", "CH", "+41446681800"),
        ("020 7946 0018", "GB", "+442079460018"),
        ("+44 (0)20 7946 0018", "DE", "+442079460018"),
        ("01 42 68 53 00", "FR", "+33142685300"),
        ("020 624 1111", "NL", "+31206241111"),
        ("06 6982 1234", "IT", "+390669821234"),
        ("+39 06 6982 1234", "DE", "+390669821234"),
        ("612 34 56 79", "ES", "+34612345679"),
        ("(415) 555-2671", "US", "+14155552671"),
        ("1-415-555-2671", "US", "+14155552671"),
        ("011 49 176 14893186", "US", "+4917614893186"),
        ("(415) 555-2671 ext. 12", "US", "+14155552671;ext=12"),
        ("415-555-2671x12", "US", "+14155552671;ext=12"),
        ("030 901820 Durchwahl 12", "DE", "+4930901820;ext=12"),
        ("030 901820-12", "DE", "+493090182012"),
        ("0664 1234567", "", "06641234567"),
    ],
)
def test_all_ways_to_dial_a_line_are_one(raw: str, country: str, clean: str) -> None:
    assert phone(raw, country) == clean


@pytest.mark.parametrize(
    ("raw", "country"),
    [
        ("030 000 000 00", "DE"),
        ("0171 1111111", "DE"),
        ("0123456789", "DE"),
        ("0176 12345678", "DE"),
        ("(555) 555-5555", "US"),
        ("4.91761E+12", "DE"),
        ("12", "DE"),
        ("+49 30", "DE"),
        ("000542281414", ""),
        ("no phone", "DE"),
        ("", "DE"),
    ],
)
def test_what_is_no_line_is_blank(raw: str, country: str) -> None:
    assert phone(raw, country) == ""


@given(WILD, COUNTRIES)
def test_contacts_never_raise_and_twice_normalised_are_once_normalised(raw: str, country: str) -> None:
    assert email(email(raw)) == email(raw)
    assert phone(phone(raw, country), country) == phone(raw, country)


@example("+310000001", "DE")
@given(st.from_regex(r"(\+|00)?[1-9][0-9]{0,14}( ?(x|ext) ?[0-9]{1,4})?", fullmatch=True), COUNTRIES)
def test_numbers_twice_normalised_are_once_normalised(raw: str, country: str) -> None:
    assert phone(phone(raw, country), country) == phone(raw, country)
