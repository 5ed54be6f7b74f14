"""The playbook: the right action at the right moment, only as allowed, and not again too soon."""

from collections.abc import Mapping, Sequence
from itertools import chain

import pytest

from tests.unit.journey.stories import PLAYBOOK, START, facts, since_start, when
from unifier.journey.facts import ProfileFacts
from unifier.journey.guide import Guided, compile_guides, guide, inherited
from unifier.journey.hours import best_hour
from unifier.journey.playbook import Pushed, next_action
from unifier.journey.segments import compile_segments, segments
from unifier.rules import default_rules
from unifier.rules.conditions import ConditionError, Value, parse

RULES = default_rules()
DAY = 86_400_000
SEGMENTS = compile_segments(RULES.segments)
GUIDES = compile_guides(RULES)


def action(
    profile: ProfileFacts, now: str, out: Mapping[str, Pushed] | None = None
) -> tuple[str, str, str] | None:
    """(what, channel, when) of the next action, the time since the start in hours."""
    found = next_action(profile, PLAYBOOK, out or {}, when(now))
    return found and (found.name, found.channel, f"{(found.at - START) / 3_600_000:g}h")


def test_a_cart_is_reminded_of_after_an_hour_through_what_is_allowed() -> None:
    story = ("0h interest p", "1h preference p")
    assert action(facts(*story, now="1h", consents=["marketing_email"]), "1h") == (
        "cart_reminder",
        "email",
        "2h",
    )
    assert action(facts(*story, now="1h"), "1h") == ("cart_reminder", "site", "2h")


def test_the_sale_at_the_till_stops_the_reminder() -> None:
    told = Guided(going={"cart_reminder": Pushed(when("1h"), when("1h") + 3 * DAY, 1)})
    story = ("0h interest p", "0h preference p", "90m purchase o store")
    sale = guide(told, facts(*story, now="90m"), GUIDES, when("90m"), moved=True)
    assert sale.stops == ["cart_reminder"]
    assert sale.guided.action is not None
    assert sale.guided.action.name == "thank"
    assert guide(told, facts(*story, now="5d"), GUIDES, when("5d"), moved=True).stops == [], "it has run out"


def test_what_is_told_late_stops_and_pushes_nothing() -> None:
    cart = guide(Guided(), facts("0h preference p", now="0h"), GUIDES, when("0h"), moved=True).guided
    bought = facts("0h preference p", "1h purchase o store", now="26h")
    late = guide(cart, bought, GUIDES, when("26h"), moved=True, stale=True)
    assert late.stops == ["cart_reminder"]
    again = guide(late.guided, bought, GUIDES, when("26h"), moved=True)
    assert again.stops == [], "it is stopped once"
    assert late.guided.going == {}


def test_not_twice_within_the_cool_down() -> None:
    told = {"cart_reminder": Pushed(when("0h"), when("3d"), 1)}
    again = facts("0h preference p", "1h purchase o", "26h fulfilment o", "27h preference q", now="27h")
    assert action(again, "27h", told) is None
    later = facts("0h preference p", "1h purchase o", "26h fulfilment o", "80h preference q", now="80h")
    assert action(later, "80h", told) == ("cart_reminder", "site", "81h")


@pytest.mark.parametrize(("bought", "reminded"), [("30m", True), ("2h", False)])
def test_what_was_stopped_before_its_time_has_no_cool_down(bought: str, reminded: bool) -> None:
    story = ["0h preference p", f"{bought} purchase o store", "8h preference q"]
    guided = Guided()
    for number, now in enumerate(("0h", bought, "8h"), 1):
        profile = facts(*story[:number], now=now)
        guided = guide(guided, profile, GUIDES, when(now), moved=True).guided
    assert guided.action is None or guided.action.at == when("9h")
    assert (guided.action is not None) == reminded, "it goes out an hour after the cart, unless it is stopped"


def test_nothing_is_sold_in_trouble() -> None:
    story = ("0h purchase o", "2d fulfilment o", "3d trouble o", "4d preference q")
    assert action(facts(*story, now="4d"), "4d") is None
    calm = facts("0h purchase o", "2d fulfilment o", "3d trouble o", "20d preference q", now="20d")
    assert action(calm, "20d") == ("cart_reminder", "site", "481h")


def test_service_comes_before_the_review_when_there_was_trouble() -> None:
    story = ["0h purchase o", "2d fulfilment o"]
    allowed = facts(*story, now="2d", consents=["marketing_email"])
    assert action(allowed, "2d", {})[0] == "ask_for_review"  # type: ignore[index]
    troubled = facts(*story, "3d trouble x", now="3d", consents=["marketing_email"])
    assert action(troubled, "3d") == (
        "service_first",
        "service",
        "24h",
    )  # a day after the order it counts as fulfilled


def test_without_consent_nothing_goes_out() -> None:
    assert action(facts("0h purchase o", "2d fulfilment o", now="2d"), "2d") is None


