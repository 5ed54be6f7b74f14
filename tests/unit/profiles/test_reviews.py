"""What a steward is asked: decisions near the bar, and whose of few persons a nameless group is."""

from tests.unit.profiles.people import RULES, apart, member, parted
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


def test_two_who_are_each_known_from_elsewhere_are_not_asked_for_below_the_bar() -> None:
    near = {"first_name": "Michael", "birth_date": "1980-02-03"}
    one, other = near | {"last_name": "Jagemann"}, near | {"last_name": "Eulenspiegel"}
    single = [member("a", **one), member("b", **other)]
    settled = [member("c", **one, phone="0171 5551234"), member("d", **other, loyalty_id="12")]
    assert len(parted(single).reviews) == 1
    assert len(parted(single + settled).groups) == 2
    assert not parted(single + settled).reviews


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
