import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.backtracking import TooManyError, steps
from unifier.matching import address_lines, addresses, house_numbers
from unifier.matching.addresses import address, flat, place, postcode, street

WILD = st.text(max_size=60) | st.text("aeouäöüßsz -'.,/#0123456789strng", max_size=40)
PATTERNS = [
    pattern
    for module in (address_lines, addresses, house_numbers)
    for told in vars(module).values()
    for pattern in (told.values() if isinstance(told, dict) else [told])
    if isinstance(pattern, re.Pattern)
]
COUNTRIES = st.sampled_from(["DE", "AT", "CH", "GB", "FR", "NL", "US", "IT", "ES", ""])


@pytest.mark.parametrize(
    ("country", "spellings"),
    [
        (
            "DE",
            [
                "Hauptstraße 12",
                "Haupt-Str. 12",
                "HAUPTSTRASSE 12",
                "Hauptstr. Nr. 12",
                "Hauptstr. 012",
                "Hauptstr 12, Hinterhaus",
            ],
        ),
        ("DE", ["Hauptstraße 12a", "Haupt Str. 12 A", "Hauptstr. 12-a", "Hauptstr. 12/a"]),
        ("DE", ["Marktplatz 1", "Markt-Platz 1", "Marktplatz 1, 2. OG links"]),
        ("DE", ["Am Markt 5", "Am Markt 5-7", "Am Markt 5 - 7"]),
        ("DE", ["Birkenweg 5", "Birkenwg. 5", "Birken-Weg 5", "Birken Wg. 5"]),
        ("DE", ["St.-Anna-Str. 3", "Sankt Anna Straße 3"]),
        ("DE", ["Q 7, 12", "Q7 12"]),
        ("DE", ["Postfach 12 34", "Postfach 1234"]),
        (
            "AT",
            [
                "Hauptstraße 12",
                "Hauptstraße 12/3/4",
                "Hauptstr. 12 Stiege 3 Tür 4",
                "Hauptstr. 12/Top 4",
                "Hauptstr. 12, Top 4",
            ],
        ),
        ("CH", ["Rue du Rhône 12", "12, rue du Rhône", "12 rue du Rhone"]),
        (
            "GB",
            [
                "12 High Street",
                "12 High St.",
                "Flat 3, 12 High Street",
                "12 High Street, Flat 3",
                "Flat 3 12 High St",
                "Rose House, 12 High Street",
                "12-14 High Street",
            ],
        ),
        ("GB", ["12B High Street", "12b High St", "12 B High Street"]),
        (
            "US",
            [
                "123 N Main St",
                "123 North Main Street",
                "123 N. Main St. Apt 4B",
                "123 N Main St #4B",
                "123 N Main St, Suite 200",
                "123 N Main St Unit 4",
            ],
        ),
        ("US", ["12 36th Street", "12 36 St", "12 36th St"]),
        ("US", ["12 1st Avenue", "12 First Ave"]),
        ("US", ["PO Box 123", "P.O. Box 123", "P O Box 123"]),
        (
            "FR",
            ["12 bis rue de la Paix", "12bis, rue de la Paix", "12 B rue de la Paix", "12bis rue la paix"],
        ),
        ("FR", ["12 rue Pasteur", "12, r. Pasteur"]),
        ("FR", ["12 chemin des Vignes", "12 ch. des Vignes"]),
        ("FR", ["12 avenue de l'Opéra", "12, av. de l’Opéra"]),
        ("FR", ["3 boulevard Voltaire", "3 bd Voltaire", "3, Blvd. Voltaire"]),
        ("NL", ["Damstraat 12", "Damstr. 12", "Damstraat 12-3", "Damstraat 12 III", "Damstraat 12 hs"]),
        ("IT", ["Via Roma 12/A", "Via Roma, 12/A", "Via Roma n. 12a", "Via Roma 12a int. 4"]),
        ("IT", ["Piazza Garibaldi 5", "P.za Garibaldi 5", "P.zza Garibaldi, 5"]),
        ("IT", ["Viale Europa 3", "V.le Europa 3"]),
        (
            "ES",
            [
                "Calle Mayor 12",
                "C/ Mayor 12",
                "C/ Mayor, nº 12",
                "Calle Mayor 12, 3º B",
                "Calle Mayor, 12, 3º B",
                "C/ Mayor 12 bajo dcha",
            ],
        ),
        ("ES", ["Avenida de América 12", "Avda. América, 12"]),
    ],
)
def test_all_ways_to_write_an_address_are_one(country: str, spellings: list[str]) -> None:
    found = {street(spelling, "", country) for spelling in spellings}
    assert len(found) == 1, found
    assert all(map(all, found))


