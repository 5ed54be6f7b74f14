from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.scoring import pair_bits
from unifier.events.canonical import TRAITS
from unifier.matching.countries import country_code
from unifier.matching.identity import Identity, exact_keys, identifier, identify, people, person_mark
from unifier.rules import default_rules

RULES = default_rules()
KINDS = [*RULES.identifiers, "of_no_known_type"]
IDENTIFIERS = st.lists(st.tuples(st.sampled_from(KINDS), st.text(max_size=20)), max_size=6)
TOLD = st.dictionaries(st.sampled_from(TRAITS), st.text(max_size=20))


@given(IDENTIFIERS, TOLD, st.sampled_from(["DE", "US", "", "XX"]))
def test_anything_told_makes_an_identity(
    identifiers: list[tuple[str, str]], told: dict[str, str], country: str
) -> None:
    identity = identify(tuple(identifiers), tuple(sorted(told.items())), country)
    assert list(identity.ids) == sorted(set(identity.ids))
    assert all(value for _, value in identity.ids)
    assert Identity._make(list(identity)) == identity
    assert 0 <= person_mark(identity) <= 255


@given(st.permutations([("email", "A@x.de"), ("email", "b@x.de"), ("account_id", "7"), ("email", "a@X.DE")]))
def test_the_order_of_identifiers_does_not_matter(identifiers: list[tuple[str, str]]) -> None:
    identity = identify(tuple(identifiers), (), "DE")
    assert identity.ids == (("account_id", "7"), ("email", "a@x.de"), ("email", "b@x.de"))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "phone"])
def test_a_letter_composed_or_of_two_parts_is_the_same(kind: str) -> None:
    one, other = (normalize(form, "jörg-1@example.org") for form in ("NFC", "NFD"))
    assert one != other
    assert identifier(kind, other) == identifier(kind, one) != ""


def test_values_that_only_fill_a_field_are_dropped() -> None:
    faults = (" undefined ", "(null)", "<nil>", "[object Object]", "false", "guest", "?", "__")
    raw = (
        *[("account_id", fault) for fault in faults],
        ("cookie_id", "0000-0000"),
        ("email", "nobody"),
        ("loyalty_id", " Ab1 "),
    )
    assert identify(raw, (), "DE").ids == (("loyalty_id", "Ab1"),)


def test_an_events_own_country_reads_its_phone_number() -> None:
    identity = identify((("phone", "01 5123456"),), (("country", "at"),), "DE")
    assert identity.ids == (("phone", "+4315123456"),)


def test_values_that_the_rules_call_shared_are_no_keys() -> None:
    raw = (("email", "noreply@shop.example"), ("email", "anna@shop.example"), ("of_no_known_type", "1"))
    assert exact_keys(identify(raw, (), "DE"), RULES) == ["email|anna@shop.example"]


@pytest.mark.parametrize(
    ("shared", "told"),
    [
        ("email:Werkstatt@*", ("email", "werkstatt@shop.example")),
        ("email: Team+Orders@Shop.Example ", ("email", "Team@shop.example")),
        ("phone:+49 (30) 5550 100", ("phone", "030 5550100")),
        ("phone:+49 30 5550 *", ("phone", "030 5550123")),
        ("national_id:536-22-8145", ("national_id", "536 22 8145")),
    ],
)
def test_values_that_the_rules_call_shared_are_compared_as_identifiers_are(
    shared: str, told: tuple[str, str]
) -> None:
    rules = default_rules()
    matching = rules.matching.model_copy(update={"shared_values": (shared,)})
    identity = identify((told,), (), "DE")
    assert exact_keys(identity, rules)
    assert exact_keys(identity, rules.model_copy(update={"matching": matching})) == []


def test_a_shared_value_with_many_stars_is_held_against_a_value_in_no_time() -> None:
    rules = default_rules()
    matching = rules.matching.model_copy(update={"shared_values": ("loyalty_id:*a*a*a*a*a*a*b",)})
    starred = rules.model_copy(update={"matching": matching})
    assert exact_keys(identify((("loyalty_id", "a" * 180),), (), "DE"), starred)
    assert exact_keys(identify((("loyalty_id", "xaxaaaaab"),), (), "DE"), starred) == []


