"""Outboxes emptied in any order that barriers allow tell each profile's story without a break."""

import asyncio
import json
import random
from collections.abc import Iterator
from itertools import count

import ormsgpack
import pytest
import redis.asyncio

from tests.integration.in_process import END_MS, Feed, feed
from tests.integration.messages import command
from tests.integration.spine import profiles_at
from unifier.devstack.simulate import Message, simulate
from unifier.profiles.component import Component
from unifier.profiles.store.layout import HEAD_BYTES, LIVE, Layout
from unifier.profiles.store.outbox import Entry, Outbox
from unifier.streams.effects import COUNTS

DAY_MS = 86_400_000
MOST = 100_000
SHARDS = 16  # as `feed` has them


async def a_word(into: Feed, rng: random.Random, number: int) -> list[Message]:
    """A steward links two profiles at random, or separates two fragments of one."""
    store = into.pipeline.store
    pids, together = [], []
    fids = sorted([key[-12:] async for key in store.redis.scan_iter(match="*:c:*", count=1_000)])
    for fid, value in zip(fids, await store.homes(fids), strict=True):
        if value is not None and value[:1] == LIVE:
            records = Component.unpack(fid, value[HEAD_BYTES:]).records
            pids += sorted(records)
            together += [record.members for record in records.values() if len(record.members) > 1]
    at = f"2026-09-{rng.randrange(1, 15):02}T10:00:00Z"
    if together and rng.random() < 0.6:
        members = [fid.hex() for fid in rng.sample(rng.choice(together), 2)]
        return [command("separate", f"c{number}", fragments=members, at=at)]
    return [command("link", f"c{number}", profiles=rng.sample(pids, 2), at=at)] if len(pids) > 1 else []


def published(
    waiting: list[list[Entry]], rng: random.Random
) -> Iterator[tuple[str, str, dict[str, object] | None]]:
    """Effects in one of the orders in which relays may publish them."""
    while any(waiting):
        before = sum(map(len, waiting))
        for shard in rng.sample(range(len(waiting)), len(waiting)):
            for entry in waiting[shard][: rng.randrange(1, 4)]:
                if entry.barrier and _waits(waiting[entry.barrier.shard], entry.barrier.entry_id):
                    break
                for topic, key, value in ormsgpack.unpackb(entry.effects) if entry.effects else ():
                    if topic != COUNTS:
                        yield topic, key.decode(), json.loads(value) if value else None
                del waiting[shard][0]
        assert sum(map(len, waiting)) < before, "barriers that wait for one another"


def _waits(entries: list[Entry], entry_id: bytes) -> bool:
    return bool(entries) and _place(entries[0].entry_id) <= _place(entry_id)


def _place(entry_id: bytes) -> tuple[int, ...]:
    return tuple(map(int, entry_id.split(b"-")))


@pytest.mark.parametrize("seed", [20, 25])
async def test_every_profile_is_told_without_a_break(
    client: redis.asyncio.Redis, redis_url: str, seed: int
) -> None:
    rng, numbers, ticks = random.Random(seed), count(1), count(END_MS - 10 * DAY_MS, 120_000)
    messages = list(simulate(people=20, days=5, seed=seed, end_ms=END_MS))
    rng.shuffle(messages)
    outbox = Outbox(client, Layout(SHARDS), range(SHARDS))
    await outbox.take_over()

    async def work(partition: int) -> None:
        into = feed(client, partition=partition, clock=lambda: next(ticks))
        share = messages[partition::3]
        while share:
            size = rng.randrange(1, 25)
            await into.give(share[:size])
            share = share[size:]
            await into.give(await a_word(into, rng, next(numbers)))
            shards = await outbox.read(MOST, 0, next(ticks))
            await into.pipeline.timers([cid for pending in shards for cid in pending.due])

    await asyncio.gather(*map(work, range(3)))
    profiles = profiles_at(redis_url)
    waiting = [pending.entries for pending in await outbox.read(MOST, 0, 0)]
    ids: set[str] = set()
    sequence: dict[str, int] = {}
    told: dict[tuple[str, str], tuple[int, str]] = {}
    buried = set()
    for topic, pid, message in published(waiting, rng):
        if message is None:
            buried.add(pid)
            continue
        number, data = str(message["id"]), message["data"]
        assert isinstance(data, dict)
        assert number not in ids
        ids.add(number)
        assert int(str(message["sequence"])) > sequence.get(pid, 0)
        sequence[pid] = int(str(message["sequence"]))
        if topic == "journey":
            before, phase = told.get((pid, data["model"]), (0, "none"))
            assert (data["from"], number.rsplit("/", 1)[1]) == (phase, str(before + 1))
            told[pid, data["model"]] = before + 1, data["to"]
    assert {pid: told.get((pid, "six-phase"), (0, "none"))[1] for pid in profiles} == {
        pid: profile["phase"]["current"] for pid, profile in profiles.items()
    }
    assert all(profile["version"] >= sequence[pid] for pid, profile in profiles.items())
    assert sequence.keys() - profiles.keys() <= buried
