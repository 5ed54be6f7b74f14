"""All workers down for a day: the same is told as if they had not been, and no push goes out twice."""

from collections import Counter
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple

import orjson
import ormsgpack
import pytest
import redis.asyncio

from tests.integration.spine import profiles_at
from tests.integration.test_pipeline import END_MS, Feed, feed, people
from unifier.devstack.simulate import Message, simulate
from unifier.events.form import time_text

HOUR = 3_600_000
DAY = 24 * HOUR
DAYS = 6
STALE_AFTER = DAY  # of the shipped rules
START = END_MS - DAYS * DAY
DOWN, UP = START + 3 * DAY, START + 4 * DAY + 2 * HOUR

Told = dict[str, Any]


class Push(NamedTuple):
    """What a transition says to do, or not to do any more."""

    profile_id: str
    at: str
    to: str
    action: dict[str, Any] | None
    stops: list[str]


def happened(message: Message) -> float:
    told = orjson.loads(message.value)
    return _ms(told.get("timestamp") or told["occurred_at"])


async def live(client: redis.asyncio.Redis, messages: list[Message], down: bool) -> list[Told]:
    """Take messages in hour by hour, none late, and what is due; gives the transitions, of each profile in
    order."""
    now = START
    into = feed(client, clock=lambda: now)
    waiting = sorted(messages, key=happened)
    while now < END_MS + 2 * DAY:
        now += HOUR
        if down and DOWN <= now < UP:
            continue
        while coming := [message for message in waiting[:200] if happened(message) <= now]:
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
    return [
        {**message["data"], "id": message["id"], "sequence": int(message["sequence"])}
        for message in await effects(client, "journey")
    ]


async def effects(client: redis.asyncio.Redis, wanted: str) -> list[Told]:
    """The messages for a topic that wait in the outboxes."""
    outboxes: list[Any] = [await client.xrange(key) for key in await client.keys("{*}:out")]
    return [
        orjson.loads(value)
        for outbox in outboxes
        for _, entry in outbox
        if b"e" in entry
        for topic, _, value in ormsgpack.unpackb(entry[b"e"])
        if topic == wanted
    ]


async def reshaped(client: redis.asyncio.Redis) -> set[str]:
    """Profiles that others were put to or taken from, or whose past changed: what is told of them depends on
    what was known when."""
    found = {each["profile_id"] for each in await transitions(client) if each["corrects"]}
    for message in await effects(client, "identity"):
        data = message["data"]
        if others := data.get("merged") or data.get("parts"):
            found |= {data.get("survivor"), *others}
    return found


def moves(told: list[Told]) -> Counter[tuple[Any, ...]]:
    fields = ("profile_id", "model", "journey", "from", "to", "direction", "at", "dwell_s")
    return Counter(tuple(each[name] for name in fields) for each in told)


def pushes(told: list[Told]) -> list[Push]:
    """On each transition of the first model. The channel depends on the consents of the moment at which it is
    told."""
    return [
        Push(each["profile_id"], each["at"], each["to"], pushed(each), each.get("stops", []))
        for each in told
        if each["model"] == "six-phase"
    ]


def pushed(each: Told) -> dict[str, str] | None:
    action = each.get("action")
    return action and {name: action[name] for name in ("what", "when", "until")}


def twice(told: list[Told]) -> list[tuple[str, str, str]]:
    """Pushes of one action for one moment to one profile, told again though they were not stopped, whatever
    its past became."""
    going, found = set[tuple[str, str, str]](), []
    for each in pushes(told):
        going = {one for one in going if one[0] == each.profile_id and one[1] not in each.stops}
        if each.action:
            push = each.profile_id, each.action["what"], each.action["when"]
            if push in going:
                found.append(push)
            going.add(push)
    return found


def told_late(whole: list[Told]) -> list[Push]:
    """What ought to be pushed if nobody worked in between: of what was missed, the last of each profile alone
    has an action, unless it is old; and stopped is what was told, and no more."""
    found = list[Push]()
    for pid, each in groupby((e for e in whole if e["model"] == "six-phase"), lambda e: e["profile_id"]):
        going: dict[str, str] = {}  # actions told → until when they hold
        for now, together in groupby(each, _told_at):
            *before, last = together
            found += [Push(pid, one["at"], one["to"], None, []) for one in before]
            action = None if _ms(now) - _ms(last["at"]) > STALE_AFTER else pushed(last)
            named = last["action"]["what"] if "action" in last else ""
            stops = {what for what, until in going.items() if until > now and what != named}
            going = {what: until for what, until in going.items() if what not in stops}
            if action:
                going[action["what"]] = action["until"]
            found.append(Push(pid, last["at"], last["to"], action, sorted(stops)))
    return found


def _told_at(each: Told) -> str:
    missed = DOWN <= _ms(each["detected_at"]) <= UP
    return time_text(UP) if missed else str(each["detected_at"])


def age_ms(each: Told) -> float:
    at, found = (_ms(each[name]) for name in ("at", "detected_at"))
    return found - at


def _ms(text: str) -> float:
    return datetime.fromisoformat(text).timestamp() * 1000


@pytest.mark.parametrize("seed", [1, 2, 5, 9])
async def test_a_day_with_all_workers_down(client: redis.asyncio.Redis, redis_url: str, seed: int) -> None:
    messages = list(simulate(people=25, days=DAYS, seed=seed, end_ms=END_MS))
    whole = await live(client, messages, down=False)
    as_if, without, living = people(redis_url), await reshaped(client), profiles_at(redis_url).keys()
    await client.flushdb()
    told = await live(client, messages, down=True)
    assert people(redis_url) == as_if
    for each in (whole, told):
        assert [id_ for id_, times in Counter(one["id"] for one in each).items() if times > 1] == []
        assert twice(each) == [], "nobody is pushed the same for the same moment again"
    without |= await reshaped(client) | (living ^ profiles_at(redis_url).keys())
    assert len(without) < len({each["profile_id"] for each in told}) / 2
    whole, told = ([e for e in each if e["profile_id"] not in without] for each in (whole, told))
    assert moves(told) == moves(whole)
    old = [each for each in told if each.get("stale")]
    assert old, "some waited for more than a day"
    assert all(each.get("stale", False) == (age_ms(each) > STALE_AFTER) for each in told)
    assert pushes(told) == told_late(whole), "each push once, none that is late, none missing"
