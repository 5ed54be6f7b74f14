"""An erasure whose worker dies between its steps, and events that are on their way meanwhile."""

import asyncio
from collections.abc import Sequence

import pytest
import redis.asyncio

from tests.integration.deaths import STEPS, Death, die_after_commit, dying_at
from tests.integration.hubers import ANNA, BOB, history
from tests.integration.in_process import END_MS, Feed, feed, people
from tests.integration.in_redis import components, everything
from tests.integration.messages import LATER, erase, sale
from tests.integration.other_rules import STRICT, sweep, take_up
from tests.integration.spine import profiles_at
from unifier.devstack.simulate import Message
from unifier.profiles.privacy import OVERDUE_MS
from unifier.profiles.store import Commit, IndexEntry, IndexWrite, Result


async def die(into: Feed, step: str, after: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Anna's erasure, by a worker that dies at the step: before it writes, or just after."""
    with dying_at(into.pipeline.store, step, after, monkeypatch):
        await into.give([erase(email=ANNA["email"])])


async def overdue(client: redis.asyncio.Redis) -> list[bytes]:
    """The components that are due two seconds after, as the owners of the shards find them."""
    keys = [key async for key in client.scan_iter(match="*:timers")]
    timers = [await client.zrangebyscore(key, "-inf", END_MS + OVERDUE_MS) for key in keys]
    return [cid for found in timers for cid in found if isinstance(cid, bytes)]


async def holders(client: redis.asyncio.Redis) -> set[bytes]:
    """Everybody whom the index names."""
    found: set[bytes] = set()
    for key, entries in (await everything(client)).items():
        for entry in entries.values() if b":i:" in key else ():
            start = 16 if entry[0] == 2 else 1
            found.update(entry[at : at + 12] for at in range(start, len(entry), 13))
    return found - {bytes(12)}


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("finisher", ["redelivery", "event", "owner"])
async def test_anybody_finishes_an_erasure_that_a_crash_left(
    client: redis.asyncio.Redis,
    redis_url: str,
    step: str,
    after: bool,
    finisher: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = history()
    await feed(client).give(told)
    await die(feed(client, partition=1), step, after, monkeypatch)
    begun = (step, after) != ("intent", False)
    other = feed(client, partition=1)
    if finisher == "event" and begun:
        other = feed(client)
        await other.give(told[:1])
    elif finisher == "owner" and begun:
        await other.pipeline.timers(await overdue(client))
    else:
        await other.give([erase(email=ANNA["email"])])
    assert sorted(p["fragments"] for p in people(redis_url)) == [1, 1]
    stored = repr(await everything(client))
    assert "anna" not in stored.lower()
    [gone] = [one.privacy.gone for one in await components(client) if one.privacy]
    assert not await holders(client) & gone.keys()
    assert all(not one.privacy.intents for one in await components(client) if one.privacy)
    left = people(redis_url)
    await feed(client, partition=1).give([erase(email=ANNA["email"])])
    await feed(client).give(told)
    assert people(redis_url) == left


async def in_flight(
    client: redis.asyncio.Redis,
    meanwhile: Sequence[Message],
    messages: Sequence[Message],
    monkeypatch: pytest.MonkeyPatch,
    *,
    die: bool,
) -> None:
    """A worker that looked before Anna was known at all, and writes when she is erased; it may die then."""
    into = feed(client, partition=5)
    looked, gone_on = asyncio.Event(), asyncio.Event()
    commit = into.pipeline.store.commit

    async def late(writes: Sequence[Commit]) -> list[Result]:
        looked.set()
        await gone_on.wait()
        results = await commit(writes)
        if die:
            raise Death
        return results

    monkeypatch.setattr(into.pipeline.store, "commit", late)
    task = asyncio.ensure_future(into.give(messages))
    await looked.wait()
    await feed(client).give(meanwhile)
    await feed(client, partition=1).give([erase(email=ANNA["email"])])
    gone_on.set()
    if die:
        with pytest.raises(Death):
            await task
        assert "anna" in repr(await everything(client)).lower()
        await feed(client, partition=5).give(messages)
    else:
        await task


@pytest.mark.parametrize("die", [False, True], ids=["lives", "dies"])
async def test_what_is_in_flight_does_not_survive(
    client: redis.asyncio.Redis, redis_url: str, die: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = [sale({"email": ANNA["email"], "first_name": "Änne"}), sale({"email": ANNA["email"]})]
    await in_flight(client, history(), late, monkeypatch, die=die)
    assert sorted(p["fragments"] for p in people(redis_url)) == [1, 1]
    assert "anna" not in repr(await everything(client)).lower()


async def test_who_is_erased_while_a_sweep_looks_him_up_is_not_entered_again(
    client: redis.asyncio.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    into = feed(client)
    await into.give(history())
    await take_up(into, STRICT)
    enter, erased = into.pipeline.store.enter, False

    async def late(writes: Sequence[IndexWrite]) -> list[IndexEntry | None]:
        nonlocal erased
        if not erased:
            erased = True
            await feed(client, partition=1).give([erase(email=ANNA["email"])])
        return await enter(writes)

    monkeypatch.setattr(into.pipeline.store, "enter", late)
    await sweep(into)
    gone = {fid for one in await components(client) if one.privacy for fid in one.privacy.gone}
    assert gone
    assert not await holders(client) & gone


async def test_what_follows_in_the_same_batch_of_a_later_time_is_kept(
    client: redis.asyncio.Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = {"email": ANNA["email"], "loyalty_id": "L9"}
    late = [sale(card, 801), sale(card, 802, occurred_at=LATER)]
    await in_flight(client, [sale(ANNA)], late, monkeypatch, die=False)
    [profile] = people(redis_url)
    assert profile["metrics"]["orders"] == 1
    assert profile["metrics"]["first_seen_at"] == LATER


async def test_whoever_a_crash_left_unlinked_goes_too(
    client: redis.asyncio.Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail = {"email": ANNA["email"]}
    unlinked = [sale(mail | {"first_name": "Anna"}), sale({**mail, "loyalty_id": "L1"})]
    await die_after_commit(client, unlinked, monkeypatch)
    assert len(people(redis_url)) == 2
    await feed(client, partition=7).give([erase(**mail)])
    assert people(redis_url) == []
    assert "anna" not in repr(await everything(client)).lower()


async def test_a_new_relation_that_begins_before_an_erasure_is_finished_stays(
    client: redis.asyncio.Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await feed(client).give(history())
    await die(feed(client, partition=1), "mark", True, monkeypatch)
    into = feed(client, partition=2, clock=lambda: END_MS + 120_000)
    await into.give([sale({"email": ANNA["email"], "loyalty_id": "L8"}, occurred_at=LATER)])
    await into.pipeline.timers(await overdue(client))
    assert sorted(p["metrics"]["first_seen_at"] for p in people(redis_url))[-1] == LATER
    assert sorted(p["fragments"] for p in people(redis_url)) == [1, 1, 1]


async def test_a_command_that_comes_again_does_not_turn_to_whoever_else_has_the_identifier(
    client: redis.asyncio.Redis, redis_url: str
) -> None:
    family = {"email": "family@example.org"}
    into = feed(client)
    await into.give([sale(ANNA | family), sale({"loyalty_id": "L1"}), sale(BOB | family)])
    assert len(people(redis_url)) == 2
    for _ in range(2):
        await feed(client, partition=1).give([erase(email="family@example.org")])
    [left] = people(redis_url)
    assert left["traits"]["first_name"] in ("Anna", "Bob")


async def test_the_past_of_others_under_a_shared_identifier_is_taken_in(
    client: redis.asyncio.Redis, redis_url: str
) -> None:
    names = ("Anna", "Berta", "Carla", "Doris", "Emma", "Frida", "Gina")
    into = feed(client)
    shop = {"email": "shop@example.org"}
    await into.give([sale(shop | {"first_name": name, "loyalty_id": f"K-{name}"}) for name in names])
    assert len(people(redis_url)) == 7
    await into.give([erase(loyalty_id="K-Anna")])
    assert len(people(redis_url)) == 6
    await feed(client, partition=3).give([sale(shop | {"first_name": "Hanna", "loyalty_id": "K-Hanna"})])
    assert len(people(redis_url)) == 7
    gone = {fid for one in await components(client) if one.privacy for fid in one.privacy.gone}
    assert gone
    assert not await holders(client) & gone


async def test_a_value_that_becomes_shared_suppresses_nobody_any_more(
    client: redis.asyncio.Redis, redis_url: str
) -> None:
    shop = {"email": "shop@example.org"}
    into = feed(client, clock=lambda: END_MS + 120_000)
    await into.give([sale(shop | {"first_name": "Anna", "loyalty_id": "K-Anna"})])
    await into.give([erase(loyalty_id="K-Anna")])
    await into.give([sale(shop | {"first_name": "Paula", "loyalty_id": "K-Paula"})])
    assert people(redis_url) == []
    names = ("Berta", "Carla", "Doris", "Emma", "Frida", "Gina")
    fresh = [sale(shop | {"first_name": n, "loyalty_id": f"K-{n}"}, occurred_at=LATER) for n in names]
    await into.give(fresh)  # with Anna's tomb one more than a person may share
    await into.give([sale(shop | {"first_name": "Hanna", "loyalty_id": "K-Hanna"})])
    assert len(people(redis_url)) == 7


async def test_an_erased_person_is_told_of_with_a_tombstone(
    client: redis.asyncio.Redis, redis_url: str
) -> None:
    into = feed(client)
    await into.give([sale(ANNA)])
    [pid] = profiles_at(redis_url)
    await into.give([erase(email=ANNA["email"])])
    told = repr([value for key, value in (await everything(client)).items() if key.endswith(b":out")])
    assert told.count("unifier.identity.erased.v1") == 1
    assert f"{pid}/erased/" in told
    assert '"command_id":"e1"' in told