@pytest.mark.parametrize(
    ("country", "one", "other"),
    [
        ("DE", "Hauptstr. 12", "Hauptstr. 12a"),
        ("DE", "Hauptstr. 5-7", "Hauptstr. 57"),
        ("DE", "Hauptstr. 1", "Hauptweg 1"),
        ("DE", "Straße des 17. Juni 135", "Straße des 18. Juni 135"),
        ("US", "4 E 36th Street", "4 E 32nd Street"),
        ("US", "12 N Main St", "12 S Main St"),
        ("US", "123-45 Queens Blvd", "123-47 Queens Blvd"),
        ("US", "12 1st St", "12 1st Ave"),
        ("GB", "Rose Cottage, Church Lane", "Ivy Cottage, Church Lane"),
        ("FR", "12 bis rue de la Paix", "12 rue de la Paix"),
        ("DE", "Postfach 12", "Hauptstr. 12"),
    ],
)
def test_other_addresses_stay_others(country: str, one: str, other: str) -> None:
    assert street(one, "", country) != street(other, "", country)


@pytest.mark.parametrize(
    ("road", "number", "clean"),
    [
        ("Hauptstraße", "12 A", ("hauptstr", "12a")),
        ("Hauptstr. 12", "12", ("hauptstr", "12")),
        ("Königsallee", "5-7", ("konigsallee", "5")),
        ("Hauptstr.", "12.0", ("hauptstr", "12")),
        ("Hauptstr.", "Nr. 12", ("hauptstr", "12")),
        ("Hauptstr.", "12/3/4", ("hauptstr", "12")),
        ("Hauptstr.", "12 Top 4", ("hauptstr", "12")),
        ("36th Street", "36", ("36str", "36")),
        ("12 Main Street", "", ("mainstr", "12")),
        ("12 1/2 Main Street", "", ("mainstr", "12")),
        ("main st", "12", ("mainstr", "12")),
        ("17 rue du 8 mai 1945", "", ("81945rumai", "17")),
        ("Calle Mayor s/n", "", ("callemayor", "")),
        ("", "", ("", "")),
        ("???", "", ("", "")),
    ],
)
def test_the_number_is_told_apart_from_the_street(road: str, number: str, clean: tuple[str, str]) -> None:
    assert street(road, number) == clean