def test_what_is_over_makes_room_for_the_next() -> None:
    intense = [f"{hour}h interest p{hour}" for hour in range(6)]
    assert action(facts(*intense, now="6h"), "6h") == ("offer_sign_up_to_the_interested", "site", "0h")
    assert action(facts(*intense, now="7d12h"), "7d12h") == ("build_trust", "site", "24h")


def test_the_reason_is_told_in_words() -> None:
    cart = facts("0h preference p", now="0h", consents=["marketing_email"])
    found = next_action(cart, PLAYBOOK, {}, when("0h"))
    assert found is not None
    told = found.document(PLAYBOOK, cart)
    assert told is not None
    assert told["why"] == ["preference since 2026-02-16T00:00:00.000Z", "marketing_email is granted"]
    assert told["until"] > told["when"]
    assert found._replace(name="gone").document(PLAYBOOK, cart) is None
    assert found._replace(channel="gone").document(PLAYBOOK, cart) is None


def test_the_reason_says_after_what_somebody_fell_back() -> None:
    lapsed = facts("0h interest p", "1h preference p", "20h touch app", now="8d")
    assert lapsed.phase == "consideration"
    found = next_action(lapsed, PLAYBOOK, {}, when("8d"))
    assert found is not None
    told = found.document(PLAYBOOK, lapsed)
    assert told is not None
    assert (told["what"], told["why"]) == (
        "build_trust",
        ["consideration since 2026-02-23T20:00:00.000Z", "silent after Page (app)"],
    )
    served = facts("0h purchase o", now="2d", consents=["marketing_email"])
    assert (served.phase, served.fell_silent) == ("after_sale", ""), "time alone, but no falling back"


@pytest.mark.parametrize(
    ("touches", "hour"),
    [([], 19), (["9h", "1d9h", "2d10h", "3d9h"], 9), (["3h"], 19), ([f"{d}d3h" for d in range(30)], 3)],
)
def test_the_best_hour_is_ones_own_if_there_is_enough_to_go_on(touches: list[str], hour: int) -> None:
    assert best_hour([when(touch) for touch in touches], PLAYBOOK.hours) == hour


# --- segments ---------------------------------------------------------------------------------------------


def test_segments_by_their_rules() -> None:
    now = when("1d")
    assert segments(facts("0h interest p", now="1d"), SEGMENTS, now).names == ["new"]
    intense = facts(*(f"{hour}h interest p" for hour in range(12)), now="1d")
    assert segments(intense, SEGMENTS, now).names == ["anonymous_and_intense", "new"]
    named = facts(*(f"{hour}h interest p" for hour in range(12)), now="1d", named=True)
    assert segments(named, SEGMENTS, now).names == ["new"]
    crossed = facts("0h interest p", "20h purchase o store", now="1d", orders=["20h store"])
    assert segments(crossed, SEGMENTS, now).names == ["ropo_buyer"]


def test_a_segment_left_by_time_alone_says_when() -> None:
    profile = facts("0h interest p", now="1d")
    turns = segments(profile, compile_segments({"new": RULES.segments["new"]}), when("1d")).turns_at
    assert turns is not None
    assert "new" in segments(profile, SEGMENTS, turns - 1).names
    assert "new" not in segments(profile, SEGMENTS, turns).names


def test_at_risk_is_entered_by_silence() -> None:
    profile = facts("0h purchase o", "10d purchase p", now="11d", orders=["0h online", "10d online"])
    at_risk = compile_segments({"at_risk": RULES.segments["at_risk"]})
    assert segments(profile, at_risk, when("11d")).names == []
    turns = segments(profile, at_risk, when("11d")).turns_at
    assert turns == when("190d") + 1
    assert segments(profile, at_risk, turns).names == ["at_risk"]


# --- conditions -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("orders", 'write "orders >= 1" or "orders within 30d"'),
        ("known >= 1", "true or not"),
        ("fame >= 1", "there is no fact 'fame'"),
        ("phase", 'write "phase is'),
        ("orders is many", "is no word"),
        ("returns within 3d", "is a number"),
        ("orders >= 2 before 3d", "goes without a number"),
        ("orders < 2 within 3d", 'write ">="'),
        ("orders >= within", "is no condition"),
        ("did:>= 1", "is no condition"),
    ],
)
def test_a_condition_that_says_nothing_is_refused_with_the_mend(text: str, words: str) -> None:
    with pytest.raises(ConditionError, match=words.replace("(", r"\(")):
        parse(text)


