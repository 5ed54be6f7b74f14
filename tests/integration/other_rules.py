"""Other rules for a pipeline, what is stored worked out by them, and what is told of it."""

import json
from typing import Any

import ormsgpack

from tests.integration.in_process import Feed
from unifier.events.decode import Decoder
from unifier.profiles.ids import Keys
from unifier.profiles.store.outbox import Outbox
from unifier.rules import Rules, default_rules
from unifier.streams import anew
from unifier.streams.intake import Intake
from unifier.streams.unify import Unifier

STRICT = default_rules().with_model(default_rules().matching.model.model_copy(update={"prior_bits": -40.0}))
"""Names and a birth date are not enough."""


def rules_with(**matching: Any) -> Rules:
    """Rules with other thresholds or caps of identity."""
    rules = default_rules()
    return rules.model_copy(update={"matching": rules.matching.model_copy(update=matching)})


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
