import pytest
from hypothesis import given
from hypothesis import strategies as st

from unifier.matching.compare import DIFFER, emails, first_names
from unifier.matching.firstnames import akin, established, misspelt
from unifier.matching.tables import table, words

NAMES = sorted(word for who in ("men", "women", "either") for word in words(table("firstnames")[who]))


@pytest.mark.parametrize(
    ("one", "other"),
    [("jan", "jens"), ("lea", "lena"), ("anna", "antonia"), ("tim", "tom"), ("mara", "marie")],
)
def test_two_established_names_are_two_however_alike(one: str, other: str) -> None:
    assert first_names(one, other) == DIFFER


@pytest.mark.parametrize(
    ("one", "other"),
    [
        *(
            ("jan", "jans"),
            ("lena", "leua"),
            ("marlen", "marlene"),
            ("mathias", "matthias"),
            ("sean", "sena"),
        ),
        *(("max", "maximilian"), ("carina", "karina"), ("sofia", "sophie"), ("joseph", "josephus")),
    ],
)
def test_misprints_spellings_and_beginnings_are_of_one_name(one: str, other: str) -> None:
    assert first_names(one, other) != DIFFER


@pytest.mark.parametrize(
    ("one", "other"), [("ajn", "jan"), ("ip", "jip"), ("luc", "ulc"), ("ise", "se"), ("dom", "tdom")]
)
def test_a_short_name_with_a_slip_at_its_beginning_is_that_name(one: str, other: str) -> None:
    assert first_names(one, other) != DIFFER


@pytest.mark.parametrize(("one", "other"), [("bo", "lu"), ("chandler", "hunter"), ("bo", "vo")])
def test_names_with_half_of_their_letters_in_common_are_two(one: str, other: str) -> None:
    assert first_names(one, other) == DIFFER


@given(st.sampled_from(NAMES), st.sampled_from(NAMES))
def test_a_misprint_counts_only_where_no_established_name_stands(one: str, other: str) -> None:
    assert established((one, other)) == (one, other)
    assert set(established((one, other + "x"))) <= {one, other + "x"}
    assert established(("qqx",)) == ("qqx",)


@pytest.mark.parametrize("other", ["anna67@gmx.de", "anna82@gmx.de"])
def test_a_mailbox_with_another_number_is_no_misprint(other: str) -> None:
    assert emails("anna@gmx.de" if "67" in other else "anna67@gmx.de", other) != "misspelt"


def test_a_wrong_digit_is_a_misprint() -> None:
    assert emails("anna67@gmx.de", "anna76@gmx.de") == "misspelt"


@pytest.mark.parametrize(
    ("one", "other", "may_be"),
    [
        *(("irrsula", "uschi", True), ("szfinb", "selina", True), ("elina", "selina", True)),
        *(("selina", "petra", False), ("ernst diwter", "heinz", False), ("c", "oiil", True)),
    ],
)
def test_names_that_differ_may_be_one_where_nobody_bears_the_one_or_they_are_alike(
    one: str, other: str, may_be: bool
) -> None:
    assert misspelt([one], [other]) == misspelt([other], [one]) == may_be


@pytest.mark.parametrize(
    ("one", "other", "half"),
    [
        *(("irrsula", "uschi", True), ("anrc", "ante", True), ("ahsn", "hans", True), ("f", "edor", True)),
        *(("jakai", "stephanie", False), ("mariah", "dax", False), ("susan", "timmy", False)),
    ],
)
def test_names_are_akin_that_have_half_of_their_letters_in_common(one: str, other: str, half: bool) -> None:
    assert akin(one, other) == akin(other, one) == half


@given(st.sampled_from(NAMES), st.sampled_from(NAMES))
def test_names_that_are_alike_are_akin(one: str, other: str) -> None:
    assert akin(one, other) or not misspelt([one], [other])
