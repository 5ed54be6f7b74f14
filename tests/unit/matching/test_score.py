from collections.abc import Mapping
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.scoring import pair_bits
from tests.unit.matching.identities import IDENTITIES
from unifier.matching.compare import (
    DIFFER,
    ELSEWHERE,
    INITIAL,
    addresses,
    emails,
    first_names,
    middle_names,
    texts,
)
from unifier.matching.identity import identify
from unifier.matching.model import Model
from unifier.matching.names import COMPANY
from unifier.matching.scale import scale_of
from unifier.matching.score import (
    SHARED,
    SURNAMES,
    contradiction,
    explain,
    score,
)
from unifier.matching.told_names import SWAPPED, WRONG_FIELD
from unifier.matching.values import Values, merged, values_of
from unifier.rules import default_rules

RULES = default_rules()
WEIGHTS = scale_of(RULES).weights
PRIOR = WEIGHTS.prior

VALUES = st.lists(IDENTITIES, min_size=1, max_size=3).map(lambda found: merged(map(values_of, found)))
SHAREDNESS = st.dictionaries(
    st.tuples(st.sampled_from(["email", "loyalty_id"]), st.sampled_from(["a@x.de", "a@x.dr", "1"])),
    st.sampled_from([2, 5, SHARED]),
)


def person(identifiers: Mapping[str, str] = MappingProxyType({}), /, **traits: str) -> Values:
    told = tuple(identifiers.items())
    return values_of(identify(told, tuple(sorted(traits.items())), "DE"))


def bits(a: Values, b: Values) -> float:
    return score(a, b, {}, WEIGHTS)


@given(VALUES, VALUES, SHAREDNESS)
def test_score_is_symmetric(a: Values, b: Values, sharedness: dict[tuple[str, str], int]) -> None:
    assert score(a, b, sharedness, WEIGHTS) == score(b, a, sharedness, WEIGHTS)
    assert contradiction(a, b, WEIGHTS) == contradiction(b, a, WEIGHTS)


@given(VALUES, VALUES, SHAREDNESS)
def test_the_explanation_sums_up_to_the_score(
    a: Values, b: Values, sharedness: dict[tuple[str, str], int]
) -> None:
    lines = explain(a, b, sharedness, WEIGHTS)
    assert sum(line.bits for line in lines) == pytest.approx(score(a, b, sharedness, WEIGHTS))
    assert all(line.field and line.level for line in lines)
    assert lines[0].bits == PRIOR


@given(VALUES, VALUES)
def test_a_value_that_more_people_bring_never_says_more(a: Values, b: Values) -> None:
    holders = [{("email", "a@x.de"): count} for count in (1, 2, 4, SHARED)]
    found = [len([line for line in explain(a, b, h, WEIGHTS) if line.field == "email"]) for h in holders]
    said = [
        max([line.bits for line in explain(a, b, h, WEIGHTS) if line.field == "email"], default=0.0)
        for h in holders
    ]
    assert said[0] >= said[1] >= said[2] or not found[0]


def test_nothing_in_common_is_the_prior() -> None:
    assert bits(person(), person(first_name="Anna")) == PRIOR


def test_rare_names_say_more_than_common_ones() -> None:
    assert WEIGHTS.last_name("muller", "muller").bits < WEIGHTS.last_name("jagemann", "jagemann").bits
    assert WEIGHTS.first_name("peter", "peter").bits < WEIGHTS.first_name("swidbert", "swidbert").bits


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("hans", "johannes"),
        ("gabi", "gabriele"),
        ("alex", "sascha"),
        ("uschi", "ursula"),
        ("fritz", "friedrich"),
        ("jeremiah", "jerry"),
        ("clare", "clarence"),
    ],
)
def test_nicknames_are_forms_of_one_name(one: str, other: str) -> None:
    assert first_names(one, other) == "forms of one name"


@pytest.mark.parametrize(
    ("one", "other"), [("jeremiah", "gerald"), ("karin", "karina"), ("carol", "caroline")]
)
def test_two_names_with_one_nickname_in_the_united_states_or_told_apart_are_two(one: str, other: str) -> None:
    assert first_names(one, other) == DIFFER


@pytest.mark.parametrize(("man", "woman"), [("paul", "paula"), ("martin", "martina"), ("stefan", "stefanie")])
def test_a_man_and_a_woman_are_two_however_alike_the_names(man: str, woman: str) -> None:
    assert first_names(man, woman) == DIFFER


