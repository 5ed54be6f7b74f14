"""Who has many browsers keeps what is his, and nobody gets what is another's, when few browsers are kept."""

import json
import random
from typing import Any

import pytest
import redis.asyncio

from tests.integration.in_process import END_MS, Feed, feed, fire, people
from tests.integration.in_redis import components
from tests.integration.messages import erase, ms
from tests.integration.other_rules import rules_with, take_up
from unifier.devstack.simulate import Message
from unifier.events.form import time_text
from unifier.profiles.component import Component
from unifier.profiles.marks import DAY_MS

BEGIN = int(ms("2023-01-01T10:00:00Z"))
FEW = 3


def look(day: int, browser: int, minute: int, **rest: Any) -> Message:
    at = time_text(BEGIN + day * DAY_MS + minute * 60_000)
    message = {"type": "page", "messageId": f"{day}-{browser}-{minute}", "timestamp": at}
    value = json.dumps({**message, "anonymousId": f"c{browser}", **rest}).encode()
    return Message("online", b"", value, END_MS, None)


def signing_in(day: int, browser: int, user: str) -> list[Message]:
    return [look(day, browser, 0), look(day, browser, 1, userId=user)]


async def few(into: Feed, most: int = FEW) -> Feed:
    await take_up(into, rules_with(browsers=most))
    return into


def without_browsers(url: str) -> list[dict[str, Any]]:
    """What is known of the people, but for what a retirement forgets."""
    found = people(url)
    for person in found:
        person["identifiers"].pop("cookie_id", None)
        del person["fragments"], person["predictions"]  # of the touches of a day and a fragment two are kept
        person["consents"] = {purpose: word["granted"] for purpose, word in person["consents"].items()}
    return sorted(found, key=repr)


def history(seed: int) -> list[Message]:
    """Two people, each with ever new browsers and on some of the other; each has his words on consent."""
    chance = random.Random(seed)
    messages, day = list[Message](), 0
    for browser in range(14):
        day += chance.choice([5, 12, 35])
        user, minute = chance.choice(["u1", "u2"]), 0
        for _ in range(chance.randint(2, 5)):
            minute += chance.choice([1, 45])
            more: dict[str, Any] = {}
            if minute > 1 and chance.random() < 0.7:
                more["userId"] = user if chance.random() < 0.9 else "u1"
            if chance.random() < 0.3:
                said = {chance.choice(["marketing", "ads"]): chance.random() < 0.5}
                more["context"] = {"consent": {"categoryPreferences": said}}
            if "userId" in more and chance.random() < 0.3:
                more |= {"type": "identify", "traits": {"email": f"{more['userId']}@example-mail.de"}}
            messages.append(look(day, browser, minute, **more))
    return messages


@pytest.mark.parametrize("seed", range(8))
async def test_all_is_as_if_every_browser_were_kept(
    client: redis.asyncio.Redis, redis_url: str, seed: int
) -> None:
    found = []
    for most in (1_000, FEW):
        into = await few(feed(client), most)
        for message in history(seed):
            await into.give([message])
        await fire(into, END_MS)
        assert any(one.retired for one in await components(client)) == (most == FEW)
        assert not into.letters
        found.append(without_browsers(redis_url))
        await client.flushdb()
    assert found[0] == found[1]


async def test_what_a_family_tablet_did_stays_between_them(
    client: redis.asyncio.Redis, redis_url: str
) -> None:
    into = await few(feed(client))
    await into.give([*signing_in(0, 1, "u1"), *signing_in(5, 2, "u1"), look(6, 2, 1, userId="u2")])
    for browser in range(3, 12):
        await into.give(signing_in(browser * 10, browser, "u1"))
    assert any(one.retired for one in await components(client))
    assert sorted(person["metrics"]["touches"] for person in people(redis_url)) == [1, 1, 21]


async def begun(into: Feed, client: redis.asyncio.Redis, user: str) -> Component:
    """Sign in from new browsers until some are to be taken over."""
    for browser in range(20):
        await into.give(signing_in(browser * 10, hash_of(user, browser), user))
        for component in await components(client):
            if component.privacy and component.privacy.intents:
                return component
    raise AssertionError("nobody steps back")


def hash_of(user: str, browser: int) -> int:
    return int(user[1:]) * 1_000 + browser


async def test_an_erasure_that_names_who_is_about_to_be_taken_over_reaches_him(
    client: redis.asyncio.Redis, redis_url: str
) -> None:
    named = 0
    for number in range(1, 6):
        into = await few(feed(client))
        component = await begun(into, client, f"u{number}")
        [record] = component.records.values()
        assert component.privacy is not None
        named += record.members[0] in component.privacy.intents[0].fids
        await into.give([erase(f"e{number}", account_id=f"u{number}")])
        assert people(redis_url) == []
        await client.flushdb()
    assert named


async def test_reading_all_again_brings_no_part_back_of_who_was_erased_however_many_browsers_he_had(
    client: redis.asyncio.Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("unifier.profiles.component.RETIRED_MAX", 2)
    told = [message for browser in range(12) for message in signing_in(browser * 10, browser, "u1")]
    into = await few(feed(client))
    for message in told:
        await into.give([message])
    assert any(one.astray for one in await components(client))
    await into.give([erase("e1", account_id="u1")])
    assert people(redis_url) == []
    again = await few(feed(client, partition=1))
    await again.give(told)
    assert people(redis_url) == []
    await again.give([look(1_359, 0, 720)])
    [person] = people(redis_url)
    assert person["metrics"]["touches"] == 1


async def test_whom_a_source_says_late_of_an_old_browser_to_be_the_same_is_found(
    client: redis.asyncio.Redis, redis_url: str
) -> None:
    into = await few(feed(client))
    await into.give([look(0, 99, 0)])
    for browser in range(12):
        await into.give(signing_in(browser * 10, browser, "u1"))
    assert any(one.retired for one in await components(client))
    assert len(people(redis_url)) == 2
    await into.give([look(10, 1, 0, type="alias", messageId="late", userId="u1", previousId="c99")])
    [person] = people(redis_url)
    assert person["metrics"]["touches"] == 25
