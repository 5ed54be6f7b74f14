"""What a steward is asked: decisions near the bar, and whose of few persons a nameless group is."""

import pytest

from tests.unit.profiles.people import RULES, apart, member, parted
from unifier.matching.compare import INITIAL, MISPRINT
from unifier.matching.scale import scale_of
from unifier.matching.score import OF_SEVERAL, ONLY_SHARED, evidence
from unifier.matching.values import values_of
from unifier.profiles.asking import (
    AGAINST_BITS,
    ANOTHERS_MAILBOX,
    ATTACHED,
    BORN_BITS,
    BUT_A_NUMBER,
    HOME_BITS,
    INITIAL_BITS,
    JOINED_MISSPELT,
    MISSPELT_BORN_ALIKE,
    MISSPELT_MAILBOX,
    OWN_MAILBOX,
    OWNERS_ASKED,
    SURNAME_BITS,
    Lines,
    of_joined,
    of_misprint,
    of_two,
)
from unifier.profiles.asking import APART_BITS as APART
from unifier.profiles.asking import JOINED_BITS as JOINED
from unifier.profiles.linkage import Linkage
from unifier.profiles.partition import Member
from unifier.profiles.verdict import reason_in_words

HOME = {"last_name": "Jagemann", "street": "Bergstr. 5", "postal_code": "83093"}


def test_a_decision_near_the_bar_is_told_for_review() -> None:
    near = {"first_name": "Michael"}
    members = [
        member("a", last_name="Jagemann", birth_date="1980-02-03", **near),
        member("b", last_name="Eulenspiegel", birth_date="1980-02-03", **near),
    ]
    found = parted(members)
    assert [(task.a, task.b) for task in found.reviews] == [((b"a",), (b"b",))]
    assert 2 * found.reviews[0].doubt >= RULES.matching.review_doubt  # two profiles are looked at


def test_a_pair_below_what_may_join_is_asked_about_and_joined_by_nothing() -> None:
    near = {"middle_name": "M", **HOME}
    found = parted([member("a", first_name="Kimberly", **near), member("b", first_name="Nino", **near)])
    assert len(found.groups) == 2
    (asked,) = found.reviews
    assert RULES.matching.link_bits <= asked.bits < RULES.matching.join_bits


def test_a_sure_pair_whose_groups_tell_otherwise_is_asked_about_first() -> None:
    """A record without a first name has her phone and the mailbox of one whose first name nobody bears."""
    anna = member("a", first_name="Anna", birth_date="1950-01-02", phone="0171 5551234", **HOME)
    between = member("b", last_name="Jagemann", phone="0171 5551234", email="berta@x.de")
    misspelt = member("c", first_name="Brtwz", birth_date="1980-05-06", email="berta@x.de", **HOME)
    found = parted([anna, between, misspelt])
    assert len(found.groups) == 1
    (asked,) = found.reviews
    assert asked.bits < RULES.matching.merge_bits
    assert asked.doubt > 0.99, "born otherwise, so not misspelt"


def test_whom_a_record_without_a_first_name_would_join_is_told_and_asked() -> None:
    family = {"last_name": "Jagemann", "phone": "0171 5550123"}
    found = parted(
        [
            member("a", first_name="Christiane", postal_code="83093", **family),
            member("b", first_name="Cornelius", email="jagemann@gmx.de", **family),
            member("c", postal_code="83093", email="jagemann@gmx.de", **family),
        ]
    )
    (no,) = found.refused
    assert no.reason == "first_name_missing"
    assert reason_in_words(no.reason)
    (asked,) = found.reviews
    assert asked.doubt == 0.15


ALIKE = {"birth_date": "1984-09-19", "email": "jagemann@x.de", "phone": "0171 5551234", **HOME}


@pytest.mark.parametrize("other", ["Ilayda", "Elina"])
def test_where_only_the_first_names_differ_it_is_asked_whether_one_is_misspelt(other: str) -> None:
    found = parted([member("a", first_name="Selina", **ALIKE), member("b", first_name=other, **ALIKE)])
    assert len(found.groups) == 2
    assert [2 * task.doubt for task in found.reviews] == [MISSPELT_BORN_ALIKE[0][1]]


