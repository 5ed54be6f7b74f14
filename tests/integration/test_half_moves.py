"""Deaths in the middle of a move on a cluster: it is seen as done or not begun, and somebody finishes it."""

import time
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from redis.asyncio import Redis

from tests.integration.deaths import Death
from tests.integration.in_process import Feed, feed
from tests.integration.messages import command, sale
from unifier.devstack.simulate import Message
from unifier.profiles.ids import Keys
from unifier.profiles.store import Commit, Result, connect
from unifier.profiles.store.layout import FROZEN, LIVE, Layout
from unifier.profiles.store.outbox import Outbox
from unifier.rules import default_rules
from unifier.serving.reader import Found, StoreReader
from unifier.streams.finder import Known

SHARDS = 16  # as `feed` has them
CARD, MAIL = {"loyalty_id": "L1"}, {"email": "a@example.org"}
STEPS = ("_freeze", "_take", "_clear", "_enter")


@pytest.fixture
async def client(empty_cluster_url: str) -> AsyncIterator[Redis]:
    client = connect(empty_cluster_url)
    yield client
    await client.aclose()


async def dies_after(client: Redis, step: str, message: Message, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that ends as soon as the first write that takes in another component has come so far."""
    into = feed(client, partition=1)
    stepwise, frozen = into.pipeline.store._stepwise, False
    whole = {name: getattr(stepwise, name) for name in STEPS}

    async def cut(name: str, items: Sequence[Any]) -> Any:
        nonlocal frozen
        replies = await whole[name](items)
        frozen |= name == "_freeze"
        if frozen and name == step:
            raise Death
        return replies

    for name in STEPS:
        monkeypatch.setattr(stepwise, name, lambda items, name=name: cut(name, items))
    with pytest.raises(Death):
        await into.give([message])


async def kinds(client: Redis) -> dict[bytes, bytes]:
    """Fragment → what its home is: live, frozen, signpost."""
    keys: list[Any] = [key async for key in client.scan_iter(match=b"{*}:c:*")]
    values: list[Any] = await client.mget(keys)
    return {key[-12:]: value[:1] for key, value in zip(keys, values, strict=True)}


async def read(client: Redis, into: Feed) -> list[int]:
    """What a reader is told of the orders, by card and by mail."""
    reader = StoreReader(into.pipeline.store, Keys("s"), default_rules(), "DE")
    answers = await reader.lookups([CARD, MAIL])
    return [answer.document["metrics"]["orders"] for answer in answers if isinstance(answer, Found)]


@pytest.mark.parametrize("who", ["an event", "the owner", "an owner who has come by it"])
@pytest.mark.parametrize("step", STEPS)
async def test_a_move_that_a_death_cut_off_is_seen_as_done_or_not_begun_and_is_finished(
    client: Redis, step: str, who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    into, first = feed(client), [sale(CARD), sale(MAIL), sale(MAIL)]
    await into.give(first)
    assert await read(client, into) == [1, 2]
    both = sale({**CARD, **MAIL})
    await dies_after(client, step, both, monkeypatch)
    frozen = [fid for fid, kind in (await kinds(client)).items() if kind == FROZEN]
    assert bool(frozen) == (step in ("_freeze", "_take"))
    assert await read(client, into) == ([1, 2] if step == "_freeze" else [4, 4])
    if who == "an event":
        await feed(client, partition=1).give([both, *first])
        assert await read(client, into) == [4, 4]
    else:
        outbox = Outbox(client, Layout(SHARDS), range(SHARDS))
        await outbox.take_over()
        now = int(time.time() * 1000)
        early = [cid for part in await outbox.read(1, 1, now - 10_000) for cid in part.due]
        due = [cid for part in await outbox.read(1, 1, now + 3_000) for cid in part.due]
        assert not {*frozen}.intersection(early)
        assert {*frozen} <= {*due}
        owner = feed(client, partition=2).pipeline
        if who == "an owner who has come by it":  # as by a candidate that was not over the bar
            await owner.finder.learn(frozen, Known())
        await owner.timers(due)
        # One component, of two people still: who ties them is told again.
        assert await read(client, into) == ([1, 2] if step == "_freeze" else [4, 4])
    after = [*(await kinds(client)).values()]
    assert FROZEN not in after
    assert after.count(LIVE) == 1


async def test_a_word_on_somebody_unseen_whose_component_was_moved_after_a_death_is_obeyed(
    client: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    coming = sale({"email": "b@example.org"})
    await feed(client).give([coming])
    [unseen] = await kinds(client)
    await client.flushall()
    into = feed(client)
    await into.give([sale(CARD), sale(MAIL)])
    known = max(await kinds(client))  # whose component the other takes in
    word = command("link", "c1", fragments=[unseen.hex(), known.hex()])
    cut = feed(client, partition=1)

    async def dies(_items: Sequence[Any]) -> list[Any]:
        raise Death

    monkeypatch.setattr(cut.pipeline.store._stepwise, "_take", dies)
    with pytest.raises(Death):
        await cut.give([word])
    await into.give([sale({**CARD, **MAIL})])
    again = feed(client, partition=1)
    lost = iter(range(5))  # races, before it is clear that nobody else is running
    commit = again.pipeline.store.commit

    async def counted(commits: Sequence[Commit]) -> list[Result]:
        next(lost)
        return await commit(commits)

    monkeypatch.setattr(again.pipeline.store, "commit", counted)
    await again.give([word])
    assert again.letters == []
    await into.give([coming])
    [answer] = await StoreReader(again.pipeline.store, Keys("s"), default_rules(), "DE").lookups([CARD])
    assert isinstance(answer, Found)
    assert answer.document["metrics"]["orders"] == 4