@pytest.mark.parametrize(
    ("country", "line", "clean"),
    [
        ("DE", "Hauptstr. 12, 10117 Berlin", ("hauptstr", "12", "10117", "berlin")),
        ("DE", "Hauptstr. 12\nD-10117 Berlin", ("hauptstr", "12", "10117", "berlin")),
        ("DE", "Hauptstr. 12 10117 Berlin", ("hauptstr", "12", "10117", "berlin")),
        ("DE", "10117 Berlin, Hauptstr. 12", ("hauptstr", "12", "10117", "berlin")),
        ("DE", "Hauptstr. 12, 10117 Berlin, Deutschland", ("hauptstr", "12", "10117", "berlin")),
        ("AT", "Mariahilfer Str. 12/2/5, 1060 Wien", ("mariahilferstr", "12", "1060", "wien")),
        ("CH", "Bahnhofstrasse 12, 8001 Zürich", ("bahnhofstr", "12", "8001", "zurich")),
        ("GB", "12 High Street, London SW1A 1AA", ("highstr", "12", "SW1A1AA", "london")),
        ("GB", "Flat 3, 12 High Road, Camden, London, NW1 2AB, UK", ("highrd", "12", "NW12AB", "london")),
        (
            "US",
            "123 Main St Apt 4, Springfield, IL 62704-1234, USA",
            ("mainstr", "123", "62704", "springfield"),
        ),
        ("US", "123 Main St Springfield IL 62704", ("mainstr", "123", "62704", "springfield")),
        ("GB", "12 High Street St Albans AL1 1AA", ("highstr", "12", "AL11AA", "stalbans")),
        ("GB", "The Old Rectory, Church St", ("churchstr", "theoldrectory", "", "")),
        ("US", "12345 Main Street", ("mainstr", "12345", "", "")),
        ("FR", "12 rue de la Paix, 75002 Paris", ("rupaix", "12", "75002", "paris")),
        ("NL", "Damstraat 12, 1012 JS Amsterdam", ("damstr", "12", "1012JS", "amsterdam")),
        ("IT", "Via Roma 12, 00184 Roma (RM)", ("viaroma", "12", "00184", "roma")),
        ("ES", "Calle Mayor 12, 28013 Madrid", ("callemayor", "12", "28013", "madrid")),
    ],
)
def test_one_line_holds_a_whole_address(country: str, line: str, clean: tuple[str, ...]) -> None:
    assert address(line, "", "", "", country) == clean


@pytest.mark.parametrize(
    ("country", "spellings", "clean"),
    [
        ("US", ["123 N Main St Apt 4B", "123 N Main St #4B", "123 N Main St, Unit 4 b"], "4b"),
        ("US", ["Elm St 12, Apt 4B, Springfield, IL 62704"], "4b"),
        ("US", ["123 Main St, Bldg 3 Apt 4"], "3 4"),
        ("DE", ["Hauptstr. 5, Whg. 12", "Hauptstr. 5 Wohnung 012", "Hauptstr. 5, Whg. Nr. 12"], "12"),
        ("DE", ["Marktplatz 1, 2. OG links", "Marktplatz 1, 2. Etage links"], "floor 2 links"),
        ("AT", ["Hauptstr. 12, Top 7", "Hauptstr. 12/Top 7", "Hauptstr. 12/7"], "7"),
        ("AT", ["Hauptstraße 12/3/4", "Hauptstr. 12 Stiege 3 Tür 4"], "3 4"),
        ("CH", ["Bahnhofstrasse 12, Wohnung 3"], "3"),
        ("GB", ["Flat 3, 12 High Street", "12 High Street, Flat 3", "Flat 3 12 High St"], "3"),
        ("FR", ["12 rue de la Paix, appt 4", "Appt. 4, 12 rue de la Paix"], "4"),
        ("NL", ["Damstraat 12-3", "Damstraat 12 III"], "3"),
        ("NL", ["Damstraat 12 hs"], "hs"),
        ("IT", ["Via Roma 12a int. 4", "Via Roma 12/A, interno 4"], "4"),
        ("ES", ["Calle Mayor 12, 3º B", "Calle Mayor, 12, 3º B", "C/ Mayor 12 3 º B"], "3b"),
        ("ES", ["C/ Mayor 12 bajo dcha"], "bajo dcha"),
        ("DE", ["Hauptstr. 12-14", "Am Markt 5", "Hauptstr. 12/a", "Hauptstr. 12, Hinterhaus"], ""),
        ("US", ["12-34 36th Street", "12 1/2 Main Street", "PO Box 12"], ""),
        ("FR", ["12 bis rue de la Paix"], ""),
        ("IT", ["Via Roma 12/A"], ""),
    ],
)
def test_the_flat_within_the_house_is_kept_in_one_form(
    country: str, spellings: list[str], clean: str
) -> None:
    assert {spelling: flat(spelling, "", country) for spelling in spellings} == dict.fromkeys(
        spellings, clean
    )


def test_the_house_number_may_tell_the_flat() -> None:
    assert flat("Hauptstr.", "12 Top 4", "AT") == flat("Hauptstr.", "12/4", "AT") == "4"


