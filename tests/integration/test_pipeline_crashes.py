"""The pipeline dies between its writes; the chunk is read again, and what was missing is made good."""

import asyncio
import random
from collections.abc import Sequence
from typing import Any

import pytest
import redis.asyncio

from tests.integration.deaths import Death, die_after_commit
from tests.integration.in_process import feed, people
from tests.integration.messages import command, sale
from tests.integration.spine import profiles_at
from unifier.profiles.component import Component
from unifier.profiles.store import Commit, Result
from unifier.profiles.store.layout import HEAD_BYTES, LIVE
from unifier.profiles.store.wrapping import unwrap
from unifier.streams.pipeline import Pipeline


async def test_a_link_that_a_crash_prevented_is_made_when_the_chunk_comes_again(
    client: redis.asyncio.Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail = {"email": "a@example.org"}
    messages = [sale(mail), sale({**mail, "loyalty_id": "L1"})]
    await die_after_commit(client, messages, monkeypatch)
    assert len(people(redis_url)) == 2
    await feed(client, partition=1).give(messages[1:])
    [profile] = people(redis_url)
    assert profile["metrics"]["orders"] == 2


async def test_all_holders_of_a_shared_value_are_told_though_the_teller_dies_twice(
    client: redis.asyncio.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("Anna", "Berta", "Carla", "Doris", "Emma", "Frida", "Gina")
    messages = [sale({"email": "family@example.org", "first_name": name}) for name in names]
    await die_after_commit(client, messages, monkeypatch)
    teller = feed(client, partition=6)
    commit = teller.pipeline.store.commit

    own: list[bytes] = []

    async def own_only(commits: Sequence[Commit]) -> list[Result]:
        if not own:
            own.extend(one.cid for one in commits)
            return await commit(commits)
        await commit([one for one in commits if one.cid in own])
        raise Death

    monkeypatch.setattr(teller.pipeline.store, "commit", own_only)
    with pytest.raises(Death):
        await teller.give(messages[6:])
    await feed(client, partition=6).give(messages[6:])
    assert [await shared_in(client, fid) for fid in await homes(client)] == [{"email|family@example.org"}] * 7


async def homes(client: redis.asyncio.Redis) -> list[bytes]:
    return [key[-12:] async for key in client.scan_iter(match="*:c:*", count=1_000)]


async def shared_in(client: redis.asyncio.Redis, fid: bytes) -> set[str] | None:
    [key] = [key async for key in client.scan_iter(match="*:c:*", count=1_000) if key[-12:] == fid]
    value = await client.get(key)
    assert isinstance(value, bytes)
    return Component.unpack(fid, unwrap(value)[HEAD_BYTES:]).shared if value[:1] == LIVE else None


@pytest.mark.parametrize("seed", range(3))
async def test_chunks_that_overlap_and_come_again_count_once(
    client: redis.asyncio.Redis, redis_url: str, seed: int
) -> None:
    rng = random.Random(seed)
    cards = [{"loyalty_id": f"L{n}"} for n in range(4)] + [{"loyalty_id": "L0", "email": "a@example.org"}]
    messages = [sale(rng.choice(cards)) for _ in range(120)]
    await feed(client).give(messages)
    before = people(redis_url)
    assert sum(p["metrics"]["orders"] for p in before) == 120
    await client.flushdb()
    done = 0
    while done < len(messages):
        into, start = feed(client), rng.randrange(max(0, done - 100), done + 1)
        into.skip("pos", start)
        end = min(len(messages), start + rng.randrange(1, 110))
        await into.give(messages[start:end])
        done = max(done, end)
    assert people(redis_url) == before


async def test_a_worker_that_lost_its_partition_and_its_successor_count_once(
    client: redis.asyncio.Redis, redis_url: str
) -> None:
    cards = [{"loyalty_id": f"L{n % 4}"} for n in range(200)]
    messages = [sale(card) for card in cards]

    async def work(size: int) -> None:
        into = feed(client)
        for start in range(0, len(messages), size):
            await into.give(messages[start : start + size])

    await asyncio.gather(work(200), work(7), work(30))
    assert [p["metrics"]["orders"] for p in people(redis_url)] == [50] * 4


async def test_a_command_that_comes_again_is_obeyed_once(client: redis.asyncio.Redis, redis_url: str) -> None:
    await feed(client).give([sale({"loyalty_id": "L1"}), sale({"email": "a@example.org"})])
    word = command("link", "c1", profiles=sorted(profiles_at(redis_url)))
    for _ in range(2):
        into = feed(client)
        await into.give([word])
        assert into.letters == []
    [profile] = profiles_at(redis_url).values()
    assert profile["fragments"] == 2


async def test_a_command_that_cannot_be_worked_off_is_put_aside(
    client: redis.asyncio.Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    into = feed(client)
    await into.give([sale({"loyalty_id": "L1"}), sale({"email": "a@example.org"})])

    async def broken(self: Pipeline, arrivals: Any, wishes: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(Pipeline, "_round", broken)
    await into.give([command("link", "c1", profiles=sorted(profiles_at(redis_url)))])
    assert [letter.error.reason for letter in into.letters] == ["internal_error"]
