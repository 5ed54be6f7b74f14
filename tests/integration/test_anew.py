"""Other rules, another model: what is stored becomes what it would have been under them from the start."""

import json
from typing import Any

import ormsgpack
import pytest
import redis.asyncio

from tests.integration.test_pipeline import END_MS, Feed, feed, people
from unifier.devstack.simulate import simulate
from unifier.events.decode import Decoder
from unifier.profiles.ids import Keys
from unifier.profiles.store.outbox import Outbox
from unifier.rules import Rules, default_rules
from unifier.streams import anew
from unifier.streams.intake import Intake
from unifier.streams.unify import Unifier

STRICT = default_rules().with_model(default_rules().matching.model.model_copy(update={"prior_bits": -32.0}))
"""Names and a birth date are not enough."""


async def take_up(into: Feed, rules: Rules) -> None:
    intake = Intake(Decoder(rules, "Europe/Berlin"), Keys("s"), rules, "DE")
    await into.pipeline.take_up(intake, Unifier(intake, rules))


async def all_behind(into: Feed) -> list[bytes]:
    found, cursor = [], b""
    while cursor != b"0":
        cursor, cids = await into.pipeline.store.behind(into.pipeline.unifier.form, cursor or b"0", 100)
        found += cids
    return found


async def sweep(into: Feed) -> None:
    """Work everything out, in portions as the worker does."""
    cids = await all_behind(into)
    for start in range(0, len(cids), 5):
        assert await anew.work_out(into.pipeline, cids[start : start + 5])


async def told(into: Feed) -> list[dict[str, Any]]:
    """What waits for `unifier.identity`, and is taken off."""
    layout = into.pipeline.store.layout
    outbox = Outbox(into.pipeline.store.redis, layout, range(layout.shards))
    await outbox.take_over()
    messages = []
    for part in await outbox.read(100_000, 0, 0):
        for entry in part.entries:
            if entry.effects:
                messages += [(topic, value) for topic, _, value in ormsgpack.unpackb(entry.effects)]
        await into.pipeline.store.redis.delete(layout.out(part.shard))
    return [json.loads(value) for topic, value in messages if topic == "identity"]


@pytest.mark.parametrize(("before", "after"), [(STRICT, default_rules()), (default_rules(), STRICT)])
async def test_a_swept_store_is_as_if_the_model_had_been_there_from_the_start(
    client: redis.asyncio.Redis, redis_url: str, before: Rules, after: Rules
) -> None:
    messages = list(simulate(people=40, days=4, seed=5, end_ms=END_MS))
    into = feed(client)
    await take_up(into, after)
    await into.give(messages)
    expected = people(redis_url)
    await client.flushdb()

    into = feed(client)
    await take_up(into, before)
    await into.give(messages)
    assert people(redis_url) != expected
    await take_up(into, after)
    await sweep(into)
    assert people(redis_url) == expected
    assert await all_behind(into) == []