def test_what_has_a_field_of_its_own_counts() -> None:
    assert address("Hauptstr. 12, 10117 Berlin", "", "10119", "Köln", "DE") == (
        "hauptstr",
        "12",
        "10119",
        "koln",
    )
    assert address("Hauptstr.", "12", "", "10117 Berlin", "DE") == ("hauptstr", "12", "10117", "berlin")


@pytest.mark.parametrize(
    ("raw", "country", "clean"),
    [
        ("D-10117", "DE", "10117"),
        ("CH-8001", "CH", "8001"),
        ("sw1a 1aa", "GB", "SW1A1AA"),
        ("E1 6AN", "GB", "E16AN"),
        ("1012 js", "NL", "1012JS"),
        ("62704-1234", "US", "62704"),
        ("1067", "DE", "01067"),
        ("1067.0", "DE", "01067"),
        ("1010", "AT", "1010"),
        ("2000", "AU", "2000"),
        ("00000", "DE", ""),
        ("99999", "DE", ""),
        ("12345", "DE", ""),
        ("12345", "US", "12345"),
    ],
)
def test_postcode_has_one_form(raw: str, country: str, clean: str) -> None:
    assert postcode(raw, country) == clean


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("München", "Munich"),
        ("Köln", "COLOGNE"),
        ("Wien", "Vienna"),
        ("Genève", "Genf"),
        ("St. Gallen", "Sankt Gallen"),
        ("Roma", "Rom"),
        ("'s-Gravenhage", "Den Haag"),
        ("Frankfurt a.M.", "Frankfurt A M"),
        ("1010 Wien", "Wien"),
    ],
)
def test_a_city_has_one_name(one: str, other: str) -> None:
    assert place(one) == place(other) != ""


@pytest.mark.parametrize(
    "told",
    [
        "weg 1" + " -1" * 22 + "!",
        "weg 12bis" + " /00" * 20 + "!",
        "weg 1" + ",apt  a" * 12 + "!",
        "weg 1" + " hs" * 28 + "!",
        "weg 1" + " top 5  top" * 8 + "!",
    ],
)
def test_a_line_that_means_nothing_is_read_in_few_steps(told: str) -> None:
    """Where it could be read in many ways, a hundred characters would take hours."""
    for pattern in PATTERNS:
        steps(pattern, told, most=100_000)


def test_a_pattern_that_can_be_read_in_many_ways_takes_too_many_steps() -> None:
    with pytest.raises(TooManyError):
        steps(re.compile(r"(?:\s*a\s*)*$"), "a a a a a a a a a a a a a!", most=100_000)


def test_other_cities_stay_others() -> None:
    names = ["Berlin", "Bern", "Halle", "Halle (Saale)", "Neustadt", "Nizza", "Santander", "St. Pölten"]
    assert len({place(name) for name in names}) == len(names)


@given(WILD, WILD, WILD, WILD, COUNTRIES)
def test_addresses_never_raise_and_hold_nothing_but_letters_and_digits(
    road: str, number: str, post: str, town: str, country: str
) -> None:
    for part in address(road, number, post, town, country):
        assert part == "" or (part.isascii() and part.isalnum())


@given(
    st.sampled_from(
        ["Hauptstraße", "High Street", "rue de la Paix", "Via Roma", "Calle Mayor", "Damstraat", "N Main St"]
    ),
    st.integers(1, 9999),
    st.sampled_from(["", "a", "B"]),
    COUNTRIES,
)
def test_streets_twice_normalised_are_once_normalised(
    road: str, number: int, letter: str, country: str
) -> None:
    behind, before, told = (
        street(f"{road} {number}{letter}", "", country),
        street(f"{number}{letter} {road}", "", country),
        street(road, f"{number} {letter}", country),
    )
    assert behind == before == told == street(*told, country)


@given(WILD)
def test_postcodes_and_places_twice_normalised_are_once_normalised(raw: str) -> None:
    assert postcode(postcode(raw)) == postcode(raw)
    assert place(place(raw)) == place(raw)
