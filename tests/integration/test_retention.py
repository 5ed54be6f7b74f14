"""Whoever nothing is heard of for long is forgotten, whole, once, and begins anew if he comes again."""

import json
from typing import Any

import pytest
import redis.asyncio

from tests.integration.deaths import STEPS, dying_at
from tests.integration.in_process import END_MS, RULES, Feed, feed, fire, people
from tests.integration.in_redis import components, counts, everything
from tests.integration.messages import command, ms
from tests.integration.other_rules import sweep, take_up, told
from tests.integration.spine import profiles_at
from unifier.devstack.simulate import Message
from unifier.events.form import time_text
from unifier.profiles.ids import Keys
from unifier.profiles.marks import DAY_MS
from unifier.profiles.traces import Traces
from unifier.rules.rules import Retention
from unifier.streams.found import Found
from unifier.streams.look_in_redis import look_in_redis

BEGIN = int(ms("2026-01-01T10:00:00Z"))
ANONYMOUS, KNOWN = 30, 90
"""Days."""
FORGETTING = RULES.model_copy(
    update={"retention": Retention.model_validate({"anonymous": f"{ANONYMOUS}d", "known": f"{KNOWN}d"})}
)


class Years:
    """A pipeline over which time passes: events come when they happen, timers fire when they are due."""

    def __init__(self, client: redis.asyncio.Redis) -> None:
        self.now = BEGIN
        self.into: Feed = feed(client, clock=lambda: self.now)

    async def pass_to(self, day: float) -> None:
        """Until that day after the beginning; what is due twice a day fires then."""
        while self.now < BEGIN + day * DAY_MS:
            await self.stand_still_to(min((self.now - BEGIN) / DAY_MS + 0.5, day))

    async def stand_still_to(self, day: float, *, read: bool = True) -> None:
        """No worker runs until that day; has it `read` by then what came meanwhile?"""
        self.now = self.into.timestamp = BEGIN + int(day * DAY_MS)
        if read:
            self.into.pipeline.read_until = self.now
        await fire(self.into, self.now)

    async def look(self, day: float, name: str, **more: Any) -> None:
        """Somebody looks at a page, on that day; it is told now."""
        await self.into.give([page(day, name, **more)])


def page(day: float, name: str, **more: Any) -> Message:
    at = time_text(BEGIN + int(day * DAY_MS))
    message = {"type": "page", "messageId": f"{name}-{day}", "timestamp": at, "anonymousId": name, **more}
    return Message("online", b"", json.dumps(message).encode(), END_MS, None)


@pytest.fixture
async def years(client: redis.asyncio.Redis) -> Years:
    found = Years(client)
    await take_up(found.into, FORGETTING)
    return found


async def test_who_is_silent_for_so_long_is_forgotten_and_others_are_not(
    years: Years, client: redis.asyncio.Redis, redis_url: str
) -> None:
    await years.look(0, "visitor")
    await years.look(0, "regular")
    await years.look(0, "customer", userId="u1")
    [visitor] = [pid for pid, one in profiles_at(redis_url).items() if "visitor" in repr(one)]
    await years.pass_to(20)
    await years.look(20, "regular")
    await years.pass_to(29)
    assert len(people(redis_url)) == 3
    await told(years.into)
    await years.pass_to(31)
    assert sorted(p["kind"] for p in people(redis_url)) == ["anonymous", "known"]
    assert "visitor" not in repr(await everything(client))
    [erased] = [one for one in await told(years.into) if one["type"] == "unifier.identity.erased.v1"]
    assert erased["data"] == {"profile_id": visitor, "cause": {"timer": "retention"}}
    await years.pass_to(89)
    assert [p["kind"] for p in people(redis_url)] == ["known"]
    await years.pass_to(91)
    assert people(redis_url) == []
    stored = await everything(client)
    assert "customer" not in repr(stored)
    assert "u1" not in repr(stored)
    assert not any(b":timers" in key or b":reviews" in key for key in stored)


async def test_who_comes_again_is_somebody_new_and_what_was_told_before_does_not_come_back(
    years: Years, redis_url: str
) -> None:
    await years.look(0, "visitor")
    await years.look(1, "visitor")
    [before] = profiles_at(redis_url)
    await years.pass_to(40)
    await years.look(0.5, "visitor")
    assert people(redis_url) == []
    await years.look(40, "visitor")
    [after] = profiles_at(redis_url)
    assert after != before
    [person] = people(redis_url)
    assert person["metrics"]["touches"] == 1
    await years.pass_to(69)
    assert len(people(redis_url)) == 1
    await years.pass_to(71)
    assert people(redis_url) == []