def test_spellings_and_nicknames_with_one_initial_are_one_person_and_others_more() -> None:
    marks = [person_mark(Identity(first=name)) for name in ("gabriele", "gabi", "g", "karin", "")]
    assert len(set(marks[:3])) == 1
    assert people(set(marks)) == 2
    assert people({0}) == people(set()) == 1


def test_accounts_and_names_of_one_holder_are_not_added_up() -> None:
    marks = {person_mark(Identity(first="anna")), person_mark(Identity(ids=(("account_id", "1"),)))}
    assert people(marks) == 1
    assert people(marks | {person_mark(Identity(ids=(("account_id", "2"),)))}) == 2


def test_of_a_very_long_value_only_the_beginning_counts() -> None:
    kinds = [
        "full_name",
        "first_name",
        "last_name",
        "title",
        "street",
        "house_no",
        "city",
        "birth_date",
        "country",
    ]
    for text in ("ab " * 100_000, "1" * 300_000, "Müller GmbH, " * 30_000):
        identity = identify((("email", text), ("phone", text)), tuple((kind, text) for kind in kinds), "DE")
        assert max(map(len, identity[:10])) <= 200
        assert identity.ids == ()


def told(**traits: str) -> Identity:
    return identify((), tuple(sorted(traits.items())), "DE")


HOME = {"street": "Hauptstr. 12", "postal_code": "10117", "city": "Berlin"}


def test_an_address_in_one_line_is_the_same_as_in_fields() -> None:
    assert told(street="Hauptstraße 12, 10117 Berlin")[4:8] == told(**HOME)[4:8] != ("", "", "", "")


def test_a_full_name_fills_what_the_fields_leave_open() -> None:
    fields = told(first_name="Anna", last_name="Schmidt")
    assert told(full_name="Dr. Anna Schmidt") == fields
    assert told(full_name="Schmidt, Anna") == fields
    assert told(first_name="Anna", full_name="Anna Schmidt") == fields
    assert told(last_name="Schmidt", full_name="Müller GmbH").first == ""


def test_rows_of_a_company_are_one_and_its_people_are_not() -> None:
    firm = told(last_name="Müller Bau GmbH", **HOME)
    again = told(full_name="MUELLER BAU G.m.b.H.", street="Hauptstr. 12, 10117 Berlin")
    anna, peter = (told(first_name=name, last_name="Müller Bau GmbH", **HOME) for name in ("Anna", "Peter"))
    owner = told(first_name="Max", last_name="Müller", **HOME)
    merge = RULES.matching.merge_bits
    assert pair_bits(firm, again, RULES) >= merge
    for one, other in ((anna, peter), (anna, firm), (owner, firm), (owner, anna)):
        assert pair_bits(one, other, RULES) < 0.0


def test_companies_of_one_house_are_not_one() -> None:
    firm, other = told(last_name="Müller Bau GmbH", **HOME), told(last_name="Schmidt Reisen GmbH", **HOME)
    assert pair_bits(firm, other, RULES) < RULES.matching.merge_bits


def test_a_company_has_no_birth_date() -> None:
    assert told(last_name="Müller GmbH", birth_date="1968-12-19").birth == ""


@pytest.mark.parametrize(
    ("kind", "raw", "clean"),
    [
        ("national_id", "078-05-1120", "078051120"),
        ("national_id", "12 345 678 A", "12345678A"),
        ("national_id", "123-45-6789", ""),
        ("national_id", "XXX-XX-6789", ""),
        ("national_id", "***-**-6789", ""),
        ("national_id", "X1234567X", "X1234567X"),
        ("email", "a***@example.org", ""),
        ("phone", "0171 55***123", ""),
        ("national_id", "999-99-9999", ""),
        ("loyalty_id", "12-34", "12-34"),
        ("loyalty_id", "n/a", ""),
        ("account_id", "999999", "999999"),
        ("account_id", "null", ""),
    ],
)
def test_an_identifier_that_names_nobody_is_dropped(kind: str, raw: str, clean: str) -> None:
    assert identifier(kind, raw, "DE") == clean


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("de", "DE"),
        ("Deutschland", "DE"),
        ("GERMANY", "DE"),
        ("UK", "GB"),
        ("AUT", "AT"),
        ("España", "ES"),
        ("U.S.A.", "US"),
        ("XX", "XX"),
        ("Atlantis", ""),
        ("", ""),
    ],
)
def test_a_country_has_one_code(raw: str, code: str) -> None:
    assert country_code(raw) == code
