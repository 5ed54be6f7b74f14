"""What the journeys of everybody add up to, over HTTP."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.unit.serving.api import Api, problem
from unifier.events.form import time_text
from unifier.journey.counts import Counts, span
from unifier.rules import Steps, default_rules
from unifier.serving.journey import CountedJourney, Days

DAY = 20_700
FROM, TO = (datetime.fromtimestamp(day * 86_400, UTC).date().isoformat() for day in (DAY - 10, DAY))


@pytest.fixture
def api() -> Api:
    api = Api({})
    move = DAY, "moves", "six-phase"
    api.counts = {
        (0, "now", "six-phase", "consideration"): 3,
        (0, "now", "six-phase", "none"): 1,
        (*move, "none", "awareness", "forward", 0, "web", "none"): 5,
        (*move, "none", "consideration", "skip", 0, "web", "none"): 3,
        (*move, "awareness", "consideration", "forward", span(60_000), "web", "awareness"): 1,
        (*move, "awareness", "consideration", "forward", span(60_000), "web", ""): 11,
        (*move, "awareness", "consideration", "forward", span(7_200_000), "email", ""): 1,
        (*move, "consideration", "preference", "forward", span(60_000), "web", "consideration"): 1,
        (*move, "consideration", "awareness", "lapse", span(30 * 86_400_000), "", ""): 1,
        (DAY, "touches", "web", "home"): 10,
        (DAY, "people", "web", "home"): 4,
        (DAY - 9, "tried", "web", "home"): 4,
        (DAY - 9, "went_on", "web", "home"): 2,
        (DAY - 9, "tried", "", ""): 6,
        (DAY - 9, "went_on", "", ""): 2,
        (DAY - 1, "tried", "web", "home"): 5,  # too young to be judged
        (DAY, "silent", "web", "home"): 2,
        (DAY, "stopped", "web", "home"): 1,
        (DAY, "returns", "web", "home", span(5_000)): 1,
        (DAY, "touches", "store", "store 17"): 1,
        (DAY - 200, "touches", "web", "home"): 99,
    }
    return api


async def ask(api: Api, what: str, query: str = "") -> dict[str, Any]:
    response = await api.call("GET", f"/v1/journey/{what}?from={FROM}&to={TO}{query}", key="analyst")
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    assert (answer["from"], answer["to"]) == (FROM, TO)
    return answer


async def test_the_summary_says_who_is_where_and_how_far_journeys_got(api: Api) -> None:
    answer = await ask(api, "summary")
    assert answer["model"] == "six-phase"
    told = {phase["phase"]: phase for phase in answer["phases"]}
    assert told["consideration"] == {
        "phase": "consideration",
        "people_now": 3,
        "journeys": 4,
        "drop_off": 0.75,
    }
    assert told["none"]["people_now"] == 1
    assert told["preference"]["drop_off"] == 1.0
    assert told["purchase"]["drop_off"] is None
    assert answer["dwell"][0]["stays"] == 13


async def test_what_was_counted_of_phases_that_the_rules_no_longer_have_is_left_out(api: Api) -> None:
    before = await ask(api, "summary")
    move = DAY, "moves", "six-phase"
    api.counts[*move, "none", "curiosity", "forward", 0, "web", "none"] = 4
    api.counts[*move, "curiosity", "consideration", "forward", span(60_000), "web", "curiosity"] = 2
    api.counts[0, "now", "six-phase", "curiosity"] = 2
    assert await ask(api, "summary") == before


async def test_flows_come_with_the_median_time_before_them(api: Api) -> None:
    first, *others = (await ask(api, "flows"))["flows"]
    assert (first["from"], first["to"], first["direction"], first["moves"]) == (
        "awareness",
        "consideration",
        "forward",
        13,
    )
    assert first["median_dwell_s"] == pytest.approx(60, rel=0.05)
    assert [flow["direction"] for flow in others] == ["forward", "skip", "lapse", "forward"]
    [by_email] = (await ask(api, "flows", "&channel=email"))["flows"]
    assert (by_email["moves"], by_email["median_dwell_s"]) == (1, pytest.approx(7_200, rel=0.05))
    assert (await ask(api, "flows", "&model=four-phase"))["flows"] == []


async def test_touchpoints_come_with_intensity_and_resonance(api: Api) -> None:
    answer = await ask(api, "touchpoints")
    home, store = answer["each"]
    assert (home["touchpoint"], home["touches"], home["people"]) == ("home", 10, 4)
    assert home["resonance"]["share"] == 0.5
    assert home["resonance"]["of"] == 4, "what is younger than a week is not judged"
    assert home["last_stop"]["share"] == 0.5
    assert home["median_response_s"] == pytest.approx(5, rel=0.05)
    assert answer["base"]["share"] == pytest.approx(1 / 3, abs=1e-3)
    assert store["touchpoint"] == "store 17"
    assert (await ask(api, "touchpoints", "&channel=store"))["each"] == [store]


async def test_weak_points_say_where_visits_stop_since_when_and_for_whom(api: Api) -> None:
    api.counts = {}
    for day in range(DAY - 120, DAY):
        broken = day >= DAY - 5
        for attribute, value, came, went_on in (
            ("", "", 200, 60 if broken else 100),
            ("channel", "web", 100, 50),
            ("channel", "app", 100, 10 if broken else 50),
        ):
            api.counts[day, "came", "Product Added", attribute, value] = came
            api.counts[day, "on", "Product Added", attribute, value] = went_on
        if broken:
            api.counts[day, "met", "Product Added", "Cart Error"] = 90
            api.counts[day, "passed", "Product Added", "Cart Error"] = 2
        api.counts[day, "met", "Product Added", "Newsletter Shown"] = 120
    [point] = (await ask(api, "weak-points"))["weak_points"]
    assert point["likely_why"] == "Cart Error"
    assert (point["step"], point["next_step"]) == ("Product Added", "Checkout Started")
    since = datetime.fromtimestamp((DAY - 5) * 86_400, UTC)
    assert point["since"][:10] == since.date().isoformat()
    assert point["until"] is None
    assert point["where"] == {"channel": "app"}
    assert (point["share_before"], point["share_now"]) == (0.5, 0.9)
    assert len((await ask(api, "weak-points", "&channel=app"))["weak_points"]) == 1
    assert (await ask(api, "weak-points", "&channel=web"))["weak_points"] == []


CALLS = ("summary", "flows", "touchpoints", "weak-points")


@pytest.mark.parametrize("what", CALLS)
@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("model=seven-phase", "model: there is no such journey model; there are six-phase, four-phase."),
        ("from=2026-02-03&to=2026-02-01", "from: give a day that is not after to."),
        ("from=yesterday", "from: give a day such as 2026-11-20"),
        ("to=2026-11-31", "to: give a day such as 2026-11-20"),
        ("from=1795132800", "from: give a day such as 2026-11-20"),
        ("to=-1e-9", "to: give a day such as 2026-11-20"),
        (
            "anna=anna@example.org",
            "query: this call has no such parameter; /openapi.json lists those it has",
        ),
    ],
)
async def test_what_cannot_be_asked_is_refused_in_words(api: Api, what: str, query: str, says: str) -> None:
    response = await api.call("GET", f"/v1/journey/{what}?{query}", key="analyst")
    assert problem(response, 400)["detail"] == says
    assert "anna" not in response.text


@pytest.mark.parametrize("what", CALLS[1:])
async def test_a_channel_has_to_be_one(api: Api, what: str) -> None:
    response = await api.call("GET", f"/v1/journey/{what}?channel=pigeon", key="analyst")
    assert "channel: there is no such channel; there are web, app" in str(problem(response, 400)["detail"])


async def test_what_the_counts_cannot_say_is_refused_with_what_to_ask_instead(api: Api) -> None:
    response = await api.call("GET", "/v1/journey/summary?channel=web", key="analyst")
    assert str(problem(response, 400)["detail"]).startswith("channel: a person is in a phase")
    response = await api.call("GET", "/v1/journey/touchpoints?model=four-phase", key="analyst")
    assert "leave it out, or ask flows" in str(problem(response, 400)["detail"])
    assert (await ask(api, "touchpoints", "&model=six-phase"))["each"]
    assert (await ask(api, "weak-points", "&model=four-phase"))["weak_points"] == []


async def test_it_takes_a_scope_of_its_own(api: Api) -> None:
    problem(await api.call("GET", "/v1/journey/summary"), 403)
    problem(await api.call("GET", "/v1/journey/summary", key=None), 401)


async def test_weak_points_are_of_learnt_steps_where_the_rules_name_none() -> None:
    rules = default_rules().model_copy(update={"steps": Steps()})
    counts: Counts = {}
    for day in range(DAY - 120, DAY):
        on = 20 if day >= DAY - 10 else 60
        for cell in (("", ""), ("device", "ios")):
            counts[day, "came", "cart", *cell] = 100
            counts[day, "came", "paid", *cell] = on
            counts[day, "with", "cart", "paid", *cell] = on
            counts[day, "with", "paid", "cart", *cell] = on

    async def read(days: Iterable[int]) -> Counts:
        wanted = set(days)
        return {key: number for key, number in counts.items() if key[0] in wanted}

    journey = CountedJourney(read, rules, lambda: DAY * 86_400_000)
    found = await journey.weak_points("", Days(DAY - 30, DAY), "")
    [point] = found["weak_points"]
    assert (point["step"], point["next_step"]) == ("cart", "paid")
    assert point["since"] == time_text((DAY - 10) * 86_400_000)[: len(point["since"])]
    assert (point["share_before"], point["share_now"]) == (pytest.approx(0.4, abs=0.01), pytest.approx(0.8))