async def test_what_the_forgotten_did_stays_in_the_counts_of_those_days(
    years: Years, client: redis.asyncio.Redis, redis_url: str
) -> None:
    await years.look(0, "visitor")
    await years.look(0.5, "visitor", type="track", event="Order Completed", properties={"order_id": "o1"})
    await years.pass_to(29)
    before = await counts(client)
    await years.pass_to(31)
    assert people(redis_url) == []
    after = await counts(client)
    assert {number for (day, *_), number in after.items() if not day} == {0}
    past = {key: number for key, number in before.items() if key[0]}
    assert {key: after[key] for key in past} == past


async def test_all_browsers_of_a_person_are_forgotten_at_once(
    years: Years, client: redis.asyncio.Redis, redis_url: str
) -> None:
    for browser in range(5):
        await years.pass_to(browser * 10)
        await years.look(browser * 10, f"c{browser}", userId="u1")
    await years.pass_to(129)
    [person] = people(redis_url)
    assert person["metrics"]["touches"] == 5
    await years.pass_to(131)
    assert people(redis_url) == []
    assert all(not len(one) for one in await components(client))


async def test_who_shares_a_house_card_goes_alone(years: Years, redis_url: str) -> None:
    for name, email in (("Anna", "anna@example-mail.de"), ("Bob", "bob@example-mail.de")):
        traits = {"firstName": name, "lastName": "Huber", "email": email, "phone": "+49 30 1234567"}
        await years.look(0, name, type="identify", traits=traits)
    assert len(people(redis_url)) == 2
    await years.pass_to(80)
    await years.look(80, "Bob", type="identify", traits={"email": "bob@example-mail.de"})
    await years.pass_to(100)
    left = people(redis_url)
    assert "Anna" not in repr(left)
    assert "bob@example-mail.de" in repr(left)


async def test_a_file_of_years_ago_is_read_to_its_end_first(years: Years, redis_url: str) -> None:
    for number, day in enumerate(range(-900, -300, 25)):
        await years.pass_to(number / 4)  # the file takes six days
        await years.look(day, "visitor")
    [person] = people(redis_url)
    assert person["metrics"]["touches"] == 24
    await years.pass_to(14)
    assert people(redis_url) == []


async def test_rules_that_begin_to_forget_reach_who_is_stored(
    client: redis.asyncio.Redis, redis_url: str
) -> None:
    years = Years(client)
    await years.look(0, "visitor")
    await years.pass_to(300)
    assert len(people(redis_url)) == 1
    await take_up(years.into, FORGETTING)
    await sweep(years.into)
    await years.pass_to(306)
    assert len(people(redis_url)) == 1
    await years.pass_to(309)
    assert people(redis_url) == []


async def test_who_came_while_no_worker_ran_is_not_forgotten_before_that_is_read(
    years: Years, redis_url: str
) -> None:
    await years.look(0, "visitor")
    await years.pass_to(25)
    await years.stand_still_to(35)
    await years.look(27, "visitor")
    await years.pass_to(56)
    [person] = people(redis_url)
    assert person["metrics"]["touches"] == 2
    await years.pass_to(58)
    assert people(redis_url) == []


async def test_whose_visit_waits_while_no_worker_runs_is_not_forgotten(years: Years, redis_url: str) -> None:
    await years.look(0, "visitor")
    await years.look(0, "other")
    await years.pass_to(ANONYMOUS - 0.5)
    await years.stand_still_to(ANONYMOUS + 0.4, read=False)
    assert len(people(redis_url)) == 2
    await years.look(ANONYMOUS - 0.1, "visitor")
    await years.pass_to(ANONYMOUS + 1)
    [person] = people(redis_url)
    assert person["metrics"]["touches"] == 2


async def test_who_is_to_be_kept_is_though_that_waits_while_the_time_is_over(
    years: Years, client: redis.asyncio.Redis
) -> None:
    await years.look(0, "customer", userId="u1")
    await years.pass_to(KNOWN - 0.5)
    await years.stand_still_to(KNOWN + 0.4, read=False)
    await years.into.give([command("restrict", "r1", identifiers={"account_id": "u1"})])
    await years.pass_to(2 * KNOWN)
    [component] = await components(client)
    assert len(component) == 1


async def test_what_a_family_tablet_did_is_nobodys_also_when_one_of_them_is_forgotten(
    years: Years, redis_url: str
) -> None:
    await years.look(0, "tablet", userId="u1")
    await years.look(1, "tablet", userId="u2")
    await years.pass_to(KNOWN - 2)
    await years.look(KNOWN - 2, "tablet")
    await years.look(KNOWN - 1, "tablet", userId="u2")
    assert sorted(person["metrics"]["touches"] for person in people(redis_url)) == [1, 1, 2]
    await years.pass_to(KNOWN + 1)
    assert sorted(person["metrics"]["touches"] for person in people(redis_url)) == [1, 2]