def test_misprints_say_less_than_equality_and_more_than_nothing() -> None:
    birth, home = WEIGHTS.birth_date, WEIGHTS.address
    assert birth("1980-02-03", "1980-03-02").bits == birth("1980-02-03", "1980-02-04").bits > 0
    assert birth("1980-02-03", "1955-12-12").stance < 0
    assert home("83093|bergstr 5", "83093|bergstr 5") > home("83093|bergsr 5", "83093|bergstr 5")
    mails = [{"email": mail} for mail in ("anna@gmail.com", "amna@gmail.com", "anna@web.de", "otto@web.de")]
    said = [bits(person(mails[0]), person(mail)) for mail in mails]
    assert said == sorted(set(said), reverse=True)


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("21920|schomberpl 8b", "21920|schomberpl 8", "nearly equal"),
        ("21920|schomberpl 8b", "21920|schomberpl ", "nearly equal"),
        ("21920|schomberpl 8b", "21920|schomberpl 13", DIFFER),
        ("39883|dorfstr 31", "38983|dorfstr 31", "street and number nearly equal"),
        ("39883|dorfstr 31", "69442|dorfstr 3", DIFFER),
        ("39883|dorfstr ", "69442|dorfstr ", DIFFER),
        ("39883|dorfstr ", "69442|dorfstr 3", DIFFER),
    ],
)
def test_a_house_number_may_slip_but_neighbours_are_neighbours(one: str, other: str, level: str) -> None:
    assert addresses(one, other) == level


def test_a_middle_name_is_often_but_an_initial_and_of_short_texts_every_sign_counts() -> None:
    levels = [middle_names(*two) for two in (("eva", "eva"), ("e", "e"), ("e", "eva"), ("eva", "pia"))]
    assert levels == ["equal", "initials equal", "initials fit", DIFFER]
    assert [texts("12a", "12ab"), texts("112a", "112ab")] == [DIFFER, "nearly equal"]


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("petra.fischer@gmx.de", "petra_fischer@gmx.de", ELSEWHERE),
        ("petra.fischer@gmx.de", "petra.fischer@web.de", ELSEWHERE),
        ("petra.fischer@gmx.de", "petra.fischer@gmx.dee", "misspelt"),
        ("petra.fischer@gmx.de", "petra.fisher@gmx.de", "misspelt"),
        ("petra.fischer@gmx.de", "petra_fischer@web.de", DIFFER),
    ],
)
def test_the_same_name_in_another_mailbox_is_no_misprint(one: str, other: str, level: str) -> None:
    assert emails(one, other) == level


def test_swapped_names_agree() -> None:
    straight = bits(
        person(first_name="Günter", last_name="Jagemann"), person(first_name="Günter", last_name="Jagemann")
    )
    swapped = bits(
        person(first_name="Günter", last_name="Jagemann"), person(first_name="Jagemann", last_name="Günther")
    )
    assert straight > PRIOR
    assert swapped > PRIOR + 10


@pytest.mark.parametrize("other", ["G.", "Gunrer"])
def test_swapped_names_may_be_misspelt_or_initials(other: str) -> None:
    told = person(first_name="Günter", last_name="Jagemann")
    names = {
        line.field: line
        for line in explain(told, person(first_name="Jagemann", last_name=other), {}, WEIGHTS)
    }
    straight = explain(told, person(first_name=other, last_name="Jagemann"), {}, WEIGHTS)
    assert names["last_name"].level == SWAPPED
    assert sum(line.bits for line in names.values()) < sum(line.bits for line in straight)


@pytest.mark.parametrize(
    ("lone", "field"),
    [({"first_name": "Jagemann"}, "last_name"), ({"last_name": "Günther"}, "first_name")],
)
def test_the_only_name_may_stand_in_the_other_names_field(lone: dict[str, str], field: str) -> None:
    told = person(first_name="Günter", last_name="Jagemann")
    (line,) = explain(told, person(**lone), {}, WEIGHTS)[1:]
    assert (line.field, line.level) == (field, WRONG_FIELD)
    (right,) = explain(told, person(**{field: next(iter(lone.values()))}), {}, WEIGHTS)[1:]
    assert 0 <= line.bits < right.bits


def test_the_only_name_of_somebody_else_differs() -> None:
    told = person(first_name="Günter", last_name="Jagemann")
    (line,) = explain(told, person(first_name="Brandstetter"), {}, WEIGHTS)[1:]
    assert (line.field, line.level) == ("first_name", DIFFER)


@pytest.mark.parametrize(
    ("other", "level"), [("Cornelius", DIFFER), ("C.", INITIAL), ("Chrjwtxnmq", INITIAL)]
)
def test_an_initial_stands_for_no_other_name_than_is_told_beside_it(other: str, level: str) -> None:
    told = merged([person(first_name=name) for name in ("Christiane", "C.")])
    _, first, *_ = explain(told, person(first_name=other), {}, WEIGHTS)
    assert (first.field, first.level) == ("first_name", level)


