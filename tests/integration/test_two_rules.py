"""Workers that see other rules at different moments: what is stored becomes what the last ones say."""

import random
from typing import Any

import orjson
import redis.asyncio

from tests.integration.in_process import END_MS, feed, people
from tests.integration.in_redis import transitions
from tests.integration.messages import online, sale
from tests.integration.other_rules import STRICT, all_behind, sweep, take_up, told
from tests.integration.strangers import stranger
from unifier.devstack.simulate import simulate
from unifier.events.form import time_text
from unifier.events.outbound import MERGED
from unifier.rules import Rules, default_rules

SHIPPED = default_rules()
JUST = time_text(END_MS - 60_000)


def with_journey(models: dict[str, Any], **journey: Any) -> Rules:
    told = SHIPPED.journey.model_copy(update=journey)
    return SHIPPED.model_copy(update={"models": models, "journey": told})


SIX = {"six-phase": SHIPPED.models["six-phase"]}
OLD = with_journey(SIX, third_view=1)
NEW = with_journey(dict(SHIPPED.models), third_view=2)


async def test_who_came_by_both_workers_stands_where_the_last_rules_say_and_no_id_is_told_twice(
    client: redis.asyncio.Redis, redis_url: str
) -> None:
    rng = random.Random(4)
    messages = list(simulate(people=30, days=5, seed=8, end_ms=END_MS))
    alone = feed(client)
    await take_up(alone, NEW)
    await alone.give(messages)
    expected = standings(redis_url)
    await client.flushdb()

    workers = [feed(client, partition=0), feed(client, partition=1)]
    for worker, rules in zip(workers, (OLD, NEW), strict=True):
        await take_up(worker, rules)
    while messages:
        size = rng.randrange(1, 30)
        await rng.choice(workers).give(messages[:size])
        messages = messages[size:]
    await take_up(workers[0], NEW)
    await sweep(workers[0])
    assert await all_behind(workers[0]) == []
    assert standings(redis_url) == expected

    phases: dict[tuple[str, str], str] = {}
    news = sorted(await transitions(client), key=lambda each: int(each["sequence"]))
    assert len({each["id"] for each in news}) == len(news)
    for each in news:
        assert each["from"] == phases.get((each["profile_id"], each["model"]), "none")
        phases[each["profile_id"], each["model"]] = each["to"]


async def test_who_came_by_before_other_rules_were_taken_back_stands_where_those_say(
    client: redis.asyncio.Redis, redis_url: str
) -> None:
    into = feed(client)
    await take_up(into, OLD)
    await into.give([online("Product Viewed", {"product_id": "p1"}, anonymousId="c1", timestamp=JUST)])
    before = standings(redis_url)
    await take_up(into, with_journey(SIX, third_view=3))
    await into.give([online("Page Left", anonymousId="c1", timestamp=JUST)])
    assert standings(redis_url) != before
    await take_up(into, OLD)
    await sweep(into)
    assert [phase["current"] for _, phase, *_ in standings(redis_url)] == ["preference"]


async def test_a_snapshot_by_a_worker_with_other_rules_says_what_was_told(
    client: redis.asyncio.Redis,
) -> None:
    by_both = feed(client)
    await take_up(by_both, NEW)
    await by_both.give([online("Product Viewed", anonymousId="c1", timestamp=JUST)])
    by_six = feed(client)
    await take_up(by_six, OLD)
    async for key in client.scan_iter(match="*:c:*"):
        cid = bytes(key)[-12:]
        [value] = await by_six.pipeline.store.homes([cid])
        assert value is not None
        [snapshot] = by_six.pipeline.snapshots(cid, value)
        phases = orjson.loads(snapshot.value or b"")["data"]["phases"]
        assert phases["four-phase"]["current"] == "engagement"


async def test_the_cause_of_a_change_names_the_model_alone_also_of_who_came_by_meanwhile(
    client: redis.asyncio.Redis,
) -> None:
    into = feed(client)
    await take_up(into, STRICT)
    person = stranger(1)
    await into.give([sale({**person, "loyalty_id": "L1"}), sale({**person, "email": "one@example.org"})])
    await told(into)
    await take_up(into, SHIPPED)
    await into.give([sale({**person, "loyalty_id": "L1"})])
    await sweep(into)
    [merged] = [message for message in await told(into) if message["type"] == MERGED]
    assert merged["data"]["cause"] == {"model": SHIPPED.matching.model.fingerprint}


def standings(url: str) -> list[Any]:
    return [(one["metrics"], one["phase"], one["phases"], one["segments"]) for one in people(url)]