async def test_who_is_restricted_is_kept_until_the_release(years: Years, client: redis.asyncio.Redis) -> None:
    await years.look(0, "customer", userId="u1")
    await years.pass_to(1)
    await years.into.give([command("restrict", "r1", identifiers={"account_id": "u1"})])
    await years.pass_to(200)
    [component] = await components(client)
    assert len(component) == 1
    await years.into.give([command("release", "r2", identifiers={"account_id": "u1"})])
    await years.pass_to(209)
    [component] = await components(client)
    assert not len(component)


async def test_who_comes_again_is_kept_apart_from_whom_a_steward_separated_him(
    years: Years, client: redis.asyncio.Redis, redis_url: str
) -> None:
    mailbox = {"type": "identify", "traits": {"email": "family@example-mail.de"}}
    await years.look(0, "Anna", **mailbox)
    await years.look(1, "Bob", **mailbox)
    [component] = await components(client)
    both = sorted(fid.hex() for fid in component.packed)
    await years.into.give([command("separate", "s1", fragments=both)])
    assert len(people(redis_url)) == 2
    await years.pass_to(KNOWN - 1)
    await years.look(KNOWN - 1, "Bob", **mailbox)
    await years.pass_to(KNOWN + 1)
    assert len(people(redis_url)) == 1
    await years.look(KNOWN + 1, "Anna", **mailbox)
    assert len(people(redis_url)) == 2
    await years.pass_to(3 * KNOWN)
    [component] = await components(client)
    assert not component.separations


async def test_a_browser_that_comes_back_is_put_with_whoever_is_restricted_unseen(
    years: Years, client: redis.asyncio.Redis
) -> None:
    await years.look(0, "browser")
    await years.pass_to(ANONYMOUS + 1)
    await years.look(ANONYMOUS + 1, "browser", userId="u1")
    await years.into.give([command("restrict", "r1", identifiers={"account_id": "u1"})])
    await told(years.into)
    await years.look(ANONYMOUS + 2, "browser")
    assert await told(years.into) == []
    assert sum(len(one) for one in await components(client)) == 2


async def test_who_asks_for_it_meanwhile_is_erased_as_asked(
    years: Years, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await years.look(0, "customer", userId="u1")
    with dying_at(years.into.pipeline.store, "intent", True, monkeypatch):
        await years.pass_to(KNOWN + 1)
    assert len(people(redis_url)) == 1, "it has just begun"
    await years.into.give([command("erase", "e1", identifiers={"account_id": "u1"})])
    assert people(redis_url) == []
    await years.look(KNOWN - 1, "phone", userId="u1")
    assert people(redis_url) == []
    [erased] = [one for one in await told(years.into) if one["type"] == "unifier.identity.erased.v1"]
    assert erased["data"]["cause"] == {"command_id": "e1"}


async def test_who_verifies_an_erasure_hears_nothing_of_those_who_were_just_silent(
    years: Years, client: redis.asyncio.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    await years.look(0, "visitor")
    with dying_at(years.into.pipeline.store, "intent", True, monkeypatch):
        await years.pass_to(ANONYMOUS + 1)
    for day in (ANONYMOUS + 1, ANONYMOUS + 2):  # it has just begun; it is done
        await years.pass_to(day)
        found = Found()
        await look_in_redis(years.into.pipeline.store, Traces([], Keys("s"), "DE"), found)
        assert not +found.left
        assert not found.ids
    assert found.gone


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", STEPS)
async def test_a_death_on_the_way_leaves_nothing_half_forgotten(
    years: Years,
    client: redis.asyncio.Redis,
    redis_url: str,
    step: str,
    after: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await years.look(0, "visitor")
    await years.pass_to(29)
    with dying_at(years.into.pipeline.store, step, after, monkeypatch):
        await years.pass_to(31)
    years.into = feed(client, clock=lambda: years.now)
    await take_up(years.into, FORGETTING)
    await years.pass_to(31)
    assert people(redis_url) == []
    assert sum(one["type"] == "unifier.identity.erased.v1" for one in await told(years.into)) == 1
    stored = await everything(client)
    assert "visitor" not in repr(stored)
    assert not any(b":timers" in key for key in stored)
    [component] = await components(client)
    assert component.privacy is not None
    assert not component.privacy.intents
