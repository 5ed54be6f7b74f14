"""The pipeline on a real Redis, when others write at the same time and when it dies in between."""

import asyncio
import random
from collections.abc import Sequence

import pytest
import redis.asyncio

from tests.integration.in_process import END_MS, Feed, feed, people
from tests.integration.messages import command, giving_back, online, sale
from tests.integration.spine import profiles_at
from tests.records import Record
from unifier.devstack.simulate import Message, simulate
from unifier.streams.agents import Chunk


@pytest.mark.parametrize("together", [False, True], ids=["one by one", "in one batch"])
async def test_a_receipt_told_by_two_known_fragments_ties_them(
    client: redis.asyncio.Redis, redis_url: str, together: bool
) -> None:
    into = feed(client)
    card, mail = {"loyalty_id": "L1"}, {"email": "a@example.org"}
    await into.give([sale(card), sale(mail)])
    assert len(people(redis_url)) == 2
    told = [sale(card, 900), giving_back(mail, 900)]
    for batch in [told] if together else [[message] for message in told]:
        await into.give(batch)
    assert len(people(redis_url)) == 1


@pytest.mark.parametrize("back_first", [False, True], ids=["sale first", "return first"])
@pytest.mark.parametrize("known", [False, True], ids=["new fragments", "known fragments"])
async def test_what_came_back_does_not_count_whichever_was_told_first(
    client: redis.asyncio.Redis, redis_url: str, back_first: bool, known: bool
) -> None:
    into = feed(client)
    card = {"loyalty_id": "L1"}
    if known:
        await into.give([sale(card, 1)])
    told = [sale(card, 901), giving_back(card, 901)]
    for message in reversed(told) if back_first else told:
        await into.give([message])
    [profile] = people(redis_url)
    assert profile["metrics"]["orders"] == int(known)
    assert profile["phase"]["current"] == ("after_sale" if known else "awareness")


@pytest.mark.parametrize("back_first", [False, True], ids=["sale first", "return first"])
async def test_a_return_under_another_identity_of_the_person_counts_whichever_was_told_first(
    client: redis.asyncio.Redis, redis_url: str, back_first: bool
) -> None:
    into = feed(client)
    card, both = {"loyalty_id": "L1"}, {"loyalty_id": "L1", "email": "a@example.org"}
    await into.give([sale(card, 1, kind="consultation"), sale(both, 2, kind="consultation")])
    told = [sale(card, 902), giving_back(both, 902)]
    for message in reversed(told) if back_first else told:
        await into.give([message])
    [profile] = people(redis_url)
    assert profile["metrics"]["orders"] == 0
    assert profile["phase"]["current"] == "consideration"


async def test_an_order_told_by_a_second_fragment_of_the_component_tells_whose_the_first_is(
    client: redis.asyncio.Redis, redis_url: str
) -> None:
    into = feed(client)
    whose = [{"anonymousId": "c", "userId": "a"}, {"anonymousId": "c", "userId": "b"}, {"anonymousId": "c"}]
    await into.give([online("Product Viewed", None, **ids) for ids in whose])
    assert [p["fragments"] for p in people(redis_url)] == [1, 1, 1], "a tablet that two people use"
    order = {"order_id": "o", "total": 9.9, "currency": "EUR"}
    await into.give([online("Order Completed", order, anonymousId="c")])
    await into.give([online("Order Refunded", {**order, "total": 1}, userId="a", anonymousId="c")])
    assert sorted(p["fragments"] for p in people(redis_url)) == [1, 2]


@pytest.mark.parametrize("seed", [1, 2])
async def test_two_workers_at_once_make_the_same_people_as_one(
    client: redis.asyncio.Redis, redis_url: str, seed: int
) -> None:
    messages = list(simulate(people=25, days=4, seed=seed, end_ms=END_MS))
    await feed(client).give(messages)
    alone = people(redis_url)
    await client.flushdb()
    rng = random.Random(seed)
    rng.shuffle(messages)
    workers = [feed(client, partition=n) for n in range(3)]

    async def work(into: Feed, share: list[Message]) -> None:
        while share:
            size = rng.randrange(1, 60)
            await into.give(share[:size])
            share = share[size:]

    await asyncio.gather(*(work(into, messages[n::3]) for n, into in enumerate(workers)))
    assert people(redis_url) == alone


async def test_a_command_about_an_id_that_another_worker_gave_is_carried_out(
    client: redis.asyncio.Redis, redis_url: str
) -> None:
    stale, other = feed(client), feed(client, partition=1)
    both = {"loyalty_id": "L1", "email": "a@example.org"}
    await stale.give([sale({"loyalty_id": "L1"}), sale(both)])
    [pid] = profiles_at(redis_url)
    fragments = [f.hex() for f in await _members(client)]
    await other.give([command("separate", "c1", fragments=fragments)])
    one, two = profiles_at(redis_url)
    await stale.give([command("link", "c2", profiles=[one, two])])
    assert stale.letters == []
    assert list(profiles_at(redis_url)) == [pid]


async def _members(client: redis.asyncio.Redis) -> list[bytes]:
    return sorted([bytes(key)[-12:] async for key in client.scan_iter(match="*:c:*", count=1_000)])


async def test_a_home_that_only_a_deposed_master_knows_is_not_believed(
    client: redis.asyncio.Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has what no replica confirmed. Its successor has the component, without the fragment."""
    into = feed(client)
    await into.give([sale({"loyalty_id": "L1"})])
    store, ask = into.pipeline.store, into.pipeline.store.homes
    [there] = [key[-12:] async for key in client.scan_iter(match="*:c:*")]
    new = sale({"loyalty_id": "L2"})
    batch = await into.pipeline.read(Chunk("unifier.pos", "pos", 0, [Record(1, new.value)]))
    fid = batch.arrivals[0].fid
    asked = []

    async def homes(fids: Sequence[bytes], *, sure: bool = False) -> list[bytes | None]:
        asked.append(sure)
        answer = await ask(fids, sure=sure)
        return [b"P" + there] if list(fids) == [fid] and not sure and len(asked) < 6 else answer

    monkeypatch.setattr(store, "homes", homes)
    await into.give([new])
    assert (await ask([fid]))[0] is not None
    assert len(people(redis_url)) == 2


@pytest.mark.parametrize("number", range(4))  # either of the two ids may be the smaller, which stays
async def test_events_of_whom_redis_has_forgotten_in_another_are_worked_off(
    client: redis.asyncio.Redis, redis_url: str, number: int
) -> None:
    """A power cut takes with it that one went into another, and the other; the worker remembers both."""
    into, card = feed(client), {"loyalty_id": f"L{number}"}
    await into.give([sale(card)])
    kept = {key: await client.dump(key) async for key in client.scan_iter(count=1_000)}
    mail = {"email": "a@example.org"}
    await into.give([sale(mail)])
    await into.give([sale(card | mail)])
    await client.flushdb()
    for key, value in kept.items():
        assert value is not None
        await client.restore(key, 0, value)
    async with asyncio.timeout(20):
        await into.give([sale(card)])
    [profile] = people(redis_url)
    assert profile["metrics"]["orders"] == 2