def test_colleagues_have_but_their_office_in_common() -> None:
    office = {
        "street": "Talweg 9",
        "postal_code": "83093",
        "city": "Endorf",
        "attribute:company": "Müller Bau",
    }
    switchboard = {"phone": "08031 55510"}
    albert = person(switchboard, first_name="Albert", last_name="Nohlmans", **office)
    shared = {("phone", "+49803155510"): 3}
    for first_name in ("", "A."):
        other = person(switchboard, first_name=first_name, last_name="Bohlander", **office)
        assert SURNAMES in " ".join(line.level for line in explain(albert, other, shared, WEIGHTS))
    for own in ("Nohlmnas", "Nohlmans", "Rohrnanz"):
        again = person(switchboard, first_name="A.", last_name=own, **office)
        assert SURNAMES not in " ".join(line.level for line in explain(albert, again, shared, WEIGHTS))


def test_who_brings_the_only_mailbox_of_another_has_married() -> None:
    own, home = {"email": "anna.b@x.de"}, {"street": "Talweg 9", "postal_code": "83093"}
    maiden = person(own, first_name="Anna", last_name="Berger", **home)
    married = person(own, first_name="A.", last_name="Nohlmans", **home)
    assert bits(maiden, married) > 1.0


def test_surname_and_address_are_one_fact() -> None:
    home = {"last_name": "Jagemann", "street": "Bergstr. 5", "postal_code": "83093"}
    fields = [line.field for line in explain(person(**home), person(**home), {}, WEIGHTS)]
    assert fields == ["prior", "family"]


def test_a_joint_card_alone_says_nothing() -> None:
    card = {"payment_account": "c"}
    assert bits(person(card, first_name="Anna"), person({**card, "loyalty_id": "1"})) == PRIOR
    assert bits(person(card, first_name="Anna"), person(card, first_name="Anna")) > PRIOR + 16


def test_values_the_rules_call_shared_say_nothing() -> None:
    box = (("email", "noreply@shop.example"),)
    assert pair_bits(identify(box, (), "DE"), identify(box, (), "DE"), RULES) == PRIOR


COUPLE = {"last_name": "Jagemann", "street": "Bergstr. 5", "postal_code": "83093"}


@pytest.mark.parametrize(
    "common",
    [
        {"email": "jagemann@gmx.de"},
        {"payment_account": "c"},
        {"phone": "08031 555123", "email": "jagemann@gmx.de"},
    ],
)
def test_couples_on_one_mailbox_or_card_are_two(common: dict[str, str]) -> None:
    anna, otto = person(common, first_name="Anna", **COUPLE), person(common, first_name="Otto", **COUPLE)
    assert bits(anna, otto) < RULES.matching.merge_bits


def test_twins_are_two() -> None:
    common = {"email": "jagemann@gmx.de"}
    twins = {**COUPLE, "birth_date": "1980-02-03"}
    anna, lena = person(common, first_name="Anna", **twins), person(common, first_name="Lena", **twins)
    assert bits(anna, lena) < RULES.matching.merge_bits


def test_father_and_son_of_one_name_are_told_apart_by_birth_date() -> None:
    father = person(first_name="Hans", birth_date="1950-02-03", last_name="Müller")
    son = person(first_name="Hans", birth_date="1980-11-17", last_name="Müller")
    assert bits(father, son) < RULES.matching.merge_bits


def test_an_issued_number_and_the_birth_date_outweigh_another_first_name() -> None:
    told = {"last_name": "Jagemann", "birth_date": "1980-02-03"}
    for kind, same in (("loyalty_id", True), ("national_id", True), ("email", False)):
        number = {kind: "x1234567@gmx.de"}
        bits_of = bits(
            person(number, first_name="Chlou", **told), person(number, first_name="Indiana", **told)
        )
        assert (bits_of >= RULES.matching.merge_bits) is same


def test_an_attribute_counts_as_the_model_says_and_nothing_without_its_word() -> None:
    words = {
        "attribute:occupation": {"equal": 4.0, "nearly equal": 3.0, "a word in common": 1.0, "differ": -0.5}
    }
    told = RULES.matching.model.model_dump()
    told["levels"] |= words
    told["frequencies"] |= {"attribute:occupation": {"Clerk": 3.5}}
    matching = RULES.matching.model_copy(update={"model": Model.model_validate(told)})
    weights = scale_of(RULES.model_copy(update={"matching": matching})).weights
    works = [
        person(**{"attribute:occupation": told})
        for told in ("Bus Driver", "BUS DRIVER", "bus drivr", "Truck driver", "clerk", "Clerk")
    ]
    pairs = [(0, 1), (0, 2), (0, 3), (0, 4), (4, 5)]
    assert [score(works[a], works[b], {}, weights) - PRIOR for a, b in pairs] == pytest.approx(
        [4.0, 3.0, 1.0, -0.5, 3.5]
    )
    assert bits(works[0], works[1]) == PRIOR
    assert score(works[0], person(first_name="Anna"), {}, weights) == PRIOR


