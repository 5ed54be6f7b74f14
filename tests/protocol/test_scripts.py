"""The twins do what the real scripts do, on random writes, reads and clearings."""

import random
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
import redis.asyncio

from tests.protocol.client import Client, at_once
from tests.protocol.scripts import Memory
from unifier.profiles.store import Commit, IndexWrite, Mark, Store, connect, outbox
from unifier.profiles.store.layout import HEAD_BYTES, Layout
from unifier.profiles.store.outbox import Done, FenceLostError, Outbox, Pending
from unifier.profiles.store.stepwise import Stepwise, _Write

SHARDS = 3
FRAGMENTS = [number.to_bytes(4, "big") + bytes(8) for number in range(9)]
PLACES = [bytes(8) + bytes([number]) + bytes(7) for number in range(6)]
STEPS = 60


@pytest.fixture
async def server(redis_url: str) -> AsyncIterator[redis.asyncio.Redis]:
    client = connect(redis_url)
    yield client
    await client.aclose()


class Numbers:
    """Real entry ids by how many entries their outbox had seen: the ids of the model."""

    def __init__(self) -> None:
        self.of: dict[tuple[bytes, bytes], bytes] = {}
        self._seen: dict[bytes, int] = {}

    async def learn(self, server: redis.asyncio.Redis) -> None:
        """After every step: no entry is removed before it was seen."""
        for shard in range(SHARDS):
            key = Layout(SHARDS).out(shard)
            entries: Any = await server.xrange(key)
            for entry_id, _ in entries:
                if (key, entry_id) not in self.of:
                    self._seen[key] = self._seen.get(key, 0) + 1
                    self.of[key, entry_id] = b"%d-0" % self._seen[key]

    def told(self, pending: Sequence[Pending]) -> list[Any]:
        """What was read, by the ids of the model."""
        layout = Layout(SHARDS)
        return [
            (
                part.shard,
                [
                    (
                        self.of[layout.out(part.shard), entry.entry_id],
                        entry.effects,
                        entry.moved,
                        entry.barrier and self._told(*entry.barrier),
                    )
                    for entry in part.entries
                ],
                sorted(part.dirty),
                sorted(part.due),
                part.dropped,
            )
            for part in pending
        ]

    def _told(self, shard: int, entry_id: bytes) -> tuple[int, bytes]:
        return shard, self.of[Layout(SHARDS).out(shard), entry_id]


class Plain(Numbers):
    """The ids of the model are its own."""

    def __init__(self) -> None:
        super().__init__()
        self.of = _Same()


class _Same(dict[tuple[bytes, bytes], bytes]):
    def __missing__(self, key: tuple[bytes, bytes]) -> bytes:
        return key[1]


def some_commits(rng: random.Random, heads: dict[bytes, bytes]) -> list[Commit]:
    """Writes of one batch, most of them on what is there, some on what is not."""
    commits = []
    for cid in rng.sample(FRAGMENTS, rng.randrange(1, 4)):
        known = [fid for fid in FRAGMENTS if fid > cid and heads.get(fid, b"")[:1] in (b"L", b"F")]
        absorbed = rng.sample(known, min(len(known), rng.choice((0, 0, 1, 2))))
        unknown = [fid for fid in FRAGMENTS if fid != cid and (fid not in heads or rng.random() < 0.1)]
        founded = rng.sample(unknown, min(len(unknown), rng.choice((0, 0, 1))))
        stale = rng.random() < 0.1
        head = heads.get(cid, b"") if not stale else b"L" + bytes([rng.randrange(256)]) * 12
        index = [
            IndexWrite(
                rng.choice(PLACES),
                rng.choice([cid, *founded]) + bytes([rng.randrange(120)]),
                rng.choice((3, 9)),
                rng.choice((5, 9)),
                at := rng.randrange(1_000),
                at + 100,
            )
            for _ in range(rng.randrange(3))
        ]
        commits.append(
            Commit(
                cid,
                head if head[:1] == b"L" else b"",
                b"L" + rng.randbytes(12) + b"as long as a component",
                rng.choice((b"", b"effects")),
                rng.choice((None, 500, 1_500)),
                [(other, heads[other][:HEAD_BYTES]) for other in absorbed],
                founded,
                index,
                rng.choice((None, 0, 7)),
                rng.random() < 0.3,
            )
        )
    return commits