def test_conditions_hold_as_they_read() -> None:
    now = 1000 * DAY
    told: dict[str, Value] = {
        "known": True, "phase": "purchase", "returns": 2.0, "orders": [now - 40 * DAY, now - 10 * DAY],
        "consent:x": None, "did:Coupon Entered": 3.0,
    }  # fmt: skip
    true = [
        "known",
        "phase is purchase",
        "not phase is loyalty",
        "returns >= 2",
        "not returns > 2",
        "orders == 2",
        "orders within 10d",
        "orders before 9d",
        "orders >= 2 within 40d",
        "not orders >= 2 within 39d",
        "did:Coupon Entered > 2",
    ]
    false = [
        "not known",
        "phase is loyalty",
        "returns < 2",
        "orders before 10d",
        "consent:x",
        "not consent:x",
    ]
    assert [text for text in true if not parse(text).holds(told, now)] == []
    assert [text for text in false if parse(text).holds(told, now)] == []


def told_of(*batches: tuple[str, list[str]], story: Sequence[str] = ()) -> list[tuple[list[str], str | None]]:
    """(stops, action and when) of each batch of marks, given when it is found and what it brings; each tells
    a transition."""
    guided, known, found = Guided(), list(story), []
    for now, words in batches:
        known += words
        guidance = guide(guided, facts(*known, now=now), GUIDES, when(now), moved=True)
        guided = Guided.unpack(guidance.guided.pack())
        action = guidance.tells
        found.append((guidance.stops, action and f"{action.name} {since_start(action.at)}"))
    return found


CART = ("0h", ["0h preference p"])
BOUGHT_AND_AGAIN = ["30m purchase o store", "40m preference q"]


def test_what_is_told_anew_takes_the_place_of_what_was_told() -> None:
    assert told_of(CART, ("45m", BOUGHT_AND_AGAIN)) == [
        ([], "cart_reminder 1h"),
        (["cart_reminder"], "cart_reminder 1h40m"),
    ], "else both go out"


def test_what_went_out_before_the_next_stay_was_known_of_cools_down_in_it() -> None:
    assert told_of(CART, ("2h", BOUGHT_AND_AGAIN)) == [([], "cart_reminder 1h"), (["cart_reminder"], None)]


def test_a_cool_down_counts_from_what_went_out_and_so_from_what_came_together() -> None:
    story = ["10h preference p"], ["14h purchase o store"], ["20h preference q"]
    one_by_one = told_of(*(("24h", words) for words in story))
    assert one_by_one == [([], "cart_reminder 11h"), (["cart_reminder"], None), ([], None)]
    assert told_of(("24h", [*chain(*story)])) == [([], "cart_reminder 21h")], "nobody was reminded"


def test_what_went_out_is_not_told_again_by_a_sale_that_is_undone() -> None:
    guided = Guided()
    cart = facts("0h preference p", now="90m")
    for now, profile in (
        ("0h", facts("0h preference p", now="0h")),
        ("80m", facts("0h preference p", "80m purchase o", now="80m")),
    ):
        cart_reminder = guided.action
        guided = guide(guided, profile, GUIDES, when(now), moved=True).guided
    back = guide(guided, cart, GUIDES, when("90m"), moved=True)
    assert (cart.phase, back.tells) == ("preference", None)
    assert back.guided.action == cart_reminder, "as if there had been no sale"


def test_what_went_out_stays_the_next_action_until_it_is_over() -> None:
    guided = guide(Guided(), facts("0h preference p", now="0h"), GUIDES, when("0h"), moved=True).guided
    for now, action in (("5h", guided.action), ("3d2h", None)):
        profile = facts("0h preference p", "4h touch", now=now)
        guided = guide(guided, profile, GUIDES, when(now), moved=False).guided
        assert guided.action == action


def test_its_times_stay_whenever_the_person_is_there_while_the_phase_lasts() -> None:
    """Else it would be due again after it has gone out."""
    bought = ("0h purchase o", "2d fulfilment o")
    late = [f"{day}d{hour}" for day in range(2, 8) for hour in ("22h", "22h30m")]
    told = [
        action(facts(*bought, *more, now="8d20h", consents=["marketing_email"]), "8d20h")
        for more in ([], [f"{at} touch" for at in late])
    ]
    assert best_hour([when(at) for at in late], PLAYBOOK.hours) == 22
    assert told == [("ask_for_review", "email", "211h")] * 2


def test_of_two_who_are_one_what_went_out_to_either_cools_down() -> None:
    out = guide(Guided(), facts("0h preference p", now="0h"), GUIDES, when("0h"), moved=True).guided
    waits = guide(Guided(), facts("9h preference q", now="9h"), GUIDES, when("9h"), moved=True).guided
    for kept, other in ((out, waits), (waits, out)):
        one = inherited(kept, [other], when("9h30m"), 1)
        bought = facts("0h preference p", "9h30m purchase o store", now="9h30m")
        sale = guide(one, bought, GUIDES, when("9h30m"), moved=True)
        assert sale.stops == ["cart_reminder"]
        again = facts("0h preference p", "9h30m purchase o store", "20h preference q", now="20h")
        assert guide(sale.guided, again, GUIDES, when("20h"), moved=True).guided.action is None
