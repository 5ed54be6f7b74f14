"""The store's scripts on a real Redis: whole or not at all, index answers, barriers and fences."""

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from unifier.profiles.component import FORM_AT, NO_FORM
from unifier.profiles.ids import Keys
from unifier.profiles.store import Commit, IndexWrite, Mark, Store, connect
from unifier.profiles.store.layout import FOR_EVER
from unifier.profiles.store.outbox import Done, FenceLostError, Outbox

SHARDS = 4
KEYS = Keys("test")
AT = 1_000
BLOB = bytes(FORM_AT + len(NO_FORM)) + b"blob"


def fragment(shard: int, n: int) -> bytes:
    """A fragment id in a given shard; the larger n, the larger the id."""
    return (n * SHARDS + shard).to_bytes(4, "big") + bytes(8)


def head(n: int) -> bytes:
    return b"L" + n.to_bytes(4, "big") + bytes(8)


def write(cid: bytes, before: int, after: int, **rest: object) -> Commit:
    fields: dict[str, object] = {"effects": b"", "due": None, "absorbed": [], "founded": [], "index": []}
    old = head(before) if before else b""
    return Commit(cid, old, head(after) + BLOB, **(fields | rest))  # type: ignore[arg-type]


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client = connect(redis_url)
    yield client
    await client.aclose()


@pytest.fixture
def store(redis: Redis) -> Store:
    return Store(redis, SHARDS)


async def test_a_write_on_a_stale_version_changes_nothing_and_its_neighbours_stand(store: Store) -> None:
    a, b = fragment(0, 1), fragment(1, 2)
    assert [r.written for r in await store.commit([write(a, 0, 1), write(b, 0, 1)])] == [True, True]
    results = await store.commit([write(a, 7, 8, effects=b"lost"), write(b, 1, 2)])
    assert [r.written for r in results] == [False, True]
    assert await store.homes([a, b]) == [head(1) + BLOB, head(2) + BLOB]
    assert await store.redis.xlen(store.layout.out(0)) == 0


async def test_a_new_fragment_has_one_home_even_if_two_founded_it(store: Store) -> None:
    a, b, new = fragment(0, 1), fragment(1, 2), fragment(2, 3)
    await store.commit([write(a, 0, 1, founded=[new])])
    [result] = await store.commit([write(b, 0, 1, founded=[new])])
    assert not result.written
    assert await store.homes([new, b]) == [b"P" + a, None]


async def test_the_index_answers_everyone_who_comes_with_all_who_are_there(store: Store) -> None:
    a, b, place = fragment(0, 1), fragment(1, 2), KEYS.index("email|x")
    [first] = await store.commit([write(a, 0, 1, index=[IndexWrite(place, a + b"\1", 6, 200, AT, AT)])])
    [second] = await store.commit([write(b, 0, 1, index=[IndexWrite(place, b + b"\2", 6, 200, AT, AT)])])
    [again] = await store.commit([write(a, 1, 2, index=[IndexWrite(place, a + b"\1", 6, 200, AT, AT)])])
    assert first.entries == {}
    assert second.entries[0].holders == again.entries[0].holders == [a, b]
    assert await store.lookup([place, KEYS.index("email|y")]) == [second.entries[0], None]


async def test_who_was_erased_is_entered_again_only_when_told_of_later(store: Store) -> None:
    a, place = fragment(0, 1), KEYS.index("b:mail|x")
    await store.mark([a], AT, [Mark(place, False, 61, 60)])
    [late] = await store.enter([IndexWrite(place, a + b"\1", 61, 60, FOR_EVER, AT)])
    assert late is not None
    assert (late.refused, late.until, late.holders) == (True, AT, [])
    assert await store.lookup([place]) == [None]
    await store.enter([IndexWrite(place, a + b"\1", 61, 60, FOR_EVER, AT + 1)])
    [entry] = await store.lookup([place])
    assert entry is not None
    assert entry.holders == [a]


@pytest.mark.parametrize(
    ("marks", "shared"),
    [
        pytest.param([1, 1, 1, 1], False, id="one person under many fragments"),
        pytest.param([1, 2, 3], True, id="more people than the rule allows"),
        pytest.param([1, 2, 100, 101], False, id="names and accounts may be the same people"),
        pytest.param([0, 0, 0, 0, 0, 0], True, id="more fragments than the cap"),
    ],
)
async def test_a_value_seen_with_too_many_becomes_shared(
    store: Store, marks: list[int], shared: bool
) -> None:
    place = KEYS.index("phone|x")
    for n, mark in enumerate(marks):
        cid = fragment(0, n + 1)
        await store.commit([write(cid, 0, 1, index=[IndexWrite(place, cid + bytes([mark]), 2, 5, AT, AT)])])
    [entry] = await store.lookup([place])
    assert entry is not None
    assert entry.shared is shared


