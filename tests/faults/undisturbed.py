"""The same records worked off by one pipeline that nothing happens to: who is who when nothing dies."""

import random
from typing import Any

from tests.faults.stored import Stored, stored
from tests.faults.topics import Record, by_partition
from unifier.events.decode import Decoder
from unifier.profiles.ids import Keys
from unifier.profiles.store import Store, connect
from unifier.rules import default_rules
from unifier.settings import Settings
from unifier.streams.agents import Chunk
from unifier.streams.intake import Intake
from unifier.streams.pipeline import Pipeline
from unifier.streams.unify import Unifier

RECORDS = 300  # of a chunk


class _NoTopic:
    """Dead letters are judged by those of the workers."""

    async def publish(self, _letters: Any) -> None:
        pass


async def undisturbed(records: dict[str, list[Record]], settings: Settings, seed: int, now: int) -> Stored:
    """What comes of the records at a time, ms UTC; `settings.redis` is an empty database, left empty."""
    rules = default_rules()
    redis = connect(settings.redis)
    intake = Intake(Decoder(rules, settings.timezone), Keys(settings.secret), rules, settings.country)
    ids = {settings.topic(kind): kind for kind in records}
    unifier = Unifier(intake, rules)
    store = Store(redis, settings.shards)
    pipeline = Pipeline(store, intake, unifier, _NoTopic(), ids, lambda: now)  # type: ignore[arg-type]
    waiting = [(kind, part) for kind, told in records.items() for part in by_partition(told)]
    rng = random.Random(seed)
    while waiting:
        kind: Any
        kind, part = waiting.pop(rng.randrange(len(waiting)))
        chunk = Chunk(part[0].topic, kind, part[0].partition, part[:RECORDS])
        await pipeline.process(await pipeline.read(chunk))
        if part[RECORDS:]:
            waiting.append((kind, part[RECORDS:]))
    found = await stored(settings, now)
    await redis.flushdb()
    await redis.aclose()
    return found
