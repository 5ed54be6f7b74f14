"""The rules of the journey, case by case, in words."""

from typing import NamedTuple

import pytest

from tests.unit.journey.stories import FOUR, MODELS, NO_DETAIL, SIX, hashed, mark, orders, story, told, when
from unifier.journey.models import NEVER
from unifier.journey.walk import VIEWS_KEPT, State, advance, due, follows, settle
from unifier.profiles.marks import Mark


class Case(NamedTuple):
    name: str
    marks: list[str]
    until: str
    expected: list[str]
    undone: frozenset[bytes] = frozenset()


SIX_PHASE = [
    # --- entering the phases
    Case("the first touch is awareness", ["0s touch"], "1h", ["0s awareness forward"]),
    Case(
        "interest is consideration",
        ["0s touch", "1m interest"],
        "1h",
        ["0s awareness forward", "1m consideration forward"],
    ),
    Case(
        "page, product and cart in one second are three transitions",
        ["100ms touch", "300ms interest bike", "900ms preference bike"],
        "1h",
        ["100ms awareness forward", "300ms consideration forward", "900ms preference forward"],
    ),
    Case("interest of a stranger skips awareness", ["0s interest"], "1h", ["0s consideration skip"]),
    Case(
        "the third view of one product is preference",
        ["0s interest bike", "1m interest bike", "2m interest bike"],
        "1h",
        ["0s consideration skip", "2m preference forward"],
    ),
    Case(
        "views of three products are no preference",
        ["0s interest bike", "1m interest helmet", "2m interest lock"],
        "1h",
        ["0s consideration skip"],
    ),
    Case(
        "interest in no product in particular is never a third view",
        ["0s interest", "1m interest", "2m interest"],
        "1h",
        ["0s consideration skip"],
    ),
    Case(
        "views before a purchase are not counted after it",
        ["0s interest bike", "1m interest bike", "1h purchase o1 store", "2h interest bike"],
        "3h",
        ["0s consideration skip", "1h purchase skip", "2h after_sale forward fulfilled"],
    ),
    Case("a till sale to a stranger skips to purchase", ["0s purchase o1 store"], "30m", ["0s purchase skip"]),
    Case(
        "advocacy, membership and trouble of a stranger are touches",
        ["0s trouble", "1m advocacy", "2m membership"],
        "1h",
        ["0s awareness forward"],
    ),
    Case(
        "a touch or an interest does not lead back within a journey",
        ["0s preference", "1m touch", "2m interest"],
        "1h",
        ["0s preference skip"],
    ),
    # --- after the sale
    Case(
        "a till sale counts as fulfilled an hour later",
        ["0s purchase o1 store"],
        "2h",
        ["0s purchase skip", "1h after_sale forward fulfilled"],
    ),
    Case(
        "an online order counts as fulfilled a day later",
        ["0s purchase o1 web"],
        "2d",
        ["0s purchase skip", "1d after_sale forward fulfilled"],
    ),
    Case(
        "an order by telephone waits a day as well",
        ["0s purchase o1 call_centre"],
        "23h",
        ["0s purchase skip"],
    ),
    Case(
        "a fulfilment signal is faster than the timer, and tells once",
        ["0s purchase o1", "3h fulfilment o1", "5h fulfilment o1"],
        "2d",
        ["0s purchase skip", "3h after_sale forward"],
    ),
    Case(
        "a fulfilment that names no order is the running one's",
        ["0s purchase o1", "3h fulfilment"],
        "2d",
        ["0s purchase skip", "3h after_sale forward"],
    ),
    Case(
        "the parcel of an earlier order does not fulfil the running one",
        ["0s purchase o1", "2d purchase o2", "2d1h fulfilment o1"],
        "2d2h",
        ["0s purchase skip", "1d after_sale forward fulfilled", "2d purchase back"],
    ),
    Case(
        "a parcel in the next journey does not lead it on",
        ["0s purchase o1", "1h preference", "2h fulfilment o1"],
        "3h",
        ["0s purchase skip", "1h preference back"],
    ),
    Case(
        "a parcel of an order that nobody told of is after_sale",
        ["0s touch", "1h fulfilment o1"],
        "2h",
        ["0s awareness forward", "1h after_sale skip"],
    ),
    Case(
        "after_sale ends after 30 days in awareness",
        ["0s purchase o1 store"],
        "31d",
        ["0s purchase skip", "1h after_sale forward fulfilled", "30d1h awareness lapse ended"],
    ),
    Case(
        "touches do not keep after_sale",
        ["0s purchase o1 store", "29d touch"],
        "31d",
        ["0s purchase skip", "1h after_sale forward fulfilled", "30d1h awareness lapse ended"],
    ),
    # --- loyalty
    Case(
        "advocacy after the sale is loyalty",
        ["0s purchase o1 store", "3d advocacy"],
        "4d",
        ["0s purchase skip", "1h after_sale forward fulfilled", "3d loyalty forward"],
    ),
    Case(
        "advocacy before the sale is none",
        ["0s advocacy", "1h purchase o1 store"],
        "3h",
        ["0s awareness forward", "1h purchase skip", "2h after_sale forward fulfilled"],
    ),
    Case(
        "a member's fulfilled purchase is loyalty",
        ["0s membership", "1h purchase o1 store"],
        "3h",
        [
            "0s awareness forward",
            "1h purchase skip",
            "2h after_sale forward fulfilled",
            "2h loyalty forward fulfilled",
        ],
    ),
    Case(
        "joining after the sale is loyalty",
        ["0s purchase o1 store", "2d membership"],
        "3d",
        ["0s purchase skip", "1h after_sale forward fulfilled", "2d loyalty forward"],
    ),
    Case(
        "a repeat purchase is loyalty when it is fulfilled",
        ["0s purchase o1 store", "300d purchase o2", "300d5h fulfilment o2"],
        "301d",
        [
            "0s purchase skip",
            "1h after_sale forward fulfilled",
            "30d1h awareness lapse ended",
            "90d none lapse lapsed",
            "300d purchase skip",
            "300d5h after_sale forward",
            "300d5h loyalty forward",
        ],
    ),
    Case(
        "a purchase more than 365 days after the last is no repeat purchase",
        ["0s purchase o1 store", "366d purchase o2 store"],
        "367d",
        [
            "0s purchase skip",
            "1h after_sale forward fulfilled",
            "30d1h awareness lapse ended",
            "90d none lapse lapsed",
            "366d purchase skip",
            "366d1h after_sale forward fulfilled",
        ],
    ),
    Case(
        "an order told by the shop and by the till is one purchase",
        ["0s purchase o1 web", "1h purchase o1 store"],
        "2d",
        ["0s purchase skip", "1d after_sale forward fulfilled"],
    ),
    Case(
        "loyalty ends 365 days after the last purchase, here in silence",
        ["0s purchase o1 store", "2d advocacy"],
        "400d",
        [
            "0s purchase skip",
            "1h after_sale forward fulfilled",
            "2d loyalty forward",
            "365d awareness lapse loyalty_ended",
            "365d none lapse lapsed",
        ],
    ),
    Case(
        "whose loyalty ends while they come by is in awareness",
        ["0s purchase o1 store", "2d advocacy", "360d touch"],
        "400d",
        [
            "0s purchase skip",
            "1h after_sale forward fulfilled",
            "2d loyalty forward",
            "365d awareness lapse loyalty_ended",
        ],
    ),
    # --- lapses
    Case(
        "silence leads back step by step, each counted from the last touch",
        ["0s preference"],
        "200d",
        [
            "0s preference skip",
            "7d consideration lapse lapsed",
            "30d awareness lapse lapsed",
            "90d none lapse lapsed",
        ],
    ),
    Case("nothing lapses early", ["0s preference"], "6d23h59m59s", ["0s preference skip"]),
    Case(
        "any touch keeps the phase",
        ["0s preference", "6d touch", "12d trouble", "18d interest"],
        "24d",
        ["0s preference skip"],
    ),
    Case(
        "a touch after a lapse does not bring the phase back",
        ["0s preference", "8d touch"],
        "9d",
        ["0s preference skip", "7d consideration lapse lapsed"],
    ),
    Case(
        "a mark at the very moment of a lapse comes after it",
        ["0s preference", "7d preference"],
        "8d",
        ["0s preference skip", "7d consideration lapse lapsed", "7d preference forward"],
    ),
    Case(
        "who comes back after none is aware again",
        ["0s touch", "100d touch"],
        "101d",
        ["0s awareness forward", "90d none lapse lapsed", "100d awareness forward"],
    ),
    # --- orders undone
    Case(
        "a purchase undone leaves the touch",
        ["0s purchase o1 store", "2d trouble o1 store"],
        "3d",
        ["0s awareness forward"],
        orders("o1"),
    ),
    Case(
        "the fulfilment of an order undone leaves the touch",
        ["0s purchase o1", "3h fulfilment o1"],
        "3d",
        ["0s awareness forward"],
        orders("o1"),
    ),
    Case(
        "another order undone changes nothing",
        ["0s purchase o1 store"],
        "30m",
        ["0s purchase skip"],
        orders("o2"),
    ),
    Case(
        "a purchase undone makes no repeat",
        ["0s purchase o1 store", "2d purchase o2 store"],
        "3d",
        ["0s awareness forward", "2d purchase skip", "2d1h after_sale forward fulfilled"],
        orders("o1"),
    ),
    # --- new journeys
    Case(
        "a preference after a purchase begins anew",
        ["0s purchase o1 store", "5d preference"],
        "6d",
        ["0s purchase skip", "1h after_sale forward fulfilled", "5d preference back"],
    ),
    Case(
        "one interest after a purchase does not",
        ["0s purchase o1 store", "5d interest"],
        "6d",
        ["0s purchase skip", "1h after_sale forward fulfilled"],
    ),
    Case(
        "the third interest within seven days does",
        ["0s purchase o1 store", "10d interest", "13d interest", "16d interest"],
        "17d",
        ["0s purchase skip", "1h after_sale forward fulfilled", "16d consideration back"],
    ),
    Case(
        "three interests in more than seven days do not",
        ["0s purchase o1 store", "10d interest", "13d interest", "18d interest"],
        "19d",
        ["0s purchase skip", "1h after_sale forward fulfilled"],
    ),
    Case(
        "the third view of one product after a purchase is preference in a new journey",
        ["0s purchase o1 store", "2d interest bike", "9d interest bike", "20d interest bike"],
        "21d",
        ["0s purchase skip", "1h after_sale forward fulfilled", "20d preference back"],
    ),
    Case(
        "the loyal begin anew as well",
        ["0s membership", "1s purchase o1 store", "9d preference"],
        "10d",
        [
            "0s awareness forward",
            "1s purchase skip",
            "1h1s after_sale forward fulfilled",
            "1h1s loyalty forward fulfilled",
            "9d preference back",
        ],
    ),
]