@pytest.mark.parametrize(
    ("other", "together"),
    [({}, True), ({"first_name": "Petra"}, False), ({"birth_date": "1951-12-02"}, False)],
)
def test_two_born_alike_with_one_name_misspelt_are_looked_at_together_though_below_the_bar(
    other: dict[str, str], together: bool
) -> None:
    told = {"first_name": "Selina", "last_name": "Jagemann", "birth_date": "1984-09-19"}
    linkage = Linkage(RULES)
    for person in (told, {**told, "first_name": "Szfinb", **other}):
        linkage.add(member("m", **person).identity)
    linkage.settle()
    (one, two) = (linkage.members[fid].identity for fid in sorted(linkage.members))
    assert scale_of(RULES).bits(one, two) < RULES.matching.link_bits
    assert (len(linkage.components()) == 1) == together
    assert sum(len(linkage.partition(fids).reviews) for fids in linkage.components()) == together
    assert sum(len(linkage.partition(fids).groups) for fids in linkage.components()) == 2


def test_of_two_born_alike_with_one_mailbox_one_name_is_garbled_and_nothing_is_asked() -> None:
    found = parted([member("a", first_name="Selina", **ALIKE), member("b", first_name="Szfinb", **ALIKE)])
    assert len(found.groups) == 1
    assert not found.reviews


def test_of_two_strangers_with_one_loyalty_card_it_is_asked_but_not_of_a_household_with_one() -> None:
    anna = {"first_name": "Anna", "last_name": "Berger", "street": "Talstr. 7", "postal_code": "10117"}
    strangers = [member("a", loyalty_id="1", **anna), member("b", first_name="Otto", loyalty_id="1", **HOME)]
    found = parted(strangers)
    assert len(found.groups) == 2
    assert [2 * task.doubt for task in found.reviews] == [BUT_A_NUMBER]
    household = [member(name, first_name=name, loyalty_id="1", **HOME) for name in ("Anna", "Otto")]
    assert not parted(household).reviews


def test_of_two_who_bear_two_names_it_is_not_asked() -> None:
    assert not parted([member(name, first_name=name, **ALIKE) for name in ("Selina", "Petra")]).reviews


def test_a_join_that_but_a_misspelt_first_name_speaks_against_is_hardly_doubted() -> None:
    """The nameless record fits both, who would stay two without it."""
    between = member("x", **{**ALIKE, "email": "selina@x.de"})
    found = parted([member(name, first_name=name, **ALIKE) for name in ("Selina", "Elina")] + [between])
    assert len(found.groups) == 1
    assert all(task.doubt <= 0.1 + 1e-9 for task in found.reviews)


PLAIN = [("prior", "", -12.0), ("first_name", "equal", 5.0), ("last_name", "equal", 9.0)]
AGAINST = [("phone", "differ", -0.7), ("email", "differ", -1.5)]
WEIGHTS = scale_of(RULES).weights


def wrong(lines: Lines, bits: float) -> float:
    """The doubt of a join of two who tell no names."""
    nobody = values_of(member("n").identity)
    return of_joined(lines, bits, nobody, nobody, WEIGHTS)


def test_a_join_is_doubted_the_more_the_more_fields_speak_against_it() -> None:
    assert wrong(PLAIN, 3.0 - JOINED) == pytest.approx(1 / 9)
    assert wrong([*PLAIN, AGAINST[0]], 3.0 - JOINED + AGAINST_BITS) == pytest.approx(1 / 9)
    assert wrong([*PLAIN, *AGAINST], 3.0 - JOINED) > 0.5


def test_where_name_and_home_agree_another_mailbox_or_phone_speaks_against_nobody() -> None:
    at_home = [*PLAIN[:2], ("family", "equal", 9.0)]
    assert wrong([*at_home, *AGAINST], 3.0) == wrong(at_home, 3.0)
    dated = [*at_home, ("birth_date", "differ", -2.0)]
    assert wrong([*dated, *AGAINST], 3.0) == wrong(dated, 3.0) > wrong(at_home, 3.0)


