"""The counts of journeys are of everybody there is, each event once, whatever is told again or dies."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
import redis.asyncio
from redis.exceptions import ConnectionError as RedisConnectionError

from tests.conftest import SettingsFactory
from tests.integration.in_process import END_MS, RULES, Feed, feed
from tests.integration.relays import emptied, relay_of
from unifier.devstack.simulate import Message, simulate
from unifier.journey.counted import ends
from unifier.journey.counts import Counts, Way, add, count
from unifier.journey.models import compile_models
from unifier.journey.visits import WITH
from unifier.journey.walk import State, advance, settle
from unifier.linking.stored import components
from unifier.profiles.component import Component
from unifier.profiles.store import JourneyCounts
from unifier.profiles.store.counts import Counted
from unifier.profiles.store.layout import HEAD_BYTES
from unifier.profiles.store.outbox import Done, Outbox
from unifier.serving.journey import CountedJourney, Days
from unifier.settings import Settings

MODELS = compile_models(RULES).each
DAYS = 10
LAST = END_MS // 86_400_000
SPAN = Days(LAST - DAYS - 1, LAST)


@pytest.fixture
def installation(settings: SettingsFactory) -> Settings:
    return settings(snapshot_s=0.05)


async def told_to(settings: Settings, into: Feed) -> None:
    """Publish all that waits."""
    relay = relay_of(settings, into, 1)
    await relay.own({0})
    await emptied(settings)
    await relay.own(set())


async def counted(client: redis.asyncio.Redis) -> Counts:
    return await JourneyCounts(client).read([0, *range(SPAN.first, SPAN.last + 1)])


async def expected(into: Feed) -> Counts:
    """Moves, and who is where, by walking everybody's marks; touches as the fragments count them."""
    found: Counts = {}
    async for values in components(into.pipeline.store):
        for value in values:
            component = Component.unpack(b"", value[HEAD_BYTES:])
            for record in component.records.values():
                fragments = list(component.fragments(record.members))
                marks = sorted(mark for fragment in fragments for mark in fragment.all_marks())
                for model, telling in zip(MODELS, record.told[2], strict=True):
                    state = State()
                    steps = advance(model, state, marks, frozenset(record.undone))
                    steps += settle(model, state, State(*telling[5]).walked)
                    add(found, count(Way((), steps), model))
                    add(found, {(0, "now", model.name, telling[2]): 1})
                for end in ends(fragments, RULES.ropo):
                    end.add_to(found)
                for channel, touchpoint, _, number, _ in [place for f in fragments for place in f.places]:
                    add(found, {(0, "touches", channel, touchpoint): number})
    return found


def agree(found: Counts, wanted: Counts) -> None:
    kinds = ("moves", "now", "sales", "credit", "answered")
    assert _only(found, *kinds) == _only(wanted, *kinds)
    places: Counter[Any] = Counter()
    for key, number in _only(found, "touches").items():
        places[0, *key[1:]] += number
    assert places == _only(wanted, "touches")


def _only(counts: Counts, *kinds: str) -> dict[Any, int]:
    return {key: number for key, number in counts.items() if key[1] in kinds}


async def in_batches(into: Feed, messages: Sequence[Message]) -> None:
    for start in range(0, len(messages), 150):
        await into.give(messages[start : start + 150])


async def test_what_is_told_again_and_what_dies_counts_once(
    installation: Settings, client: redis.asyncio.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages = list(simulate(people=25, days=DAYS, seed=8, end_ms=END_MS))
    into = feed(client)
    await in_batches(into, messages[: len(messages) // 2])
    clear, broken = Outbox.clear, iter([True])

    async def clear_or_die(self: Outbox, done: Sequence[Done]) -> None:
        if next(broken, False):  # what was counted and published is still there
            raise RedisConnectionError("gone")
        await clear(self, done)

    monkeypatch.setattr(Outbox, "clear", clear_or_die)
    await told_to(installation, into)
    assert next(broken, True), "it died once"
    agree(await counted(client), await expected(into))
    again = feed(client)  # a worker that begins where its predecessor had not acknowledged
    await in_batches(again, messages)
    await told_to(installation, again)
    found = await counted(client)
    agree(found, await expected(again))
    journey = CountedJourney(JourneyCounts(client).read, RULES, lambda: END_MS)
    summary = await journey.summary("", SPAN)
    people = {phase["phase"]: phase["people_now"] for phase in summary["phases"]}
    assert sum(people.values()) == sum(n for key, n in found.items() if key[1:3] == ("now", "six-phase"))
    assert people["awareness"] > 0
    flows = (await journey.flows("four-phase", SPAN, ""))["flows"]
    assert {flow["from"] for flow in flows} > {"none", "awareness", "engagement"}
    ropo = summary["ropo"]
    assert ropo["sales"] == sum(
        number for key, number in found.items() if key[1:5] == ("sales", "ropo", "", "")
    )
    assert ropo["by_campaign"][0]["credit"] > 0
    assert sum(one["credit"] for one in ropo["by_category"]) <= ropo["sales"]
    [parcels] = [one for one in summary["responses"] if one["kind"] == "order"]
    assert 6 * 3_600 < parcels["median_s"] < 21 * 3_600, "the warehouse ships after 6 to 20 hours"
    touched = await journey.touchpoints("", SPAN, "store")
    assert touched["each"]
    assert all(one["touches"] >= one["people"] > 0 for one in touched["each"])
    assert 0 < touched["base"]["share"] < 1


async def test_who_counts_late_does_not_count(client: redis.asyncio.Redis) -> None:
    from unifier.profiles.store.outbox import FenceLostError

    counts = JourneyCounts(client)
    key = (20_750, "touches", "web", "home")
    assert await counts.add([Counted(3, b"", b"5-0")], {key: 2}) == 0
    with pytest.raises(FenceLostError):
        await counts.add([Counted(3, b"", b"6-0")], {key: 2})
    assert await counts.read([20_750]) == {key: 2}
    assert await counts.last([3, 4]) == {3: b"5-0", 4: b""}
    await counts.add([Counted(3, b"5-0", b"7-0")], {key: -2})
    assert await counts.read([20_750]) == {}, "what has come to nothing takes no room"
    await asyncio.sleep(0)


async def test_names_that_come_together_leave_room_for_all_else(
    client: redis.asyncio.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("unifier.profiles.store.counts.FIELDS_MAX", 3)
    counts = JourneyCounts(client)
    pairs: Counts = {(20_750, WITH, "home", f"page {n}", "", ""): 1 for n in range(5)}
    others: Counts = {(20_750, "touches", "web", f"page {n}"): 1 for n in range(3)}
    assert await counts.add([Counted(3, b"", b"5-0")], pairs | others) == 2
    found = await counts.read([20_750])
    assert others.items() <= found.items()
    assert len(found.keys() - others.keys()) == 3