FOUR_PHASE = [
    Case(
        "interest and preference are both engagement",
        ["0s touch", "1m interest", "2m preference"],
        "1h",
        ["0s awareness forward", "1m engagement forward"],
    ),
    Case(
        "a sale to a stranger skips to transaction, and an hour later to retention",
        ["0s purchase o1 store"],
        "2h",
        ["0s transaction skip", "1h retention forward fulfilled"],
    ),
    Case(
        "retention ends after 30 days for who is not loyal",
        ["0s purchase o1 store"],
        "60d",
        ["0s transaction skip", "1h retention forward fulfilled", "30d1h awareness lapse ended"],
    ),
    Case(
        "for the loyal it lasts until a year after the last purchase",
        ["0s purchase o1 store", "20d advocacy"],
        "400d",
        [
            "0s transaction skip",
            "1h retention forward fulfilled",
            "365d awareness lapse loyalty_ended",
            "365d none lapse lapsed",
        ],
    ),
    Case(
        "engagement lapses after 30 days, awareness after 90",
        ["0s interest"],
        "100d",
        ["0s engagement skip", "30d awareness lapse lapsed", "90d none lapse lapsed"],
    ),
]


@pytest.mark.parametrize("case", SIX_PHASE, ids=lambda case: case.name)
def test_six_phases(case: Case) -> None:
    assert told(story(case.marks, case.until, case.undone)) == case.expected