def test_a_first_name_that_is_somewhat_alike_speaks_against_nobody_whatever_the_model_says() -> None:
    alike, other = ([*PLAIN[::2], ("first_name", level, -0.4)] for level in ("somewhat alike", "differ"))
    assert wrong(alike, 3.0) < wrong(other, 3.0)


@pytest.mark.parametrize(
    ("mailbox", "doubt"),
    [("anna67@x.de", OWN_MAILBOX), ("a.berger@x.de", OWN_MAILBOX), ("otto@x.de", ANOTHERS_MAILBOX)],
)
def test_who_tells_but_a_mailbox_of_two_is_doubted_less_with_the_one_whom_it_is_named_after(
    mailbox: str, doubt: float
) -> None:
    anna, nameless = (
        values_of(member("m", email=mailbox, **names).identity)
        for names in ({"first_name": "Anna", "last_name": "Berger"}, {})
    )
    lines = [PLAIN[0], ("email", f"{OF_SEVERAL} 2 people", 15.0)]
    assert of_joined(lines, 3.0, anna, nameless, WEIGHTS) == doubt
    assert of_joined(lines, 3.0, nameless, anna, WEIGHTS) == doubt


def test_two_whose_first_names_and_birth_dates_differ_are_hardly_one_misspelt() -> None:
    told = [
        member(name, first_name=name, **{**ALIKE, "birth_date": birth}).identity
        for name, birth in (("Selina", "1984-09-19"), ("Szfinb", "1951-12-02"))
    ]
    one, other = map(values_of, told)
    assert of_misprint(evidence(one, other, {}, WEIGHTS), one, other) == 0.0


def test_a_join_against_a_first_name_that_is_misspelt_is_not_doubted_where_all_the_rest_is_for_it() -> None:
    lines = [PLAIN[0], ("first_name", "differ", -5.0), ("email", "equal", 17.0)]
    elina, selina = (values_of(member("m", first_name=name).identity) for name in ("Elina", "Selina"))
    assert of_joined([*lines, ("phone", "equal", 15.0)], -3.0, elina, selina, WEIGHTS) == JOINED_MISSPELT
    assert of_joined(lines, -3.0, elina, selina, WEIGHTS) > 0.5


def test_a_surname_that_differs_speaks_against_nobody() -> None:
    other = ("last_name", "differ", -4.0)
    assert wrong([*PLAIN, other], 3.0) == wrong(PLAIN, 3.0)
    assert of_two([*PLAIN, other], -1.0 - APART - SURNAME_BITS) == pytest.approx(1 / 3)
    assert of_two([*PLAIN, other, AGAINST[0]], -1.0 - APART) == pytest.approx(1 / 9), (
        "but with something else"
    )


def test_a_join_of_two_birth_dates_is_doubted_most_unless_one_person_often_has_two() -> None:
    doubtful, usual = ([*PLAIN, ("birth_date", "differ", bits)] for bits in (-6.5, -2.0))
    assert wrong(usual, 3.0 - JOINED + AGAINST_BITS) == pytest.approx(1 / 9)
    assert wrong(doubtful, 3.0 - JOINED + AGAINST_BITS + BORN_BITS) == pytest.approx(1 / 9)


@pytest.mark.parametrize("told", [("last_name", "equal", 12.0), ("family", "equal", 9.0)])
def test_a_join_by_what_two_of_a_household_have_in_common_is_doubted(told: tuple[str, str, float]) -> None:
    home = [PLAIN[0], told, ("postcode", "equal", 4.0)]
    assert wrong(home, 3.0 - JOINED + HOME_BITS) == pytest.approx(1 / 9)
    assert wrong([*home, ("email", "equal", 12.0)], 3.0 - JOINED) == pytest.approx(1 / 9)


def test_a_value_that_several_people_bring_speaks_against_a_join_unless_it_is_issued_to_one() -> None:
    plain = wrong(PLAIN, 3.0)
    assert wrong([*PLAIN, ("email", f"{OF_SEVERAL} 2 people", 14.0)], 3.0) > plain
    assert wrong([*PLAIN, ("loyalty_id", f"{OF_SEVERAL} 2 people", 14.0)], 3.0) == plain


