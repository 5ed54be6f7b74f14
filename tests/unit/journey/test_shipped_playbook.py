"""The playbook that ships: each action comes in its story, and each kind of condition works."""

import pytest

from tests.unit.journey.stories import PLAYBOOK, facts, when
from unifier.journey.playbook import NextAction, next_action, turns_at
from unifier.rules import Playbook
from unifier.rules.conditions import parse

LOOKED = tuple(f"{hour}h interest p{hour}" for hour in range(6))
BOUGHT = ("0h purchase o", "1h fulfilment o")
TWICE = ("0h purchase o", "2d fulfilment o", "9d purchase p", "11d fulfilment p")
GRANTED = ("marketing_email",)

STORIES = [
    # (action, story, now, consents, orders, channel, when it is due)
    ("offer_sign_up", [f"{hour}h touch" for hour in range(10)], "9h", (), (), "site", "0h"),
    ("offer_sign_up_to_the_interested", LOOKED, "6h", (), (), "site", "0h"),
    ("build_trust", ("0h interest p",), "0h", (), (), "site", "1d"),
    ("build_trust", ("0h interest p",), "0h", GRANTED, (), "email", "1d"),
    ("build_trust", ("0h interest p",), "0h", ("marketing_push",), (), "app", "1d"),
    ("cart_reminder", ("0h preference p",), "0h", (), (), "site", "1h"),
    ("thank", ("0h purchase o store",), "0h", (), (), "parcel", "0h"),
    ("service_first", (*BOUGHT, "3d trouble x"), "3d", (), (), "service", "1h"),
    ("ask_for_review", BOUGHT, "1d", GRANTED, (), "email", "7d19h"),  # at everybody's best hour
    ("win_back", BOUGHT, "31d", GRANTED, ("0h online",), "email", "60d19h"),
    ("reward_referral", (*TWICE, "12d advocacy"), "12d", (), (), "site", "10d"),
    ("early_access", TWICE, "12d", (), (), "site", "13d"),
]


def told(found: NextAction | None) -> tuple[str, str, int] | None:
    return found and (found.name, found.channel, found.at)


@pytest.mark.parametrize(
    ("name", "story", "now", "consents", "orders", "channel", "at"), STORIES, ids=[s[0] for s in STORIES]
)
def test_each_action_comes_in_its_story(
    name: str,
    story: list[str],
    now: str,
    consents: tuple[str, ...],
    orders: tuple[str, ...],
    channel: str,
    at: str,
) -> None:
    profile = facts(*story, now=now, consents=consents, orders=orders)
    assert told(next_action(profile, PLAYBOOK, {}, when(now))) == (name, channel, when(at))


def test_every_action_has_a_story() -> None:
    assert {action.name for action in PLAYBOOK.actions} == {name for name, *_ in STORIES}


def test_the_silent_buyer_is_won_back_and_the_regular_one_is_not() -> None:
    again = facts("0h purchase o", "1h fulfilment o", now="31d", consents=GRANTED, orders=["20d store"])
    assert next_action(again, PLAYBOOK, {}, when("31d")) is None


def only(*conditions: str) -> Playbook:
    """The shipped playbook with one action alone, under these conditions."""
    (cart,) = (action for action in PLAYBOOK.actions if action.name == "cart_reminder")
    when_ = tuple(parse(text) for text in conditions)
    return PLAYBOOK.model_copy(update={"actions": (cart.model_copy(update={"when": when_}),)})


CART = ("0h interest p store", "1h preference p", "2h preference q")
CONDITIONS = [
    # (conditions that hold, the same turned round) of this cart
    ("phase is preference", "phase is consideration"),
    ("journey == 1", "journey > 1"),
    ("orders >= 1", "orders < 1"),
    ("orders_store >= 1", "orders_online >= 1"),
    ("preferences >= 2 within 1d", "preferences >= 3 within 1d"),
    ("did:Page >= 3", "did:Coupon Entered >= 1"),
    ("channel:store >= 1", "channel:app >= 1"),
    ("touches >= 3", "touches > 3"),
    ("consent:marketing_email", "consent:marketing_push"),
    ("known", "anonymous"),
    ("first_seen within 1d", "first_seen before 1d"),
    ("purchase_chance > 0.01", "purchase_chance < 0.01"),
    ("expected_orders > 0", "alive_chance < 1"),  # of one order nobody knows whether the buyer is gone
]


@pytest.mark.parametrize(("holds", "fails"), CONDITIONS)
def test_conditions_of_every_kind(holds: str, fails: str) -> None:
    cart = facts(*CART, now="2h", consents=GRANTED, orders=["0h store"], named=True)
    assert next_action(cart, only(holds), {}, when("2h")) is not None
    assert next_action(cart, only(fails), {}, when("2h")) is None
    assert next_action(cart, only(holds, fails), {}, when("2h")) is None


def test_what_time_alone_turns_is_looked_at_again_then() -> None:
    cart = facts(*CART, now="2h")
    again = turns_at(cart, only("preferences >= 2 within 6h"), None, when("2h"))
    assert again == when("7h") + 1
    assert next_action(cart, only("preferences >= 2 within 6h"), {}, again - 1) is not None
    assert next_action(cart, only("preferences >= 2 within 6h"), {}, again) is None


def test_the_best_hour_is_the_persons_own() -> None:
    evenings = [f"{day}d22h touch" for day in range(20)]
    profile = facts(*evenings, "20d purchase o", "20d1h fulfilment o", now="20d1h", consents=GRANTED)
    found = next_action(profile, PLAYBOOK, {}, when("20d1h"))
    assert found is not None
    assert (found.name, found.at) == ("ask_for_review", when("27d22h"))
