"""Erasure through the pipeline on a real Redis: all of a person goes and stays away, and nobody else does."""

import pytest
import redis.asyncio

from tests.integration.hubers import ANNA, HOME, history
from tests.integration.in_process import END_MS, feed, people
from tests.integration.in_redis import everything, outbox_entries
from tests.integration.messages import LATER, command, erase, online, sale
from tests.integration.spine import profiles_at
from unifier.streams.erasing import Erasing


async def test_all_of_a_person_goes_and_nobody_else(client: redis.asyncio.Redis, redis_url: str) -> None:
    into = feed(client)
    await into.give(history())
    before = people(redis_url)
    await into.give([erase(email=ANNA["email"])])
    assert into.letters == []
    after = people(redis_url)
    gone = [p for p in before if p not in after]
    assert len(gone) == 1
    assert gone[0]["fragments"] == 4
    assert after == [p for p in before if p not in gone]
    stored = repr(await everything(client))
    for value in ("anna", "Anna", "card-1"):
        assert value not in stored
    assert "bob@example.org" in stored


async def test_where_nobody_was_erased_nobody_looks(
    client: redis.asyncio.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unpacking every component once more would cost every event."""

    async def looked(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(Erasing, "_see_to", looked)
    into = feed(client)
    for message in history():
        await into.give([message])
    await into.give(history())
    assert into.letters == []


async def test_what_is_told_again_does_not_bring_anybody_back(
    client: redis.asyncio.Redis, redis_url: str
) -> None:
    told = history()
    await feed(client).give(told)
    await feed(client, partition=1).give([erase(email=ANNA["email"])])
    left, entries = people(redis_url), await outbox_entries(client)
    await feed(client).give(told)  # Kafka's redelivery
    other = feed(client, partition=2)
    for message in reversed(told):  # and by another way, which knows nothing of offsets
        await other.give([message])
    late = [
        sale({"loyalty_id": "L1"}),
        sale({"email": ANNA["email"], "first_name": "Anne"}),
        online("Product Viewed", userId="anna", anonymousId="c9"),
    ]
    await other.give(late)
    assert [p for p in people(redis_url) if p not in left] == []
    assert {p["metrics"]["touches"] for p in people(redis_url)} == {p["metrics"]["touches"] for p in left}
    assert await outbox_entries(client) == entries, "nobody is told of it either"


async def test_a_new_relation_begins_under_a_new_id(client: redis.asyncio.Redis, redis_url: str) -> None:
    into = feed(client, clock=lambda: END_MS + 120_000)
    await into.give(history())
    [old] = [pid for pid, p in profiles_at(redis_url).items() if "anna@example.org" in str(p)]
    await into.give([erase(email=ANNA["email"])])
    others = profiles_at(redis_url)
    new = [
        sale({"loyalty_id": "L1", "email": ANNA["email"]}, occurred_at=LATER),
        online("Product Viewed", anonymousId="cookie-anna", userId="anna", timestamp=LATER),
        sale({"email": ANNA["email"]}, occurred_at=LATER),
        sale(ANNA | HOME, occurred_at=LATER),
    ]
    for message in new:
        await into.give([message])
    born = {pid: p for pid, p in profiles_at(redis_url).items() if pid not in others}
    assert len(born) == 2  # nothing ties the account to the rest yet
    assert old not in born
    assert sorted(p["metrics"]["orders"] for p in born.values()) == [0, 3]
    await feed(client).give([*history(), erase(email=ANNA["email"])])
    assert profiles_at(redis_url).keys() == others.keys() | born.keys(), "a finished erasure is not run again"


async def test_an_identifier_that_nobody_has_told_yet_is_erased_with_the_others(
    client: redis.asyncio.Redis, redis_url: str
) -> None:
    into = feed(client)
    await into.give([sale(ANNA)])
    await into.give([erase(email=ANNA["email"], phone="+49 30 5550100")])
    await into.give([sale({"phone": "030 5550100"}), sale(ANNA)])
    assert people(redis_url) == []


@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
async def test_a_later_erasure_reaches_up_to_its_own_time(
    client: redis.asyncio.Redis, redis_url: str, known: bool
) -> None:
    """Nobody is left by then; but what was told meanwhile may be late."""
    into = feed(client)
    if known:
        await into.give([sale(ANNA)])
    her = {"email": ANNA["email"]}
    await into.give([command("erase", "e1", identifiers=her, at="2026-09-02T00:00:00Z")])
    await into.give([command("erase", "e2", identifiers=her, at="2026-09-04T00:00:00Z")])
    await into.give([sale({**her, "loyalty_id": "L9"}, occurred_at="2026-09-03T00:00:00Z")])
    assert people(redis_url) == []
    await into.give([sale({**her, "loyalty_id": "L9"}, occurred_at="2026-09-05T00:00:00Z")])
    assert len(people(redis_url)) == 1


async def test_a_new_relation_takes_in_nothing_of_the_time_before(
    client: redis.asyncio.Redis, redis_url: str
) -> None:
    """Also where the new one tells just what a record tells that comes late, and nobody had told before."""
    into = feed(client, clock=lambda: END_MS + 120_000)
    her = {"email": ANNA["email"]}
    await into.give([sale(ANNA)])
    await into.give([erase(**her)])
    await into.give([sale(her, occurred_at=LATER)])
    await into.give([sale(her)])
    await feed(client, partition=2).give([sale(her), sale(her | {"phone": "030 5550100"})])
    [profile] = people(redis_url)
    assert profile["metrics"]["orders"] == 1
    assert profile["metrics"]["first_seen_at"] == LATER
