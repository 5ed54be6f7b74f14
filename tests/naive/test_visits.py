"""Steps of visits are counted in the stream as they are in files of clicks."""

import json
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.naive.histories import NOW, History, Said
from tests.naive.product import RULES, Core, Delivery, intake_of
from tests.naive.test_counts import told
from unifier.clickstream.clicks import Click, Clicks
from unifier.clickstream.spec import VISITOR, ClickSpec
from unifier.devstack.simulate.message import iso
from unifier.journey.steps import count, declared
from unifier.journey.visits import cells_of

NAMES = (*RULES.steps.order, "Cart Viewed", "Products Searched")
MINUTE = 60_000
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
        "context": {"channel": channel},
        "properties": {"order_id": f"o{number}", "total": 1, "currency": "EUR"},
    }
    return Said("online", json.dumps(message).encode())


def in_stream(clicks: Sequence[tuple[int, str, str]], batch: int) -> Core:
    messages = [said(number, *click) for number, click in enumerate(clicks)]
    delivery, core = Delivery(History(messages), list(messages), intake_of(RULES)), Core(RULES)
    for start in range(0, len(messages), batch):
        core.take(messages[start : start + batch], delivery, NOW)
    return core


def in_files(clicks: Sequence[tuple[int, str, str]]) -> Clicks:
    rows = [Click(at, bytes([n]), name, "", b"", channel, ()) for n, (at, name, channel) in enumerate(clicks)]
    return Clicks(ClickSpec(user="u", event="e", time="t"), {"a": rows} if rows else {})


@settings(max_examples=60, deadline=None, derandomize=True)
@given(pauses=CLICKS, batch=st.integers(1, 7))
def test_the_same_visits_come_to_the_same_steps(pauses: list[tuple[int, str, str]], batch: int) -> None:
    at, clicks = NOW - 90 * len(pauses) * MINUTE, []
    for pause, name, channel in pauses:
        at += pause * MINUTE
        clicks.append((at, name, channel))
    found = cells_of(told(in_stream(clicks, batch)), RULES.steps)
    wanted = count(in_files(clicks).visits(), declared(RULES.steps.order))
    here = {cell: days for cell, days in found.items() if cell.attribute in ("", VISITOR)}
    assert here == wanted
