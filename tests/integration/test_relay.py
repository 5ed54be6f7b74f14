"""The relay on a real broker: whatever waits, whoever is slow, a profile's last message is the profile."""

import asyncio
import gc
import json
from collections.abc import Iterator, Sequence
from itertools import count

import pytest
import redis.asyncio
from aiokafka.errors import ProducerFenced

from tests.conftest import SettingsFactory
from tests.integration.in_process import END_MS, feed
from tests.integration.messages import command, sale
from tests.integration.relays import emptied, relay_of
from tests.integration.spine import profiles, told
from tests.waiting import eventually
from unifier import metrics
from unifier.profiles.store.outbox import Outbox
from unifier.settings import Settings
from unifier.streams import relay as relay_module
from unifier.streams.publisher import Message, Publisher

REACHED_S = 30.0


@pytest.fixture
def installation(settings: SettingsFactory) -> Settings:
    return settings(snapshot_s=0.05)


async def test_a_profile_of_which_a_word_was_refused_is_told_anew(
    installation: Settings, client: redis.asyncio.Redis
) -> None:
    into = feed(client)
    await into.give([sale({"loyalty_id": "L1"}), sale({"loyalty_id": "L2"})])
    relay = relay_of(installation, into, 1)
    await relay.own({0})
    await emptied(installation)
    ids = sorted(told(installation))
    for name in ("c1", "c2"):  # the first puts them into one component, the second changes nothing there
        before = told(installation)
        await into.give([command("link", name, profiles=ids)])
        await emptied(installation)
        assert told(installation) == profiles(installation) != before
    await relay.own(set())


async def test_an_id_that_lives_again_is_the_last_word_however_much_waited(
    installation: Settings, client: redis.asyncio.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_module, "ENTRIES_MOST", 1)
    into = feed(client)
    for n in range(8):
        card, mail = {"loyalty_id": f"L{n}"}, {"email": f"a{n}@example.org"}
        await into.give([sale(card), sale(mail)])
        before = sorted(profiles(installation))
        await into.give([sale(card | mail)])
        merged = [pid for pid in before if pid not in profiles(installation)]
        [survivor] = [pid for pid in before if _cards(installation, pid) == [f"L{n}"]]
        await into.give([command("separate", f"s{n}", profiles=[survivor, *merged])])
    relay = relay_of(installation, into, 1)
    await relay.own({0})
    await emptied(installation)
    await relay.own(set())
    assert told(installation) == profiles(installation)


def _cards(settings: Settings, pid: str) -> object:
    profile = profiles(settings).get(pid)
    return profile["identifiers"].get("loyalty_id") if profile else None


