"""The rules of the six phases, case by case, in words."""

import pytest

from tests.unit.journey.stories import Case, orders, story, told

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
    Case(
        "a till sale to a stranger skips to purchase", ["0s purchase o1 store"], "30m", ["0s purchase skip"]
    ),
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
        "an order told by the shop and by the till is one purchase, fulfilled an hour after it was picked up",
        ["0s purchase o1 web", "1h purchase o1 store"],
        "2d",
        ["0s purchase skip", "2h after_sale forward fulfilled"],
    ),
    Case(
        "what is picked up later was fulfilled before",
        ["0s purchase o1 web", "2d purchase o1 store"],
        "3d",
        ["0s purchase skip", "1d after_sale forward fulfilled"],
    ),
    Case(
        "an order is told twice with another between",
        ["0s purchase o1 web", "1h purchase o2 web", "3d purchase o1 store", "4d fulfilment o2"],
        "5d",
        ["0s purchase skip", "1d1h after_sale forward fulfilled", "1d1h loyalty forward fulfilled"],
    ),
    Case(
        "an order is told twice with nine between that have no number",
        ["0s purchase o1", *(f"{n}h purchase" for n in range(1, 10)), "4d purchase o1 store"],
        "5d",
        [
            "0s purchase skip",
            "1d9h after_sale forward fulfilled",
            "1d9h loyalty forward fulfilled",
        ],
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


@pytest.mark.parametrize("case", SIX_PHASE, ids=lambda case: case.name)
def test_six_phases(case: Case) -> None:
    assert told(story(case.marks, case.until, case.undone)) == case.expected
