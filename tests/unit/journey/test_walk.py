"""The four phases, journeys and loyalty, case by case; and the state that a walk goes on from."""

import pytest

from tests.unit.journey.stories import (
    FOUR,
    MODELS,
    RULES,
    SIX,
    START,
    Case,
    due,
    hashed,
    mark,
    story,
    told,
    when,
)
from unifier.journey.models import NEVER, compile_models
from unifier.journey.walk import VIEWS_KEPT, State, advance, follows, settle
from unifier.profiles.marks import NO_DETAIL, Mark

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


@pytest.mark.parametrize("case", FOUR_PHASE, ids=lambda case: case.name)
def test_four_phases(case: Case) -> None:
    assert told(story(case.marks, case.until, case.undone), "four-phase") == case.expected


JOURNEYS = [  # name, marks, until, number of the journey
    ("all before the first purchase is journey 1", ["0s touch", "40d interest", "50d purchase"], "51d", 1),
    (
        "so is what comes after it, until something begins",
        ["0s purchase o1", "3d touch", "4d interest"],
        "5d",
        1,
    ),
    ("a preference after it opens the second", ["0s purchase o1", "1m preference"], "5d", 2),
    (
        "a second one belongs to the same",
        ["0s purchase o1", "3d preference", "4d preference"],
        "5d",
        2,
    ),
    ("its purchase too", ["0s purchase o1", "3d preference", "4d purchase o2"], "5d", 2),
    (
        "a purchase once the first is fulfilled opens it",
        ["0s purchase o1", "3d purchase o2"],
        "4d",
        2,
    ),
    ("before that it belongs to the visit", ["0s purchase o1", "3h purchase o2"], "4h", 1),
    (
        "three interests after it ended open it without a change of phase",
        ["0s purchase o1", "40d interest", "41d interest", "42d interest"],
        "43d",
        2,
    ),
    ("falling out of every phase opens none", ["0s preference", "100d preference"], "101d", 1),
]


@pytest.mark.parametrize(("name", "marks", "until", "journey"), JOURNEYS)
def test_journeys_are_counted(name: str, marks: list[str], until: str, journey: int) -> None:
    for model in MODELS.each:
        state = State()
        advance(model, state, map(mark, marks), frozenset())
        settle(model, state, when(until))
        assert state.journey == journey, name


LOYAL = [  # name, marks, until, loyal
    ("a buyer is not yet loyal", ["0s purchase o1 store"], "2d", False),
    ("a buyer who speaks well of it is", ["0s purchase o1 store", "2d advocacy"], "3d", True),
    (
        "and stays it while the next journey runs",
        ["0s purchase o1 store", "2d advocacy", "9d preference"],
        "20d",
        True,
    ),
    ("for a year after the last purchase", ["0s purchase o1 store", "2d advocacy"], "364d", True),
    ("and no longer", ["0s purchase o1 store", "2d advocacy"], "365d", False),
    (
        "a purchase renews it, fulfilled or not",
        ["0s purchase o1 store", "2d advocacy", "364d purchase o2", "364d1h preference"],
        "366d",
        True,
    ),
    ("a purchase renews it", ["0s purchase o1 store", "2d advocacy", "200d purchase o2"], "564d", True),
]


@pytest.mark.parametrize(("name", "marks", "until", "loyal"), LOYAL)
def test_who_is_loyal(name: str, marks: list[str], until: str, loyal: bool) -> None:
    for model in MODELS.each:
        state = State()
        advance(model, state, map(mark, marks), frozenset())
        settle(model, state, when(until))
        assert state.loyal is loyal, name


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


def test_nobody_becomes_loyal_after_the_time_for_which_a_purchase_makes_loyal() -> None:
    brief = RULES.model_copy(
        update={"journey": RULES.journey.model_copy(update={"loyal_for": when("10d") - START})}
    )
    model, state = compile_models(brief).each[0], State()
    advance(model, state, [mark("0s purchase o1 store"), mark("20d advocacy")], frozenset())
    assert (model.phases[state.phase], state.loyal) == ("after_sale", False)
    assert [step.at for step in settle(model, state, when("40d"))] == [when("30d1h")]


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