@pytest.mark.parametrize("seed", range(12))
async def test_the_twins_of_the_scripts_answer_and_write_as_the_scripts_do(
    server: redis.asyncio.Redis, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng, memory, numbers = random.Random(seed), Memory(), Numbers()
    monkeypatch.setattr(outbox, "REVIEWS_MAX", 1)
    both: list[Any] = [server, Client(at_once(memory))]
    stores = [Store(client, SHARDS) for client in both]
    outboxes = [Outbox(client, stores[0].layout, range(SHARDS)) for client in both]
    fenced = [Outbox(client, stores[0].layout, range(SHARDS)) for client in both]
    for one in (*fenced, *outboxes):
        await one.take_over()
    for _ in range(STEPS):
        values = [await store.homes(FRAGMENTS) for store in stores]
        assert values[0] == values[1]
        heads = {fid: value[:HEAD_BYTES] for fid, value in zip(FRAGMENTS, values[0], strict=True) if value}
        commits = some_commits(rng, heads)
        assert await stores[0].commit(commits) == await stores[1].commit(commits)
        await numbers.learn(server)
        writes = [write for commit in commits for write in commit.index]
        assert await stores[0].enter(writes) == await stores[1].enter(writes)
        if rng.random() < 0.3:
            erased, until = rng.sample(FRAGMENTS, 2), rng.randrange(1_000)
            marks = [Mark(one, rng.random() < 0.7, 9, rng.choice((2, 9))) for one in rng.sample(PLACES, 2)]
            assert await stores[0].mark(erased, until, marks) == await stores[1].mark(erased, until, marks)
        assert await stores[0].lookup(PLACES) == await stores[1].lookup(PLACES)
        now, most = rng.choice((0, 1_000, 2_000)), rng.randrange(1, 9)
        real, model = [await one.read(most, 20, now) for one in outboxes]
        assert numbers.told(real) == Plain().told(model)
        passed = [
            await one.passed([e.barrier for part in pending for e in part.entries if e.barrier])
            for one, pending in zip(outboxes, (real, model), strict=True)
        ]
        assert passed[0] == passed[1]
        choice = rng.getstate()
        for current, stale, pending in zip(outboxes, fenced, (real, model), strict=True):
            rng.setstate(choice)
            done = cleared(rng, pending)
            with pytest.raises(FenceLostError):
                await stale.clear(done)
            await current.clear(done)
    assert sum(isinstance(key, bytes) and b":c:" in key for key in memory) > 5


@pytest.mark.parametrize("seed", range(6))
async def test_the_twins_of_the_scripts_for_a_cluster_answer_and_write_as_the_scripts_do(
    server: redis.asyncio.Redis, seed: int
) -> None:
    rng, memory, numbers = random.Random(seed), Memory(), Numbers()
    both: list[Any] = [server, Client(at_once(memory))]
    stores = [Store(client, SHARDS) for client in both]
    stepwise = [Stepwise(one.redis, one.layout, one.seal, 0, one.enter, lambda: 5) for one in stores]
    for one in stepwise:
        one._replicas = seed % 2  # they look at what they build on, though nobody is there to confirm it
    outboxes = [Outbox(client, stores[0].layout, range(SHARDS)) for client in both]
    for outbox_ in outboxes:
        await outbox_.take_over()
    frozen = 0
    for _ in range(STEPS):
        values = [await store.homes(FRAGMENTS) for store in stores]
        assert values[0] == values[1]
        heads = {fid: head_of(value) for fid, value in zip(FRAGMENTS, values[0], strict=True) if value}
        commits = some_commits(rng, heads)
        if rng.random() < 0.3:  # somebody dies in the middle
            steps = [
                [words for c in commits for words in one._freezes(_Write(c, c.head))] for one in stepwise
            ]
            if steps[0]:
                replies = [await one._freeze(words) for one, words in zip(stepwise, steps, strict=True)]
                assert list(map(bool, replies[0])) == list(map(bool, replies[1]))
                frozen += any(replies[0])
        else:
            assert await stepwise[0].commit(commits) == await stepwise[1].commit(commits)
        await numbers.learn(server)
        now, most = rng.choice((0, 1_000, 3_000)), rng.randrange(1, 9)
        real, model = [await one.read(most, 20, now) for one in outboxes]
        assert numbers.told(real) == Plain().told(model)
        choice = rng.getstate()
        for current, pending in zip(outboxes, (real, model), strict=True):
            rng.setstate(choice)
            await current.clear(cleared(rng, pending))
    assert frozen


def head_of(value: bytes) -> bytes:
    """The head of a home value as a commit names it."""
    return value[:HEAD_BYTES] if value[:1] != b"F" else b"F" + value[HEAD_BYTES + 1 : 2 * HEAD_BYTES]


def cleared(rng: random.Random, pending: Sequence[Pending]) -> list[Done]:
    """Some of what was read, from the oldest on, as a relay would clear it."""
    done = []
    for part in pending:
        entries = [entry.entry_id for entry in part.entries[: rng.randrange(4)]]
        marks = [(cid, value[:HEAD_BYTES]) for cid, value in sorted(part.dirty) if rng.random() < 0.5]
        moved = [(entry.moved, b"") for entry in part.entries[: len(entries)] if entry.moved]
        done.append(Done(part.shard, entries, [*marks, *moved]))
    return done
