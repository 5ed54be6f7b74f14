"""Hostile messages on a real Redis: no harm to the good among them, nor to what goes out."""

from collections import Counter
from collections.abc import Sequence
from itertools import islice
from typing import Any

import orjson
import ormsgpack
import redis.asyncio
from jsonschema import Draft202012Validator

from tests.integration.in_process import Feed, feed
from tests.records import Record
from unifier.devstack.simulate.hostile import Message, good, hostile
from unifier.events.outbound import PROFILE
from unifier.events.schemas import json_schemas
from unifier.profiles.store.layout import LIVE, Layout
from unifier.profiles.store.outbox import Outbox
from unifier.streams.agents import Chunk
from unifier.streams.effects import COUNTS

ARRIVED = 1_795_449_600_000  # 2026-11-23T16:00:00Z, after all examples
MESSAGES, BATCH, GOOD_EVERY = 4_000, 500, 10
SHARDS = 16  # as `feed` has them


async def give(into: Feed, messages: Sequence[Message], offset: int) -> None:
    """One batch, in chunks by topic."""
    kinds: dict[Any, list[Record]] = {}
    for number, one in enumerate(messages):
        record = Record(offset + number, one.value, ARRIVED, headers=tuple(one.headers))
        kinds.setdefault(one.kind, []).append(record)
    for kind, records in kinds.items():
        chunk = Chunk(f"unifier.{kind}", kind, 0, records)
        await into.pipeline.process(await into.pipeline.read(chunk))


async def told(into: Feed) -> list[dict[str, Any]]:
    """Every message that waits in an outbox, and the snapshots of all profiles."""
    outbox = Outbox(into.pipeline.store.redis, Layout(SHARDS), range(SHARDS))
    await outbox.take_over()
    values = []
    for pending in await outbox.read(100_000, 100_000, 0):
        for entry in pending.entries:
            told = ormsgpack.unpackb(entry.effects) if entry.effects else []
            values += [value for topic, _, value in told if topic != COUNTS]
        for cid, home in pending.dirty:
            if home[:1] == LIVE:
                values += [message.value for message in into.pipeline.snapshots(cid, home)]
    return [orjson.loads(value) for value in values if value is not None]


async def test_all_that_comes_of_hostile_messages_fits_the_contracts(client: redis.asyncio.Redis) -> None:
    into = feed(client, clock=lambda: ARRIVED)
    coming = [one if n % GOOD_EVERY else good(n) for n, one in enumerate(islice(hostile(1), MESSAGES))]
    for start in range(0, MESSAGES, BATCH):
        await give(into, coming[start : start + BATCH], start)
    reasons = Counter(letter.error.reason for letter in into.letters)
    assert "internal_error" not in reasons
    assert sum(reasons.values()) > MESSAGES / 3, "many cannot be read"

    messages = await told(into)
    kinds = {message["type"] for message in messages}
    validators = {kind: Draft202012Validator(json_schemas()[kind]) for kind in kinds}
    for message in messages:
        validators[message["type"]].validate(message)
    people = [message["data"] for message in messages if message["type"] == PROFILE]
    orders = {
        account: person["metrics"]["revenue"]
        for person in people
        for account in person["identifiers"].get("account_id", ())
        if account.startswith("good-")
    }
    assert orders == {f"good-{number}": {"EUR": "10.00"} for number in range(0, MESSAGES, GOOD_EVERY)}
