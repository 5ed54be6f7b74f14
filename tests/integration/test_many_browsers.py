"""Somebody who signs in from ever new browsers stays one person, whatever happens on the way."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
import redis.asyncio

from tests.integration.deaths import STEPS, dying_at
from tests.integration.in_process import END_MS, RULES, Feed, feed, fire, people
from tests.integration.in_redis import components, everything, transitions
from tests.integration.messages import erase, ms
from tests.integration.other_rules import rules_with, take_up
from unifier.devstack.simulate import Message
from unifier.events.form import time_text
from unifier.profiles.marks import DAY_MS
from unifier.profiles.privacy import OVERDUE_MS

BEGIN = int(ms("2023-01-01T10:00:00Z"))
MOST = RULES.matching.browsers
DAYS = 5  # between one browser and the next
BROWSERS = 120


def told(kind: str, browser: int, minute: int, name: str = "", **rest: Any) -> Message:
    at = time_text(BEGIN + browser * DAYS * DAY_MS + minute * 60_000)
    message = {"type": kind, "messageId": f"{browser}-{minute}-{rest.get('userId')}", "timestamp": at}
    message |= {"anonymousId": f"c{browser}", **({"event": name} if name else {}), **rest}
    return Message("online", b"", json.dumps(message).encode(), END_MS, None)


def bought(browser: int, user: str = "u1") -> Message:
    properties = {"order_id": f"o{browser}", "total": "10.00", "currency": "EUR"}
    return told("track", browser, 2, "Order Completed", userId=user, properties=properties)


def visit(browser: int, user: str = "u1") -> list[Message]:
    """Somebody looks around, then signs in and buys."""
    return [told("page", browser, 0), told("page", browser, 1, userId=user), bought(browser, user)]


async def visits(into: Feed, browsers: Sequence[int]) -> None:
    for browser in browsers:
        await into.give(visit(browser))


def one_person(url: str, browsers: int) -> dict[str, Any]:
    [person] = people(url)
    assert person["metrics"]["touches"] == 3 * browsers
    assert person["metrics"]["orders"] == browsers
    assert person["metrics"]["revenue"] == {"EUR": f"{browsers}0.00"}
    assert person["metrics"]["first_seen_at"] == time_text(BEGIN)
    return person


async def test_all_that_he_did_is_one_profile_of_bounded_size(
    client: redis.asyncio.Redis, redis_url: str
) -> None:
    into = feed(client)
    await visits(into, range(BROWSERS))
    person = one_person(redis_url, BROWSERS)
    assert person["fragments"] <= 2 * MOST + 2
    [component] = await components(client)
    assert len(component) == person["fragments"]
    entries = [
        entry
        for each in (await everything(client)).values()
        if isinstance(each, dict)
        for entry in each.values()
    ]
    assert max(len(entry) for entry in entries if isinstance(entry, bytes)) < 13 * (MOST + 10)


async def test_his_journey_is_told_as_if_all_browsers_were_kept(client: redis.asyncio.Redis) -> None:
    told: list[Any] = []
    for most in (MOST, 1_000):
        now = BEGIN
        into = feed(client, clock=lambda: now)  # noqa: B023 - the time of this round
        await take_up(into, rules_with(browsers=most))
        for browser in range(80):
            now = BEGIN + browser * DAYS * DAY_MS
            await fire(into, now)
            await into.give(visit(browser))
        [component] = await components(client)
        assert bool(component.retired) == (most == MOST)
        # Of the touches of one day and one fragment two are kept, and what is expected is of those kept.
        without = {"sequence": 0, "predictions": None}
        told.append(sorted([{**one, **without} for one in await transitions(client)], key=repr))
        await client.flushdb()
    assert len(told[0]) > 80
    assert told[0] == told[1]


async def test_what_is_told_late_or_again_of_an_old_browser(
    client: redis.asyncio.Redis, redis_url: str
) -> None:
    into = feed(client)
    await visits(into, range(BROWSERS))
    before = people(redis_url)
    await feed(client).give([message for browser in range(BROWSERS) for message in visit(browser)])
    assert people(redis_url) == before
    await into.give([told("page", 1, -5), told("page", 1, -4, userId="u1")])
    [person] = people(redis_url)
    assert person["metrics"]["touches"] == 3 * BROWSERS + 2
    assert person["fragments"] == before[0]["fragments"]


async def test_an_old_browser_that_comes_back(client: redis.asyncio.Redis, redis_url: str) -> None:
    into = feed(client)
    await visits(into, range(BROWSERS))
    later = 60 * 24 * DAYS * BROWSERS
    await into.give([told("page", 1, later)])
    assert len(people(redis_url)) == 2
    await into.give([told("page", 1, later + 1, userId="u1")])
    [person] = people(redis_url)
    assert person["metrics"]["touches"] == 3 * BROWSERS + 2


async def test_somebody_else_on_an_old_browser_is_somebody_else(
    client: redis.asyncio.Redis, redis_url: str
) -> None:
    into = feed(client)
    await visits(into, range(BROWSERS))
    later = 60 * 24 * DAYS * BROWSERS
    await into.give([told("page", 1, later), told("page", 1, later + 1, userId="u2")])
    assert sorted(person["metrics"]["touches"] for person in people(redis_url)) == [2, 3 * BROWSERS]


async def test_an_account_of_many_browsers_within_days_is_shared(
    client: redis.asyncio.Redis, redis_url: str
) -> None:
    into = feed(client)
    for browser in range(RULES.matching.shared_holders + 1):
        await into.give([told("page", browser, -60 * 24 * DAYS * browser, userId="kiosk")])
    assert len(people(redis_url)) == RULES.matching.shared_holders + 1


async def test_his_erasure_reaches_all_and_lasts(client: redis.asyncio.Redis, redis_url: str) -> None:
    into = feed(client)
    await visits(into, range(BROWSERS))
    await into.give([erase(account_id="u1")])
    assert people(redis_url) == []
    await feed(client, partition=3).give([message for n in range(BROWSERS) for message in visit(n)])
    assert people(redis_url) == []
    [component] = await components(client)
    assert not component.packed
    assert not component.retired


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("finisher", ["event", "owner"])
async def test_a_worker_that_dies_on_the_way_leaves_nothing_half_done(
    client: redis.asyncio.Redis,
    redis_url: str,
    step: str,
    after: bool,
    finisher: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    into = feed(client)
    await visits(into, range(MOST))
    with dying_at(into.pipeline.store, step, after, monkeypatch):
        await visits(into, range(MOST, MOST + 2))
    other = feed(client)
    if finisher == "owner":
        await fire(other, END_MS + OVERDUE_MS)
    await other.give([message for browser in range(MOST + 2) for message in visit(browser)])
    await fire(other, END_MS + OVERDUE_MS)
    one_person(redis_url, MOST + 2)
    [component] = await components(client)
    assert component.retired
    assert component.privacy is None
