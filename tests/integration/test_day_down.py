"""All workers down for a day: the same is told as if they had not been, and no push goes out twice."""

from collections import Counter
from collections.abc import Container, Iterator
from datetime import datetime
from itertools import pairwise
from typing import Any

import orjson
import ormsgpack
import pytest
import redis.asyncio

from tests.integration.spine import profiles_at
from tests.integration.test_pipeline import END_MS, Feed, feed, people
from unifier.devstack.simulate import Message, simulate

HOUR = 3_600_000
DAY = 24 * HOUR
DAYS = 6
STALE_AFTER = DAY  # of the shipped rules
START = END_MS - DAYS * DAY
DOWN, UP = START + 3 * DAY, START + 4 * DAY + 2 * HOUR

Told = dict[str, Any]


async def live(client: redis.asyncio.Redis, messages: list[Message], down: bool) -> list[Told]:
    """Take messages in hour by hour, and what is due; gives the transitions, of each profile in order."""
    now = START
    into = feed(client, clock=lambda: now)
    waiting = sorted(messages, key=lambda message: message.at_ms)
    while now < END_MS + 2 * DAY:
        now += HOUR
        if down and DOWN <= now < UP:
            continue
        while coming := [message for message in waiting[:200] if message.at_ms <= now]:
            await into.give(coming)
            waiting = waiting[len(coming) :]
        await fire(into, now)
    return sorted(await transitions(client), key=lambda each: (each["profile_id"], each["sequence"]))


async def fire(into: Feed, now: int) -> None:
    store = into.pipeline.store
    for shard in range(store.layout.shards):
        while True:
            due: Any = await store.redis.zrangebyscore(store.layout.timers(shard), "-inf", now)
            if not due:
                break
            await into.pipeline.timers(due)


async def transitions(client: redis.asyncio.Redis) -> list[Told]:
    outboxes: list[Any] = [await client.xrange(key) for key in await client.keys("{*}:out")]
    return [
        {**message["data"], "id": message["id"], "sequence": int(message["sequence"])}
        for outbox in outboxes
        for _, entry in outbox
        if b"e" in entry
        for topic, _, value in ormsgpack.unpackb(entry[b"e"])
        if topic == "journey"
        for message in [orjson.loads(value)]
    ]


def reshaped(told: list[Told], living: Container[str]) -> set[str]:
    """Profiles whose past changed, or that are gone: what is told of them depends on what was known when."""
    return {
        each["profile_id"]
        for each in told
        if each["corrects"] or each["cause"].keys() & {"merge", "split"} or each["profile_id"] not in living
    }


def moves(told: list[Told], without: set[str]) -> Counter[tuple[Any, ...]]:
    """Of the others; a transition holds even if a late event has moved its moment."""
    fields = ("profile_id", "model", "journey", "from", "to")
    return Counter(tuple(each[name] for name in fields) for each in told if each["profile_id"] not in without)


def twice(told: list[Told]) -> Iterator[tuple[Any, ...]]:
    """Pushes that were told again though nothing had stopped them."""
    going: dict[tuple[str, str], str] = {}
    for each in told:
        pid = each["profile_id"]
        for what in each.get("stops", ()):
            going.pop((pid, what), None)
        if action := each.get("action"):
            if going.get((pid, action["what"])) == action["when"]:
                yield pid, action["what"], action["when"]
            going[pid, action["what"]] = action["when"]


def pushes(told: list[Told]) -> list[tuple[Any, ...]]:
    return [
        (each["profile_id"], each["action"]["what"], each["action"]["when"])
        for each in told
        if each.get("action")
    ]


def age_ms(each: Told) -> float:
    at, found = (_ms(each[name]) for name in ("at", "detected_at"))
    return found - at


def _ms(text: str) -> float:
    return datetime.fromisoformat(text).timestamp() * 1000


def missed(told: list[Told], whole: list[Told]) -> Iterator[tuple[Any, ...]]:
    """Pushes of the whole life that were not told, though nothing came after them and they were not old."""
    there = {push[:2] for push in pushes(told)}
    passed_over = {
        (one["profile_id"], one["at"])
        for one, other in pairwise([each for each in told if each["model"] == "six-phase"])
        if one["profile_id"] == other["profile_id"] and one["detected_at"] == other["detected_at"]
    }
    stale = {(each["profile_id"], each["at"]) for each in told if each.get("stale")}
    for each in whole:
        if each.get("action") and (each["profile_id"], each["at"]) not in passed_over | stale:
            push = each["profile_id"], each["action"]["what"]
            if push not in there:
                yield push


@pytest.mark.parametrize("seed", [1, 5])
async def test_a_day_with_all_workers_down(client: redis.asyncio.Redis, redis_url: str, seed: int) -> None:
    messages = list(simulate(people=25, days=DAYS, seed=seed, end_ms=END_MS))
    whole = await live(client, messages, down=False)
    as_if = people(redis_url)
    await client.flushdb()
    told = await live(client, messages, down=True)
    assert people(redis_url) == as_if
    living = profiles_at(redis_url)
    without = reshaped(told, living) | reshaped(whole, living)
    assert moves(told, without) == moves(whole, without)
    assert len(without) < len({each["profile_id"] for each in told}) / 3
    old = [each for each in told if each.get("stale")]
    assert old, "some waited for more than a day"
    assert all(each.get("stale", False) == (age_ms(each) > STALE_AFTER) for each in told)
    assert not any(each.get("action") for each in old)
    assert list(twice(told)) == [], "no push twice"
    assert [push for push in missed(told, whole) if push[0] not in without] == [], "none is missing"
