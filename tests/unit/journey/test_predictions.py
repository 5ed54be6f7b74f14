"""What is expected of a person: each number with its basis, none where there is too little to go on."""

import random
import re

import pytest

from tests.unit.journey.stories import SIX, facts, mark, orders, when
from unifier.journey.buying_fit import FitError
from unifier.journey.forecast import WEIGHED, ForecastError, features, parse_forecast, shipped_forecast
from unifier.journey.forecast_fit import History, learn, samples
from unifier.journey.predictions import predictions
from unifier.profiles.marks import pack_marks
from unifier.rules.conditions import parse

SHIPPED = shipped_forecast()


def test_what_ships_says_that_it_was_learnt_from_the_simulation() -> None:
    assert SHIPPED.learned_from.startswith("the simulated retailer")
    told = predictions(facts("0h touch", now="1h"))
    assert told is not None
    assert told["purchase"]["basis"]["learned_from"] == SHIPPED.learned_from


def test_the_first_touch_of_a_cookie_has_a_chance_and_nothing_else() -> None:
    told = predictions(facts("0h touch", now="1h"))
    assert told is not None
    assert told.keys() == {"purchase"}
    assert 0 < told["purchase"]["chance"] < 1
    assert told["purchase"]["basis"]["phase"] == "awareness"
    assert told["purchase"]["basis"]["marks"] == 1


def test_who_has_filled_a_cart_is_more_likely_to_buy_than_who_has_looked() -> None:
    def chance(*story: str) -> float:
        told = predictions(facts(*story, now="1h"))
        assert told is not None
        return float(told["purchase"]["chance"])

    looked = chance("0h interest")
    assert chance("0h interest", "0h1m preference") > looked > chance("0h touch") / 2


def test_a_chance_sinks_while_nothing_happens() -> None:
    story = ("0h interest", "0h1m preference")
    chances = [facts(*story, now=now)["purchase_chance"] for now in ("1h", "20d", "80d")]
    assert chances == sorted(chances, reverse=True)  # type: ignore[type-var]


def test_a_buyer_has_orders_to_expect_and_whether_they_still_come_only_from_the_second_on() -> None:
    once = predictions(facts("0h purchase o1", now="10d", orders=["0h web"]))
    assert once is not None
    assert "alive" not in once["buyer"]
    assert once["buyer"]["basis"]["days_with_orders"] == 1
    story = ("0h purchase o1", "20d purchase o2")
    soon, late = (
        predictions(facts(*story, now=now, orders=["0h web", "20d store"])) for now in ("25d", "300d")
    )
    assert soon is not None
    assert late is not None
    assert 1 > soon["buyer"]["alive"] > late["buyer"]["alive"] > 0
    assert soon["buyer"]["expected_orders"] > late["buyer"]["expected_orders"] > 0


def test_the_best_hour_is_there_from_five_marks_on() -> None:
    story = [f"{day}d20h interest" for day in range(30)]
    assert "best_hour" not in (predictions(facts(*story[:4], now="5d")) or {})
    told = predictions(facts(*story, now="31d"))
    assert told is not None
    assert told["best_hour"] == {"hour": 20, "basis": {"marks": 30}}


def test_conditions_may_ask_for_what_is_expected() -> None:
    profile = facts("0h purchase o1", now="10d", orders=["0h web"])
    assert parse("purchase_chance < 1").holds(profile, when("10d"))
    assert not parse("alive_chance >= 0").holds(
        profile, when("10d")
    )  # not known: neither it nor its opposite
    assert not parse("not alive_chance >= 0").holds(profile, when("10d"))
    assert parse("expected_orders > 0.0").holds(profile, when("10d"))
    assert facts("0d touch", now="10d")["expected_orders"] is None


def test_of_a_phase_that_nothing_was_learnt_about_there_is_no_chance() -> None:
    assert SHIPPED.chance("enthusiasm", features(pack_marks([mark("0h touch")]), when("1h"))) is None


def test_a_forecast_file_that_does_not_fit_is_refused_with_the_place() -> None:
    told = SHIPPED.model_dump_json().replace('"weights":{"last_touch"', '"weights":{"first"')
    with pytest.raises(
        ForecastError, match=r"mine\.json: .*weights: give last_touch, .*unifier train --journey"
    ):
        parse_forecast(told, "mine.json")


@pytest.mark.parametrize(
    ("name", "number", "place"),
    [("a", 1, "buying"), ("r", -1, "buying"), ("alpha", 1e9, "buying"), ("last_touch", 1e308, "weights")],
)
def test_numbers_that_nothing_can_be_reckoned_with_are_refused(name: str, number: float, place: str) -> None:
    told, times = re.subn(f'"{name}":[^,}}]+', f'"{name}":{number}', SHIPPED.model_dump_json())
    assert times == 1
    with pytest.raises(ForecastError, match=rf"mine\.json: {place}.*: .*unifier train --journey"):
        parse_forecast(told, "mine.json")


def _town(people: int) -> list[History]:
    """Who fills a cart buys on the next day in eight of ten cases, who looks in one of ten."""
    rng, found = random.Random(1), []
    for number in range(people):
        story, cart = ["0h touch", f"1h interest p{number}"], rng.random() < 0.5
        story += [f"2h preference p{number}"] if cart else []
        story += [f"1d purchase o{number}"] if rng.random() < (0.8 if cart else 0.1) else []
        found.append(History([mark(words) for words in story], frozenset()))
    return found


def test_what_is_learnt_is_what_happened() -> None:
    town = _town(600)
    forecast = learn(town, SIX, when("40d"), "a town")
    assert forecast == learn(town, SIX, when("40d"), "a town")
    moments = [
        sample
        for sample in samples(town, SIX, when("40d"))
        if sample.phase in ("preference", "consideration")
    ]
    for phase in ("preference", "consideration"):
        here = [sample for sample in moments if sample.phase == phase]
        foretold = sum(forecast.chance(s.phase, s.features) or 0 for s in here) / len(here)
        assert foretold == pytest.approx(sum(s.bought for s in here) / len(here), abs=0.02)
    assert forecast.buying is None  # nobody bought twice
    assert tuple(forecast.weights) == WEIGHED


def test_an_order_that_was_undone_is_no_purchase() -> None:
    def is_bought(undone: frozenset[bytes]) -> bool:
        story = History([mark("0h interest"), mark("1d purchase o1")], undone)
        return any(sample.bought for sample in samples([story], SIX, when("40d")))

    assert is_bought(frozenset())
    assert not is_bought(orders("o1"))


def test_too_short_a_history_is_refused() -> None:
    with pytest.raises(FitError, match="at least 100 of each"):
        learn(_town(20), SIX, when("40d"), "a town")