@pytest.mark.parametrize(
    "common",
    [
        {"email": "jagemann@gmx.de"},
        {"phone": "08031 555123", "email": "jagemann@gmx.de", "payment_account": "c"},
        {"account_id": "17"},
    ],
)
def test_father_and_son_are_two_whatever_else_they_share(common: dict[str, str]) -> None:
    told = {"first_name": "Swidbert", "street": "Bergstr. 5", "postal_code": "83093"}
    father = person(common, last_name="Jagemann sen.", **told)
    son = person(common, last_name="Jagemann jun.", **told)
    assert bits(father, son) < RULES.matching.merge_bits
    assert contradiction(father, son, WEIGHTS) == "suffix"


def test_an_issued_number_and_the_birth_date_outweigh_another_suffix() -> None:
    number = {"national_id": "x1234567"}
    told = {"first_name": "John", "birth_date": "1980-02-03"}
    one, other = (person(number, last_name=name, **told) for name in ("Smith Jr.", "Smith III"))
    assert bits(one, other) >= RULES.matching.merge_bits


@pytest.mark.parametrize("middle", ["", "A."])
def test_a_suffix_against_none_says_nothing(middle: str) -> None:
    name = {"first_name": "John", "last_name": "Smith", "middle_name": middle}
    plain, junior = person(**name), person(**name | {"last_name": "Smith Jr."})
    assert bits(plain, junior) == bits(plain, plain)
    assert contradiction(plain, junior, WEIGHTS) == ""


def test_two_rows_of_a_company_are_one_customer_and_those_of_its_people_are_not() -> None:
    home = {"street": "Bergstr. 5", "postal_code": "83093", "city": "Bad Endorf"}
    firm, branch = person(last_name="Jagemann Bau GmbH", **home), person(last_name="Jagemann Bau GmbH")
    same = person(full_name="Jagemann Bau GmbH & Co. KG", **home)
    levels = {line.field: line.level for line in explain(firm, same, {}, WEIGHTS)}
    assert levels["first_name"] == "both companies"
    assert bits(firm, same) >= RULES.matching.merge_bits
    assert bits(firm, same) > bits(firm, branch)
    for mail in ({}, {"email": "jagemann@gmx.de"}):
        owner = person(mail, first_name="Otto", last_name="Jagemann", **home)
        works = person(mail, last_name="Jagemann Bau GmbH", **home)
        assert bits(owner, works) < RULES.matching.merge_bits
        assert contradiction(owner, works, WEIGHTS) == "first_name"


@pytest.mark.parametrize("initial", ["a", "z", "anna"])
def test_a_company_is_no_person_of_any_initial(initial: str) -> None:
    assert first_names(COMPANY, initial) == DIFFER


def test_a_postcode_counts_where_no_street_is_known_and_then_in_place_of_the_city() -> None:
    place = {"postal_code": "83093", "city": "Bad Endorf"}
    fields = [
        [line.field for line in explain(person(**one), person(**place), {}, WEIGHTS)]
        for one in (
            place,
            place | {"postal_code": "10117"},
            {"street": "Bergstr. 5", **place},
            {"postal_code": "83093"},
        )
    ]
    assert fields == [["prior", "postcode"], ["prior", "city"], ["prior", "postcode"], ["prior", "postcode"]]
    at_home = person(street="Bergstr. 5", **place)
    assert [line.field for line in explain(at_home, at_home, {}, WEIGHTS)] == ["prior", "address"]


def test_where_records_tell_of_no_households_another_first_name_is_no_contradiction() -> None:
    home = {
        "last_name": "Jagemann",
        "street": "Bergstr. 5",
        "postal_code": "83093",
        "birth_date": "1980-02-03",
    }
    anna, lena = person(first_name="Anna", **home), person(first_name="Lena", **home)
    loners = RULES.matching.model.model_copy(update={"household_bits": 0.0})
    weights = scale_of(RULES.with_model(loners)).weights
    assert contradiction(anna, lena, WEIGHTS) == "first_name"
    assert contradiction(anna, lena, weights) == ""
    assert score(anna, lena, {}, weights) > 0.0 > bits(anna, lena)
    junior, senior = (person(first_name="Hans", middle_name=word, **home) for word in ("jr", "sr"))
    assert contradiction(junior, senior, weights) == "suffix"
