"""Names that are misspelt beyond what looks alike, and names that only look like it."""

import pytest

from tests.scoring import pair_bits
from unifier.matching.compare import DIFFER, first_names, last_names
from unifier.matching.contacts import named_after
from unifier.matching.firstnames import one_name
from unifier.matching.identity import Identity, identify
from unifier.matching.scale import scale_of
from unifier.matching.score import contradiction, explain
from unifier.matching.told_names import SWAPPED
from unifier.matching.values import values_of
from unifier.rules import default_rules

RULES = default_rules()
WEIGHTS = scale_of(RULES).weights


def person(identifiers: dict[str, str], **traits: str) -> Identity:
    return identify(tuple(identifiers.items()), tuple(traits.items()), "DE")


@pytest.mark.parametrize(("told", "name"), [("kcma", "jemma"), ("crharte", "charlotte"), ("wwsan", "susan")])
def test_a_name_that_nobody_bears_is_another_misspelt_to_which_hardly_any_is_nearer(
    told: str, name: str
) -> None:
    assert one_name([told], [name])
    assert one_name([name, "tom"], [told])


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ("daaniel", "stanley"),  # Daniel
        ("mariw", "harriet"),  # Marie
        ("paul", "paula"),
        ("aylin", "aynur"),  # in no list, but like a name
        ("nhung", "ngoc"),
    ],
)
def test_two_names_stay_two(told: str, name: str) -> None:
    assert not one_name([told], [name])


HOME = {"last_name": "Faulkner", "birth_date": "1996-04-04"}
REACHED = {"email": "jemma.faulkner@btinternet.com"}


@pytest.mark.parametrize(
    ("first", "identifiers", "one"),
    [
        ("Kcma", REACHED, True),
        ("Kcma", {}, False),  # her twin's, as far as a home and a day tell
        ("Mark", REACHED, False),
    ],
)
def test_who_is_born_alike_and_reached_alike_is_one_whose_first_name_is_garbled(
    first: str, identifiers: dict[str, str], one: bool
) -> None:
    assert first_names("jemma", "kcma") == DIFFER
    jemma, other = (
        person(identifiers, first_name="Jemma", **HOME),
        person(identifiers, first_name=first, **HOME),
    )
    assert (pair_bits(jemma, other, RULES) > RULES.matching.merge_bits) == one


def test_a_garbled_first_name_still_contradicts_where_both_are_told_more_than_once() -> None:
    jemma, other = (values_of(person(REACHED, first_name=first, **HOME)) for first in ("Jemma", "Kcma"))
    assert contradiction(jemma, other, WEIGHTS) == "first_name"


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("qalters", "waltcrs", "alike"),
        ("brog", "rogc", "differ"),
        ("keller", "muller", "alike"),  # as far as letters go
        ("bang", "lang", "alike"),
        ("hermann", "neumann", "alike"),
    ],
)
def test_surnames_are_alike_with_few_slips_wherever_these_are(one: str, other: str, level: str) -> None:
    assert last_names(one, other) == level


def test_two_surnames_that_many_bear_are_two_however_few_letters_tell_them_apart() -> None:
    assert WEIGHTS.last_name("keller", "muller").words == DIFFER
    assert WEIGHTS.last_name("kelle", "mullr").words == DIFFER
    assert WEIGHTS.last_name("muller", "mulerl").stance > 0
    assert WEIGHTS.last_name("keller", "heller").stance > 0, "which hardly anybody bears"


def test_a_couple_with_fields_in_either_order_is_two() -> None:
    karin = person({}, first_name="Fischer", last_name="Karin", street="Dorfstr. 38", postal_code="32139")
    karl = person({}, first_name="Karl", last_name="Fischer", street="Dorfstr. 38", postal_code="32139")
    lines = explain(values_of(karin), values_of(karl), {}, WEIGHTS)
    assert all(line.level != SWAPPED for line in lines)


@pytest.mark.parametrize(
    ("mailbox", "named"),
    [
        ("anna67@gmx.de", True),
        ("müller.anna@gmx.de", True),
        ("a.mueller@gmx.de", True),
        ("muellera@gmx.de", True),
        ("o.mueller@gmx.de", False),
        ("mueller@gmx.de", False),
        ("tiger12@gmx.de", False),
    ],
)
def test_a_mailbox_may_be_named_after_its_owner(mailbox: str, named: bool) -> None:
    assert named_after(mailbox, "anna", "muller") == named