async def test_what_follows_a_move_waits_for_the_outbox_that_was_left(store: Store) -> None:
    low, high = fragment(0, 1), fragment(1, 2)
    await store.commit([write(low, 0, 1), write(high, 0, 1, effects=b"before")])
    await store.commit([write(low, 1, 2, effects=b"after", absorbed=[(high, head(1))])])
    assert await store.homes([high]) == [b"P" + low]
    outbox = Outbox(store.redis, store.layout, range(SHARDS))
    await outbox.take_over()
    into, left, *_ = await outbox.read(10, 10, 0)
    barrier, after = into.entries
    assert barrier.barrier is not None
    assert after.effects == b"after"
    assert await outbox.passed([barrier.barrier]) == [False]
    effects, moved = left.entries
    assert (effects.effects, moved.moved) == (b"before", high)
    await outbox.clear([Done(1, [effects.entry_id], [])])
    assert await outbox.passed([barrier.barrier]) == [False], "its snapshot may be on its way"
    await outbox.clear([Done(1, [moved.entry_id], [(high, b"")])])
    assert await outbox.passed([barrier.barrier]) == [True]
    assert (await outbox.read(10, 10, 0))[1].dirty == []


async def test_a_move_from_an_empty_outbox_holds_nothing_up(store: Store) -> None:
    low, high = fragment(0, 1), fragment(1, 2)
    await store.commit([write(low, 0, 1), write(high, 0, 1)])
    outbox = Outbox(store.redis, store.layout, range(SHARDS))
    await outbox.take_over()
    await outbox.clear([Done(1, [], [(high, head(1))])])
    await store.commit([write(low, 1, 2, absorbed=[(high, head(1))])])
    assert [part.entries for part in await outbox.read(10, 10, 0)] == [[], [], [], []]


async def test_a_snapshot_of_what_changed_meanwhile_stays_due(store: Store) -> None:
    cid = fragment(0, 1)
    await store.commit([write(cid, 0, 1)])
    outbox = Outbox(store.redis, store.layout, [0])
    await outbox.take_over()
    await store.commit([write(cid, 1, 2)])
    await outbox.clear([Done(0, [], [(cid, head(1))])])
    assert (await outbox.read(10, 10, 0))[0].dirty == [(cid, head(2) + BLOB)]
    await outbox.clear([Done(0, [], [(cid, head(2))])])
    assert (await outbox.read(10, 10, 0))[0].dirty == []


async def test_a_relay_that_was_succeeded_neither_reads_nor_removes(store: Store) -> None:
    await store.commit([write(fragment(0, 1), 0, 1, effects=b"effect")])
    old, new = Outbox(store.redis, store.layout, [0]), Outbox(store.redis, store.layout, [0])
    await old.take_over()
    [pending] = await old.read(10, 10, 0)
    await new.take_over()
    with pytest.raises(FenceLostError):
        await old.read(10, 10, 0)
    with pytest.raises(FenceLostError):
        await old.clear([Done(0, [pending.entries[0].entry_id], [])])
    assert [entry.effects for entry in (await new.read(10, 10, 0))[0].entries] == [b"effect"]


async def test_only_timers_that_are_due_are_given(store: Store) -> None:
    soon, later = fragment(0, 1), fragment(0, 2)
    await store.commit([write(soon, 0, 1, due=1_000), write(later, 0, 1, due=5_000)])
    outbox = Outbox(store.redis, store.layout, [0])
    await outbox.take_over()
    assert (await outbox.read(10, 0, 4_999))[0].due == [soon]
    await store.commit([write(soon, 1, 2)])
    assert (await outbox.read(10, 0, 9_000))[0].due == [later]


async def test_what_a_steward_is_asked_is_listed_over_all_shards_by_doubt(store: Store) -> None:
    a, b, c = fragment(0, 1), fragment(1, 2), fragment(2, 3)
    await store.commit([write(a, 0, 1, doubt=5), write(b, 0, 1, doubt=900), write(c, 0, 1, doubt=5)])
    listed = await store.doubtful(10)
    assert [cid for _, cid in listed] == [b, c, a]
    for most in (1, 2):
        assert await store.doubtful(most) == listed[:most]
        assert await store.doubtful(10, listed[most - 1][0]) == listed[most:]


async def test_a_component_stays_on_the_list_until_its_evidence_says_otherwise(store: Store) -> None:
    a, b = fragment(0, 1), fragment(1, 2)
    await store.commit([write(a, 0, 1, doubt=5), write(b, 0, 1, doubt=9)])
    await store.commit([write(a, 1, 2)])
    assert [cid for _, cid in await store.doubtful(10)] == [b, a]
    await store.commit([write(a, 2, 3, doubt=0)])
    assert [cid for _, cid in await store.doubtful(10)] == [b]
    await store.commit([write(a, 3, 4, doubt=7, absorbed=[(b, head(1))])])
    assert [cid for _, cid in await store.doubtful(10)] == [a]


async def test_over_the_cap_those_with_the_least_doubt_go(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("unifier.profiles.store.outbox.REVIEWS_MAX", 2)
    cids = [fragment(0, n) for n in range(4)]
    await store.commit([write(cid, 0, 1, doubt=10 + n) for n, cid in enumerate(cids)])
    outbox = Outbox(store.redis, store.layout, [0])
    await outbox.take_over()
    (looked,) = await outbox.read(10, 0, 0)
    assert (looked.dropped, await outbox.depth()) == (0, (0, 4))
    (looked,) = await outbox.read(10, 0, 1)
    assert (looked.dropped, await outbox.depth()) == (2, (0, 2))
    assert [cid for _, cid in await store.doubtful(10)] == [cids[3], cids[2]]
