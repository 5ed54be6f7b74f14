import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from unifier.matching.names import COMPANY, Name, full_name, person

WILD = st.text(max_size=40) | st.text("aeouäöüßsz -'.,&0123456789", max_size=25)
WORDS = st.lists(
    st.sampled_from(
        [
            "Dr.",
            "med.",
            "Phil",
            "Anna",
            "Hans-Peter",
            "M.",
            "J.R.",
            "von",
            "der",
            "de",
            "la",
            "van",
            "'t",
            "Mc",
            "Müller",
            "Gast",
            "Kunde",
            "Jr.",
            "sen.",
            "III",
            "GmbH",
            "&",
            "Co.",
            "KG",
            "und",
            "Herr",
            "Graf",
            "MBA",
            "Ph.D.",
            "Mustermann",
            "O'Neil",
            "Nan",
            "geb.",
            "Schmidt,",
            "SA",
            "und",
        ]
    ),
    max_size=6,
).map(" ".join)


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("Dr. Anna", "anna"),
        ("Frau Prof. Dr. Anna", "anna"),
        ("Dipl.-Ing. Anna", "anna"),
        ("Dr. rer. nat. Anna", "anna"),
        ("Mag. Anna", "anna"),
        ("Müller, MBA", "muller"),
        ("Müller Ph.D.", "muller"),
        ("M.Sc. Anna", "anna"),
        ("Mme Dupont", "dupont"),
        ("Sig.ra Rossi", "rosi"),
        ("De heer Jansen", "jansen"),
        ("Sr. Pérez", "perez"),
        ("Familie Müller", "muller"),
        ("Herr", ""),
        ("Dr.", ""),
        ("Phil", "phil"),
        ("Nat", "nat"),
        ("Graf", "graf"),
        ("Anna-Maria", "anna maria"),
    ],
)
def test_titles_go_and_names_that_look_like_one_stay(raw: str, clean: str) -> None:
    assert person("", "", raw).last == clean


@pytest.mark.parametrize(
    ("told", "middle", "last"),
    [
        (("John", "", "Smith Jr."), "jr", "smith"),
        (("John", "A.", "Smith, Senior"), "a sr", "smith"),
        (("John Jr", "", "Smith"), "jr", "smith"),
        (("John", "III", "Smith"), "iii", "smith"),
        (("John", "", "Smith 3rd"), "iii", "smith"),
        (("Hans", "", "Müller sen."), "sr", "muller"),
        (("John", "", "Smith", "Jr."), "jr", "smith"),
        (("Jun", "", "Sen"), "", "sen"),
        (("Junior", "", "Neymar"), "", "neymar"),
        (("Roy", "", "Ivory"), "", "ivory"),
    ],
)
def test_what_tells_father_from_son_ends_the_middle_name(
    told: tuple[str, ...], middle: str, last: str
) -> None:
    assert person(*told)[1:] == (middle, last)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("von der Heide", "Heide"),
        ("van den Berg", "Berg, van den"),
        ("de la Cruz", "Cruz"),
        ("van 't Hof", "Hof"),
        ("Mc Donald", "McDonald"),
        ("O Brien", "O'Brien"),
        ("La Rue", "LaRue"),
        ("Di Maria", "DiMaria"),
        ("St. John", "St John"),
        ("D'Angelo", "D Angelo"),
        ("Müller geb. Schmidt", "Müller-Schmidt"),
        ("Ortega y Gasset", "Ortega Gasset"),
    ],
)
def test_particles_do_not_tell_last_names_apart(one: str, other: str) -> None:
    assert person("Anna", "", one) == person("Anna", "", other)


@pytest.mark.parametrize(
    "name", ["Le", "Van", "De", "Da Silva", "Zu", "La Rue", "Dido", "Vonderheide", "Macron"]
)
def test_a_name_that_is_or_begins_with_a_particle_is_not_lost(name: str) -> None:
    assert person("Anna", "", name).last


@pytest.mark.parametrize(
    "raw", ["Kunde", "GAST", "Test", "Mustermann", "-", "123", "n/a", "", "Unbekannt", "xxx", "Kunde 1"]
)
def test_a_placeholder_is_no_name(raw: str) -> None:
    assert person("", "", raw).last == ""