@pytest.mark.parametrize("case", FOUR_PHASE, ids=lambda case: case.name)
def test_four_phases(case: Case) -> None:
    assert told(story(case.marks, case.until, case.undone), "four-phase") == case.expected


JOURNEYS = [
    ("all before the first purchase is journey 1", ["0s touch", "40d interest", "50d purchase"], "51d", 1),
    ("so is what comes after it, until something begins", ["0s purchase o1", "3d touch", "4d interest"], "5d", 1),
    ("a preference after the purchase opens the second", ["0s purchase o1", "1m preference"], "5d", 2),
    ("a second preference belongs to the same", ["0s purchase o1", "3d preference", "4d preference"], "5d", 2),
    ("its purchase too", ["0s purchase o1", "3d preference", "4d purchase o2"], "5d", 2),
    ("another purchase once the first is fulfilled opens the next", ["0s purchase o1", "3d purchase o2"], "4d", 2),
    ("before that it belongs to the visit", ["0s purchase o1", "3h purchase o2"], "4h", 1),
    (
        "three interests after it ended open it without a change of phase",
        ["0s purchase o1", "40d interest", "41d interest", "42d interest"],
        "43d",
        2,
    ),
    ("falling out of every phase opens none", ["0s preference", "100d preference"], "101d", 1),
]