async def test_a_relay_that_is_slow_does_not_overwrite_what_its_component_became_elsewhere(
    installation: Settings, client: redis.asyncio.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks = count(END_MS)
    into = feed(client, clock=lambda: next(ticks))
    shards = into.pipeline.store.layout.shards
    # Two components in two shards; the one that will be absorbed is the elder, so that its id lives on.
    for n in count():
        await client.flushdb()
        into = feed(client, clock=lambda: next(ticks))
        card, mail = {"loyalty_id": f"L{n}"}, {"email": f"a{n}@example.org"}
        await into.give([sale(card)])
        [high] = [key[-12:] async for key in client.scan_iter(match="*:c:*")]
        await into.give([sale(mail)])
        [low] = [key[-12:] async for key in client.scan_iter(match="*:c:*") if key[-12:] != high]
        shard_of = into.pipeline.store.layout.shard
        if low < high and shard_of(low) != shard_of(high):
            break
    reached, go_on, rounds = asyncio.Event(), asyncio.Event(), asyncio.Event()
    publish, take = Publisher.publish, relay_module.Group._take_effects

    async def slow(self: Publisher, messages: list[Message]) -> None:
        if str(self._transactional_id).endswith(f".{shard_of(high)}"):
            reached.set()
            await go_on.wait()
        await publish(self, messages)

    seen = count()

    async def counted(self: relay_module.Group, *arguments: object) -> object:
        if self._outbox._shards[0] == shard_of(low) and next(seen) > 20:
            rounds.set()
        return await take(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Publisher, "publish", slow)
    monkeypatch.setattr(relay_module.Group, "_take_effects", counted)
    relay = relay_of(installation, into, shards)
    async with asyncio.timeout(REACHED_S):
        await relay.own({shard_of(high)})
        await reached.wait()
        await into.give([sale(card | mail)])
        await relay.own({shard_of(high), shard_of(low)})
        await rounds.wait()
        go_on.set()
        await emptied(installation)
    await relay.own(set())
    [last] = told(installation).values()
    assert last == next(iter(profiles(installation).values()))
    assert json.dumps(last).count("example.org") == 1


async def test_the_lag_is_that_of_all_groups_together(
    installation: Settings, client: redis.asyncio.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    into = feed(client)
    await into.give([sale({"loyalty_id": f"L{n}"}) for n in range(40)])

    async def stuck(self: Publisher, messages: list[Message]) -> None:
        """The broker takes nothing."""

    monkeypatch.setattr(Publisher, "publish", stuck)
    monkeypatch.setattr(Outbox, "clear", stuck)
    relay, layout = relay_of(installation, into, 4), into.pipeline.store.layout

    def lag() -> float | None:
        return metrics.REGISTRY.get_sample_value("unifier_relay_lag_entries")

    of_three = [await client.xlen(layout.out(shard)) for shard in range(layout.shards) if shard % 4 != 3]
    for groups, waiting in (({0, 1, 2}, sum(of_three)), ({0, 1, 2, 3}, 40)):
        await relay.own(groups)
        await asyncio.to_thread(eventually, lambda waiting=waiting: lag() == waiting)
    await relay.own(set())
    assert lag() == 0


async def test_of_many_timers_that_are_due_at_once_a_round_fires_few(
    installation: Settings, client: redis.asyncio.Redis
) -> None:
    into = feed(client)
    layout = into.pipeline.store.layout
    for shard in range(layout.shards):
        due = {bytes([shard, number]): number for number in range(50)}
        await client.zadd(layout.timers(shard), due)
    relay, fired = relay_of(installation, into, 1), list[int]()

    async def fire(cids: Sequence[bytes]) -> None:
        fired.append(len(cids))
        for shard in range(layout.shards):
            await client.zrem(layout.timers(shard), *cids)

    relay.timers = fire
    await relay.own({0})
    await asyncio.to_thread(eventually, lambda: sum(fired) == 50 * layout.shards)
    await relay.own(set())
    assert max(fired) <= relay_module.TIMERS_MOST < sum(fired)


@pytest.fixture
def tidy() -> Iterator[None]:
    """aiokafka leaves futures of a fenced producer behind, of which asyncio tells when they are collected."""
    yield
    gc.collect()


@pytest.mark.usefixtures("tidy")
@pytest.mark.parametrize(("former", "groups"), [("all", {0}), ("0", {0, 1}), ("1", {0, 1})])
async def test_whoever_had_a_shard_before_can_publish_no_more_whatever_else_was_his(
    installation: Settings, client: redis.asyncio.Redis, former: str, groups: set[int]
) -> None:
    into = feed(client)
    await into.give([sale({"loyalty_id": f"L{n}"}) for n in range(20)])
    # Nor can workers of another consumer group on the same Redis, while they have not heard of it.
    other_group = installation.model_copy(update={"group": "another"})
    relay, layout = relay_of(other_group, into, 2), into.pipeline.store.layout

    def published() -> bool:
        with redis.Redis.from_url(installation.redis) as other:
            return not any(
                other.xlen(layout.out(shard)) for shard in range(layout.shards) if shard % 2 in groups
            )

    unit = (0, 1) if former == "all" else (int(former),)
    async with relay_of(installation, into, 2)._publisher(unit) as stale:
        await stale.publish([Message("journey", b"p", b"{}")])
        await relay.own(groups)
        await asyncio.to_thread(eventually, published)
        with pytest.raises(ProducerFenced):
            await stale.publish([Message("journey", b"p", b"{}")])
    await relay.own(set())
