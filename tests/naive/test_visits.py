"""Steps of visits are counted in the stream as they are in files of clicks."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.naive.counting import told
from tests.naive.histories import NOW, History, Said
from tests.naive.product import RULES, Core, Delivery, intake_of
from unifier.clickstream.clicks import Click, Clicks
from unifier.clickstream.spec import ClickSpec
from unifier.devstack.simulate.message import iso
from unifier.journey.steps import count, declared, learned
from unifier.journey.visits import CHANNEL, cells_of, learnt, why
from unifier.journey.weak_points import WeakPoint
from unifier.profiles.marks import DAY_MS
from unifier.rules import Rules, Steps

LEARNING = RULES.model_copy(update={"steps": Steps()})
NAMES = (*RULES.steps.order, "Cart Viewed", "Products Searched")
MINUTE = 60_000
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Mobile/15E148"
LIKE = ("mobile", "bavaria")
CLICKS = st.lists(
    st.tuples(st.integers(1, 90), st.sampled_from(NAMES), st.sampled_from(("web", "app"))), max_size=25
)


def said(number: int, at: int, name: str, channel: str) -> Said:
    message = {
        "messageId": f"m{number}",
        "type": "track",
        "event": name,
        "timestamp": iso(at),
        "anonymousId": "a",
        "context": {"channel": channel, "userAgent": PHONE, "location": {"region": "Bavaria"}},
        "properties": {"order_id": f"o{number}", "total": 1, "currency": "EUR"},
    }
    return Said("online", json.dumps(message).encode())


def visit(day: float, *names: str) -> list[tuple[int, str, str]]:
    """Clicks of one visit, so many days ago."""
    return [(int(NOW - day * DAY_MS) + n * MINUTE, name, "web") for n, name in enumerate(names)]


def stops_since(day: int, step: str) -> WeakPoint:
    """Visits stop at a step, since so many days ago."""
    since = (NOW - day * DAY_MS) // DAY_MS
    return WeakPoint(step, since, None, since, {}, 0.1, 0.9, 1e6)


def in_stream(clicks: Sequence[tuple[int, str, str]], batch: int, rules: Rules = RULES) -> Core:
    messages = [said(number, *click) for number, click in enumerate(clicks)]
    delivery, core = Delivery(History(messages), list(messages), intake_of(rules)), Core(rules)
    for start in range(0, len(messages), batch):
        core.take(messages[start : start + batch], delivery, NOW)
    return core


def in_files(clicks: Sequence[tuple[int, str, str]]) -> Clicks:
    rows = [
        Click(at, bytes([n]), name, "", b"", channel, LIKE) for n, (at, name, channel) in enumerate(clicks)
    ]
    return Clicks(
        ClickSpec(user="u", event="e", time="t", attributes={"d": "device", "r": "region"}),
        {"a": rows} if rows else {},
    )


def spread(pauses: Sequence[tuple[int, str, str]]) -> list[tuple[int, str, str]]:
    """When each came, of the minutes before each."""
    at, clicks = NOW - 90 * len(pauses) * MINUTE, []
    for pause, name, channel in pauses:
        at += pause * MINUTE
        clicks.append((at, name, channel))
    return clicks


@settings(max_examples=60, deadline=None, derandomize=True)
@given(pauses=CLICKS, batch=st.integers(1, 7))
def test_the_same_visits_come_to_the_same_steps(pauses: list[tuple[int, str, str]], batch: int) -> None:
    clicks = spread(pauses)
    found = cells_of(told(in_stream(clicks, batch)), RULES.steps.following)
    wanted = count(in_files(clicks).visits(), declared(RULES.steps.order))
    here = {cell: days for cell, days in found.items() if cell.attribute != CHANNEL}
    assert here == wanted


@settings(max_examples=60, deadline=None, derandomize=True)
@given(pauses=CLICKS, batch=st.integers(1, 7), order=st.permutations(NAMES))
def test_without_declared_steps_any_two_names_are_counted_as_in_files(
    pauses: list[tuple[int, str, str]], batch: int, order: list[str]
) -> None:
    clicks, following = spread(pauses), declared(order)
    found = cells_of(told(in_stream(clicks, batch, LEARNING)), following)
    wanted = count(in_files(clicks).visits(), following)
    assert {cell: days for cell, days in found.items() if cell.attribute != CHANNEL} == wanted
    by_channel: Counter[tuple[str, int]] = Counter()
    for cell, days in found.items():
        if cell.attribute == CHANNEL:
            by_channel.update({(cell.step, day): came for day, (came, _) in days.items()})
    assert by_channel == {
        (cell.step, day): came
        for cell, days in wanted.items()
        if cell.attribute == ""
        for day, (came, _) in days.items()
    }, "each visit to a step is one of one channel"


def test_steps_are_learnt_in_the_stream_as_in_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unifier.journey.steps.FEW", 2)
    day, clicks = NOW - 100 * DAY_MS, []
    for number in range(24):  # every visit goes so far; after the days to learn from another way round
        names = NAMES[: 1 + number % 4] if number < 20 else NAMES[::-1]
        start = day + number * 2 * DAY_MS + (number >= 20) * 40 * DAY_MS
        clicks += [(start + n * MINUTE, name, "web") for n, name in enumerate(names)]
    found = learnt(told(in_stream(clicks, 5, LEARNING)))
    assert found == learned(list(in_files(clicks).visits()))
    assert found == declared(NAMES[:4])


def test_the_likely_reason_is_found_where_steps_are_learnt() -> None:
    view, cart, checkout, paid = RULES.steps.order
    clicks = visit(20, view, cart, checkout, "Survey Shown", paid)
    for day in (6, 5, 4):
        clicks += visit(day, view, cart, checkout, "Payment Error", "Survey Shown")
        clicks += visit(day - 0.1, view, cart, checkout, "Gift Card Offered", paid)
    counts = told(in_stream(sorted(clicks), 4, LEARNING))
    point = stops_since(6, checkout)
    assert why(point, paid, counts) == "Payment Error"
    assert why(replace(point, since=point.since + 2), paid, counts) is None, "it was there before"


def test_what_is_new_where_visits_stop_is_the_likely_reason() -> None:
    view, cart, checkout, paid = RULES.steps.order
    clicks = visit(20, view, cart, checkout, "Survey Shown", paid)
    for day in (6, 5, 4):
        clicks += visit(day, view, cart, checkout, "Payment Error", "Survey Shown")
        clicks += visit(day - 0.1, view, cart, "Gift Wrapped", checkout, "Gift Card Offered", paid)
    counts = told(in_stream(sorted(clicks), 4))
    point = stops_since(6, checkout)
    assert why(point, paid, counts) == "Payment Error"
    assert why(replace(point, step=cart), checkout, counts) is None, "who met it there went on"
    assert why(replace(point, since=point.since + 2), paid, counts) is None, "it was there before"