@pytest.mark.parametrize(
    ("first", "last", "left"),
    [
        ("Max", "Mustermann", ("", "")),
        ("John", "Doe", ("", "")),
        ("Gast", "Gast", ("", "")),
        ("Kunde", "Müller", ("", "muller")),
        ("adult male", "Smith", ("", "smith")),
        ("Inmate", "Smith", ("", "smith")),
        ("Tochter", "Meier", ("", "meier")),
        ("Anna", "Sohn", ("anna", "sohn")),
        ("Boy", "Jensen", ("boy", "jensen")),
        ("lady of the house", "Smith", ("", "smith")),
        ("keine", "Angabe", ("", "")),
        ("William of", "Orange", ("william of", "orange")),
        ("Son", "Heung-min", ("son", "heung min")),
        ("Peter", "Gast", ("peter", "gast")),
        ("Christopher", "Guest", ("christopher", "gust")),
        ("Jon", "Tester", ("jon", "tester")),
        ("Christopher", "Null", ("christopher", "null")),
        ("Nan", "Smith", ("nan", "smith")),
        ("Nil", "", ("", "")),
        ("Jane", "Dough", ("jane", "dough")),
        ("John", "Smith", ("john", "smith")),
        ("N. A.", "Smith", ("n a", "smith")),
        ("Gust", "Peeters", ("gust", "peeters")),
    ],
)
def test_a_placeholder_goes_and_a_real_name_stays(first: str, last: str, left: tuple[str, str]) -> None:
    told = person(first, "", last)
    assert (told.first, told.last) == left


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("Anna Schmidt", ("anna", "", "schmidt")),
        ("Dr. Anna M. von der Heide", ("anna", "m", "heide")),
        ("Schmidt, Anna Maria", ("anna", "maria", "schmidt")),
        ("Heide, Anna M. von der", ("anna", "m", "heide")),
        ("Schmidt", ("", "", "schmidt")),
        ("Herr von Bismarck", ("", "", "bismarck")),
        ("Graf von Bismarck", ("", "", "bismarck")),
        ("Steffi Graf", ("steffi", "", "graf")),
        ("Hans-Peter Müller-Lüdenscheidt", ("hans peter", "", "muller ludenscheidt")),
        ("DUPONT Jean-Luc", ("jean luc", "", "dupont")),
        ("DE GAULLE Charles", ("charles", "", "gaulle")),
        ("Jean DUPONT", ("jean", "", "dupont")),
        ("JEAN DUPONT", ("jean", "", "dupont")),
        ("AJ Smith", ("aj", "", "smith")),
        ("J.R.R. Tolkien", ("j", "r r", "tolkien")),
        ("John Smith, Jr.", ("john", "jr", "smith")),
        ("Smith, John, III", ("john", "iii", "smith")),
        ("Anna Schmidt M.A.", ("anna", "", "schmidt")),
        ("M.A. Schmidt", ("m", "a", "schmidt")),
        ("Amartya Sen", ("amartya", "", "sen")),
        ("Phil Collins", ("phil", "", "collins")),
        ("Juan de la Cruz", ("juan", "", "cruz")),
        ("Max Mustermann", ("", "", "")),
        ("Anna Müller (geb. Schmidt)", ("anna", "", "muller schmidt")),
        ("Sir Thomas Clifford, 1st Baron", ("thomas", "", "clifford")),
        ("Sankt Martin", ("sankt", "", "martin")),
    ],
)
def test_a_full_name_is_taken_apart(raw: str, name: tuple[str, str, str]) -> None:
    assert full_name(raw) == name


@pytest.mark.parametrize(
    ("raw", "country", "last"),
    [
        ("José García López", "ES", "garcia lopez"),
        ("José García López", "DE", "lopez"),
        ("María Isabel López", "ES", "lopez"),
        ("Anna M. López", "ES", "lopez"),
        ("José de la Fuente López", "ES", "funte lopez"),
    ],
)
def test_two_last_names_are_read_where_people_have_two(raw: str, country: str, last: str) -> None:
    assert full_name(raw, country).last == last