def test_two_who_differ_in_one_field_may_be_one_and_hardly_if_they_differ_in_more() -> None:
    assert of_two([*PLAIN, AGAINST[0]], -1.0 - APART) == pytest.approx(1 / 3)
    assert of_two([*PLAIN, *AGAINST], -1.0 - APART) == pytest.approx(1 / 9)


def test_an_initial_makes_either_decision_more_doubtful_and_any_field_that_differs_counts() -> None:
    initial = [PLAIN[0], ("first_name", INITIAL, 4.0), ("last_name", "equal", 9.0)]
    assert wrong(initial, 3.0 - JOINED + INITIAL_BITS) == pytest.approx(1 / 9)
    assert of_two(initial, -1.0 - APART + INITIAL_BITS) == pytest.approx(1 / 3)
    assert of_two([*initial, AGAINST[0]], -1.0 - APART + INITIAL_BITS + AGAINST_BITS) == pytest.approx(1 / 3)


def test_two_of_whom_but_a_misspelt_mailbox_is_known_are_one_more_often_than_not() -> None:
    lines = [PLAIN[0], ("email", MISPRINT, 10.0)]
    assert of_two(lines, -2.0) == MISSPELT_MAILBOX
    assert of_two([*lines, ("phone", "differ", -2.5)], -4.5) < 0.1


def test_two_with_nothing_but_a_card_in_common_may_be_one_though_no_rule_would_ever_join_them() -> None:
    lines = [("prior", "", -12.0), ("payment_account", "equal", 14.0), ("household", ONLY_SHARED, -14.0)]
    assert of_two(lines, -12.0 - APART) == pytest.approx(0.8)


NAMES = ["Anna", "Otto", "Erika", "Paul"]
PURCHASE = member("x", payment_account="card")


def holders(count: int) -> list[Member]:
    return [
        member(name[0].lower(), first_name=name, **HOME, loyalty_id=name, payment_account="card")
        for name in NAMES[:count]
    ]


def test_whose_of_a_couple_a_purchase_with_their_card_was_is_asked_of_each() -> None:
    found = parted([*holders(2), PURCHASE])
    assert [review[:2] for review in found.reviews] == [((b"a",), (b"x",)), ((b"o",), (b"x",))]
    assert {review.bits for review in found.reviews} == {0.0}  # as likely as not


def test_a_purchase_with_the_card_of_one_is_asked_of_nobody() -> None:
    assert not parted([*holders(1), PURCHASE]).reviews


def test_who_looks_at_a_profile_anyway_is_asked_whether_its_purchases_are_its() -> None:
    doubtful = member("b", first_name="A", last_name="Jagemann")
    found = parted([*holders(1), doubtful, PURCHASE])
    assert found.groups == [(b"a", b"b", b"x")]
    assert [review[:2] for review in found.reviews] == [((b"a",), (b"b",)), ((b"a", b"b"), (b"x",))]
    assert found.reviews[1].doubt == ATTACHED < found.reviews[0].doubt


def test_it_is_not_asked_again_of_whom_a_steward_has_said_that_it_is_not() -> None:
    found = parted([*holders(2), PURCHASE], separations=[apart("o", "x")])
    assert [review[:2] for review in found.reviews] == [((b"a",), (b"x",))]


def test_whose_a_card_of_a_whole_office_is_is_not_asked() -> None:
    assert len(parted([*holders(OWNERS_ASKED), PURCHASE]).reviews) == OWNERS_ASKED
    assert not parted([*holders(OWNERS_ASKED + 1), PURCHASE]).reviews


BORN = {"birth_date": "1980-02-03", "postal_code": "83093", "city": "Bad Endorf"}


def test_whose_a_birth_date_without_a_name_is_that_fits_two_is_asked_of_each() -> None:
    twins = [member(name[0], first_name=name, **HOME | BORN) for name in ("Anna", "Otto")]
    found = parted([*twins, member("x", **BORN)])
    assert found.groups == [(b"A",), (b"O",), (b"x",)]
    whose = [review for review in found.reviews if b"x" in review.a + review.b]
    assert [(review.a, review.b, review.doubt) for review in whose] == [
        ((b"A",), (b"x",), 0.5),
        ((b"O",), (b"x",), 0.5),
    ]
