"""What a steward is asked: decisions near the bar, and whose of few persons a nameless group is."""

import pytest

from tests.unit.profiles.people import RULES, apart, member, parted
from unifier.profiles.asking import OUTVOTED, SETTLED_BITS, of_joined
from unifier.profiles.attach import OWNERS_ASKED
from unifier.profiles.partition import Member

HOME = {"last_name": "Jagemann", "street": "Bergstr. 5", "postal_code": "83093"}


def test_a_decision_near_the_bar_is_told_for_review() -> None:
    near = {"first_name": "Michael"}
    members = [
        member("a", last_name="Jagemann", birth_date="1980-02-03", **near),
        member("b", last_name="Eulenspiegel", birth_date="1980-02-03", **near),
    ]
    found = parted(members)
    assert [(task.a, task.b) for task in found.reviews] == [((b"a",), (b"b",))]
    low, high = RULES.matching.review_bits
    assert low <= found.reviews[0].bits < high


def test_two_who_are_each_known_from_elsewhere_are_not_asked_for_below_an_even_chance() -> None:
    near = {"first_name": "Michael", "birth_date": "1980-02-03"}
    one, other = near | {"last_name": "Jagemann"}, near | {"last_name": "Eulenspiegel"}
    a, b = member("a", **one, phone="0171 5551234"), member("b", **other, phone="0171 9998877")
    settled = [member("c", **one, email="michi@x.de"), member("d", **other, loyalty_id="12")]
    (asked,) = parted([a, b]).reviews
    assert RULES.matching.review_bits[0] <= asked.bits < SETTLED_BITS
    assert len(parted([a, b, *settled]).groups) == 2
    assert not parted([a, b, *settled]).reviews


def test_a_pair_below_what_may_join_is_asked_about_and_joined_by_nothing() -> None:
    near = {"middle_name": "M", **HOME}
    found = parted([member("a", first_name="Kimberly", **near), member("b", first_name="Nino", **near)])
    assert len(found.groups) == 2
    (asked,) = found.reviews
    assert RULES.matching.link_bits <= asked.bits < RULES.matching.join_bits


def test_a_sure_pair_whose_groups_tell_otherwise_is_asked_about_first() -> None:
    """A record without a first name has the mother's phone and the daughter's mailbox."""
    mother = member("a", first_name="Anna", birth_date="1950-01-02", phone="0171 5551234", **HOME)
    between = member("b", last_name="Jagemann", phone="0171 5551234", email="berta@x.de")
    daughter = member("c", first_name="Berta", birth_date="1980-05-06", email="berta@x.de", **HOME)
    found = parted([mother, between, daughter])
    assert len(found.groups) == 1
    (asked,) = found.reviews
    assert asked.bits < RULES.matching.merge_bits
    assert asked.doubt == OUTVOTED


def test_a_join_is_asked_about_the_further_the_more_speaks_against_it() -> None:
    high = 3.0
    plain = [("prior", "", -12.0), ("first_name", "equal", 5.0), ("family", "equal", 9.0)]
    contested, nameless = [*plain, ("phone", "differ", -0.7)], [plain[0], plain[2]]
    assert of_joined(plain, 2.9, high) == pytest.approx(0.118, abs=0.001)
    assert not of_joined(plain, 3.0, high)
    assert of_joined(contested, 3.9, high)
    assert not of_joined(contested, 4.0, high)
    assert of_joined(nameless, 1.9, high)
    assert not of_joined(nameless, 2.0, high)


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


def test_it_is_not_asked_again_of_whom_a_steward_has_said_that_it_is_not() -> None:
    found = parted([*holders(2), PURCHASE], separations=[apart("o", "x")])
    assert [review[:2] for review in found.reviews] == [((b"a",), (b"x",))]


def test_whose_a_card_of_a_whole_office_is_is_not_asked() -> None:
    assert len(parted([*holders(OWNERS_ASKED), PURCHASE]).reviews) == OWNERS_ASKED
    assert not parted([*holders(OWNERS_ASKED + 1), PURCHASE]).reviews