@pytest.mark.parametrize(("marks", "until", "journey"), [j[1:] for j in JOURNEYS], ids=[j[0] for j in JOURNEYS])
def test_journeys_are_counted(marks: list[str], until: str, journey: int) -> None:
    for model in MODELS.each:
        state = State()
        advance(model, state, map(mark, marks), frozenset())
        settle(model, state, when(until))
        assert state.journey == journey


LOYAL = [
    ("a buyer is not yet loyal", ["0s purchase o1 store"], "2d", False),
    ("a buyer who speaks well of it is", ["0s purchase o1 store", "2d advocacy"], "3d", True),
    ("and stays it while the next journey runs", ["0s purchase o1 store", "2d advocacy", "9d preference"], "20d", True),
    ("for a year after the last purchase", ["0s purchase o1 store", "2d advocacy"], "364d", True),
    ("and no longer", ["0s purchase o1 store", "2d advocacy"], "365d", False),
    ("a purchase renews it", ["0s purchase o1 store", "2d advocacy", "200d purchase o2"], "564d", True),
]


@pytest.mark.parametrize(("marks", "until", "loyal"), [each[1:] for each in LOYAL], ids=[each[0] for each in LOYAL])
def test_loyal(marks: list[str], until: str, loyal: bool) -> None:
    for model in MODELS.each:
        state = State()
        advance(model, state, map(mark, marks), frozenset())
        settle(model, state, when(until))
        assert state.loyal is loyal


def test_the_next_timer_is_the_sooner_of_the_phase_and_of_loyalty() -> None:
    state = State()
    assert due(state) is None
    advance(SIX, state, [mark("0s purchase o1 store")], frozenset())
    assert due(state) == when("1h")
    advance(SIX, state, [mark("2h advocacy")], frozenset())
    assert due(state) == when("365d")
    advance(SIX, state, [mark("363d preference")], frozenset())
    assert due(state) == when("365d")
    settle(SIX, state, when("365d"))
    assert due(state) == when("370d")


def test_a_walk_goes_on_only_from_what_comes_after_it() -> None:
    state = State()
    advance(FOUR, state, [mark("0s touch"), mark("1d interest")], frozenset())
    assert not follows(state, mark("23h purchase"))
    assert not follows(state, mark("1d touch"))
    assert not follows(state, mark("1d interest bike"))
    assert follows(state, mark("1d preference"))
    assert follows(state, mark("1d1ms touch"))
    settle(FOUR, state, when("40d"))
    assert not follows(state, mark("30d23h touch"))
    assert follows(state, mark("31d touch"))


def test_a_third_view_is_looked_for_among_the_newest_views() -> None:
    first = [mark("0s interest bike"), mark("1s interest bike")]
    others = [Mark(when("1h"), 1, 0, 0, NO_DETAIL, hashed(str(index))) for index in range(VIEWS_KEPT - 2)]
    state = State()
    advance(SIX, state, [*first, *others], frozenset())
    assert len(state.views) == VIEWS_KEPT
    advance(SIX, state, [mark("2h interest lock"), mark("3h interest bike")], frozenset())
    assert SIX.phases[state.phase] == "consideration"
    assert len(state.views) == VIEWS_KEPT


def test_times_that_do_not_come_can_be_stored_and_added_to() -> None:
    assert NEVER + NEVER < 1 << 64
    assert when("3650d") < NEVER
