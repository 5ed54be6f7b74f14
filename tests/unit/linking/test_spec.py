import pytest

from unifier.matching.identity import Identity
from unifier.matching.spec import CELL_MAX, SpecError, parse_spec

from .conftest import PEOPLE


def test_a_row_is_what_an_event_would_tell() -> None:
    spec = parse_spec(PEOPLE + '\njob = "attribute:occupation"\nhome = "address"\nzip = "postcode"', "spec")
    row = {"first": "Änne", "last": "MÜLLER", "mail": "A@X.de", "card": "17", "job": "Bus-Driver"}
    row |= {"home": "Hauptstraße 5", "zip": "D-10117"}
    assert spec.identity(row) == Identity(
        first="anne",
        last="muller",
        street="hauptstr",
        house_no="5",
        postcode="10117",
        attributes=(("occupation", "bus driver"),),
        ids=(("customer_no", "17"), ("email", "a@x.de")),
    )


def test_a_whole_line_of_a_name_or_an_address_is_taken_apart() -> None:
    spec = parse_spec("id = 'x'\ncountry = 'DE'\n[columns]\nwho = 'full_name'\nhome = 'address'", "spec")
    row = {"who": "Dr. Anna von der Heide", "home": "Hauptstraße 5, 10117 Berlin"}
    assert spec.identity(row) == Identity(
        first="anna", last="heide", street="hauptstr", house_no="5", postcode="10117", city="berlin"
    )


def test_a_cell_of_a_million_characters_says_nothing() -> None:
    spec = parse_spec(PEOPLE, "spec")
    assert spec.identity({"first": "Anna", "card": "1" * 10**6}) == spec.identity({"first": "Anna"})
    assert spec.identity({"card": "12" * (CELL_MAX // 2)}).ids


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("id = ", "spec.toml: not TOML"),
        ("[columns]\nx = 'city'", "spec.toml: id: missing; add it, as docs/linking.md shows"),
        ("id = 'x'", "spec.toml: columns: missing; add it, as docs/linking.md shows"),
        ("id = 'x'\n[columns]", "spec.toml: line 2: columns: give at least 1"),
        (
            "id = 'x'\n[columns]\nx = 'surname'",
            "line 2: columns: x: no kind 'surname'; there are email, phone, first_name",
        ),
        ("id = 'x'\n[columns]\nx = 'identifier:'", "x: no kind 'identifier:'"),
        ("id = 'x'\n[columns]\nx = 'identifier:a|b'", "x: a type of identifiers has no |"),
        ("id = ''\n[columns]\nx = 'city'", "spec.toml: line 1: id: give some text"),
        (
            "id = 'x'\ntruth = 'y'\n[columns]\ny = 'city'",
            "spec.toml: line 2: truth: y is to be found out, no feature; take it out of [columns]",
        ),
        ("id = 'x'\nhousehold = 'y'\n[columns]\ny = 'city'", "spec.toml: line 2: household: y is to be"),
        ("id = 'x'\n[columns]\nx = 7", "spec.toml: line 3: columns.x: give text in quotes"),
        ("id = 'x'\n[columns]\nx = 'city'\ny = 'city'", "y: x is the city already"),
        ("id = 'x'\n[columns]\nx = 'street'\ny = 'address'", "y: x is the address already"),
        (
            "id = 'x'\ncountry = 'Germany'\n[columns]\nx = 'city'",
            "spec.toml: line 2: country: give the two capital",
        ),
        (
            "id = 'x'\ncountry = 'XX'\n[columns]\nx = 'city'",
            "spec.toml: line 2: country: give the two capital",
        ),
        (
            "id = 'x'\ncolour = 'y'\n[columns]\nx = 'city'",
            "spec.toml: line 2: colour: there is nothing of this name",
        ),
    ],
)
def test_a_wrong_spec_is_one_line_that_names_the_place(spec: str, words: str) -> None:
    with pytest.raises(SpecError) as error:
        parse_spec(spec, "spec.toml")
    assert words in str(error.value)
    assert "\n" not in str(error.value).removesuffix("\n")


def test_several_columns_may_bring_identifiers_of_one_type() -> None:
    spec = parse_spec(
        "id = 'x'\n[columns]\na = 'email'\nb = 'email'\nc = 'identifier:n'\nd = 'identifier:n'", "s"
    )
    ids = spec.identity({"a": "a@x.de", "b": "b@x.de", "c": "1", "d": "2"}).ids
    assert ids == (("email", "a@x.de"), ("email", "b@x.de"), ("n", "1"), ("n", "2"))