@pytest.mark.parametrize(
    ("told", "name"),
    [
        (("Anna Schmidt", "", "Schmidt"), ("anna", "", "schmidt")),
        (("Anna", "", "Anna Schmidt"), ("anna", "", "schmidt")),
        (("", "", "Schmidt, Anna"), ("anna", "", "schmidt")),
        (("Schmidt, Anna", "", ""), ("anna", "", "schmidt")),
        (("John A.", "", "Smith"), ("john", "a", "smith")),
        (("J. Robert", "", "Smith"), ("j robert", "", "smith")),
        (("Anna Maria", "", "Schmidt"), ("anna maria", "", "schmidt")),
    ],
)
def test_fields_that_hold_more_than_their_own_are_set_right(
    told: tuple[str, ...], name: tuple[str, ...]
) -> None:
    assert person(*told) == name


@pytest.mark.parametrize(
    "first", ["Anna und Peter", "Anna & Peter", "Anna u. Peter", "Anna and Peter", "Ana y Luis"]
)
def test_of_two_people_in_one_field_neither_is_told(first: str) -> None:
    assert person(first, "", "Müller") == ("", "", "muller") == full_name(f"{first} Müller")


@pytest.mark.parametrize("first", ["Andy", "Yan", "Undine", "Etta", "Anna U."])
def test_a_name_that_begins_like_and_is_one_person(first: str) -> None:
    assert person(first, "", "Müller").first


@pytest.mark.parametrize(
    "told",
    [("", "", "Müller GmbH"), ("Müller GmbH", "", ""), ("Müller", "", "GmbH"), ("", "", "MÜLLER G.m.b.H.")],
)
def test_a_company_is_no_person(told: tuple[str, ...]) -> None:
    assert person(*told) == (COMPANY, "", "muller")
    assert full_name(" ".join(told)) == (COMPANY, "", "muller")


def test_who_works_for_a_company_keeps_the_own_name_alone() -> None:
    assert person("Anna", "", "Müller GmbH") == ("anna", "", "")
    assert person("Müller GmbH", "", "Anna Schmidt") == ("anna", "", "schmidt")
    assert full_name("Müller GmbH, z. Hd. Frau Anna Schmidt") == ("anna", "", "schmidt")
    assert person("", "", "Müller Bau", "Firma") == (COMPANY, "", "mullerbau")
    assert person("Anna", "", "Müller", "Firma") == ("anna", "", "muller")


@given((WILD | WORDS).filter(lambda raw: not any(map(str.isdigit, raw))))  # what digits part is not rejoined
@example("D:A:A")
def test_a_name_twice_normalised_is_once_normalised(raw: str) -> None:
    name = person("", "", raw)
    assume(name.first != COMPANY)
    once, again = name.last, person("", "", name.last)
    assert again.last == once == once.strip() or again.first == COMPANY  # A0OG: "a og" may be one


@given(WILD | WORDS, WILD | WORDS, WILD | WORDS, st.sampled_from(["", "DE", "ES"]))
def test_names_never_raise_and_hold_nothing_but_words(
    first: str, middle: str, last: str, country: str
) -> None:
    for name in (
        person(first, middle, last),
        full_name(first, country),
        full_name(f"{last}, {first}", country),
    ):
        assert isinstance(name, Name)
        for part in name:
            assert part == " ".join(part.split())
            assert part.isascii()


@example("Med. M. Jr. M.", "")
@given(WORDS, WORDS)
def test_fields_twice_normalised_are_once_normalised(first: str, last: str) -> None:
    once = person(first, "", last)
    told_twice = set(first.lower().split()) & set(last.lower().split())
    # Of "GmbH Dr." the form is left, which by itself says company, in either field.
    alone = person("", "", once.last).first, person(once.first, "", "").first
    if COMPANY not in (once.first, *alone) and not told_twice:
        assert person(once.first, "", once.last)[::2] == once[::2]


def test_a_legal_form_before_a_name_is_no_first_name() -> None:
    assert person("", "", "GmbH Schmidt,") == Name("", "", "schmidt")
    assert full_name("GmbH Anna Schmidt") == Name("anna", "", "schmidt")
