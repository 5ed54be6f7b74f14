"""All workers down for a day: the same is told as if they had not been, and no push goes out twice."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Mapping
from itertools import groupby
from typing import Any, NamedTuple

import pytest
import redis.asyncio

from tests.integration.carriers import FIRST, Carrier, twice
from tests.integration.in_process import END_MS, feed, fire
from tests.integration.in_redis import Told, effects, transitions
from tests.integration.messages import happened, ms
from tests.integration.spine import profiles_at
from unifier.devstack.simulate import Message, simulate
from unifier.events.form import time_text

HOUR = 3_600_000
DAY = 24 * HOUR
DAYS = 6
STALE_AFTER = DAY  # of the shipped rules
START = END_MS - DAYS * DAY
DOWN, UP = START + 3 * DAY, START + 4 * DAY + 12 * HOUR
OWN = ("profile_id", "version", "next_action")


class Push(NamedTuple):
    """What a transition says to do, or not to do any more."""

    profile_id: str
    at: str
    to: str
    action: dict[str, Any] | None
    stops: list[str]


async def live(client: redis.asyncio.Redis, messages: list[Message], down: bool) -> list[Told]:
    """Take messages in hour by hour, none late, and what is due; gives the transitions, of each profile in
    order."""
    now = START
    into = feed(client, clock=lambda: now)
    waiting, given = sorted(messages, key=happened), 0
    moments = list(map(happened, waiting))
    while now < END_MS + 2 * DAY:
        now += HOUR
        if down and DOWN <= now < UP:
            continue
        known = bisect_right(moments, now)
        await into.give_together(waiting[given:known])
        given = known
        await fire(into, now)
    return sorted(await transitions(client), key=lambda each: (each["profile_id"], each["sequence"]))


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
        Push(each["profile_id"], each["at"], each["to"], pushed(each.get("action")), each.get("stops", []))
        for each in told
        if each["model"] == FIRST
    ]


def pushed(action: dict[str, Any] | None) -> dict[str, str] | None:
    return action and {name: action[name] for name in ("what", "when", "until")}


def told_late(whole: list[Told]) -> tuple[list[Push], dict[str, Carrier]]:
    """What ought to be pushed if nobody worked in between, and what of it is under way in the end.

    Of what was missed, the last of each profile alone has an action, unless it is old, or has gone out, for
    nobody stopped it; and stopped is what was told, and no more.
    """
    found, carriers = list[Push](), defaultdict[str, Carrier](Carrier)
    for pid, each in groupby((e for e in whole if e["model"] == FIRST), lambda e: e["profile_id"]):
        carrier = carriers[pid]
        for now, together in groupby(each, _told_at):
            *before, last = together
            found += [Push(pid, one["at"], one["to"], None, []) for one in before]
            action, old = last.get("action"), ms(now) - ms(last["at"]) > STALE_AFTER
            goes_on = action["what"] if action and old else ""
            stops = [
                what for what, going in carrier.going.items() if going["until"] > now and what != goes_on
            ]
            for what in [*carrier.going.keys() - {goes_on}]:
                carrier.stop(what, ms(now))
            if old or (action and carrier.cools(action["what"], last["at"])):
                action = None
            if action:
                carrier.going[action["what"]] = action
            found.append(Push(pid, last["at"], last["to"], pushed(action), sorted(stops)))
    return found, carriers


class Person(NamedTuple):
    """A profile without its id and version, which tell of the order of arrival."""

    document: dict[str, Any]
    next_action: dict[str, Any] | None


def persons(
    profiles: dict[str, dict[str, Any]], carriers: Mapping[str, Carrier] | None = None
) -> list[Person]:
    """All of them; of `carriers`, whose next action went out just now, since nobody stopped it, has none."""
    found = []
    for pid, profile in profiles.items():
        document = {name: value for name, value in profile.items() if name not in OWN}
        action, since = profile["next_action"], profile["phase"]["since"]
        cools = action and carriers and pid in carriers and carriers[pid].cools(action["what"], since)
        found.append(Person(document, None if cools else action))
    return sorted(found, key=repr)


def _told_at(each: Told) -> str:
    missed = DOWN <= ms(each["detected_at"]) <= UP
    return time_text(UP) if missed else str(each["detected_at"])


def age_ms(each: Told) -> float:
    at, found = (ms(each[name]) for name in ("at", "detected_at"))
    return found - at


@pytest.mark.parametrize("seed", [1, 2, 5, 9])
async def test_a_day_with_all_workers_down(client: redis.asyncio.Redis, redis_url: str, seed: int) -> None:
    messages = list(simulate(people=25, days=DAYS, seed=seed, end_ms=END_MS))
    whole = await live(client, messages, down=False)
    late, carriers = told_late(whole)
    without, before = await reshaped(client), profiles_at(redis_url)
    await client.flushdb()
    told, after = await live(client, messages, down=True), profiles_at(redis_url)
    assert persons(after) == persons(before, carriers)
    for each in (whole, told):
        assert [id_ for id_, times in Counter(one["id"] for one in each).items() if times > 1] == []
        assert twice(each) == [], "nobody is pushed the same while it is under way, or has just gone out"
    without |= await reshaped(client) | (before.keys() ^ after.keys())
    assert len(without) < len({each["profile_id"] for each in told}) / 2
    whole, told = ([e for e in each if e["profile_id"] not in without] for each in (whole, told))
    assert moves(told) == moves(whole)
    old = [each for each in told if each.get("stale")]
    assert old, "some waited for more than a day"
    assert all(each.get("stale", False) == (age_ms(each) > STALE_AFTER) for each in told)
    right = [push for push in late if push.profile_id not in without]
    assert pushes(told) == right, "each push once, none that is late, none missing"
