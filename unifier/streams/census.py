"""The census: how many people are known, by a sample. The more they are, the less a likeness says.

One worker counts; all take up from Redis what the model is to be fit for (`Renewal`).
"""

import asyncio

from unifier import metrics
from unifier.profiles.component import Component
from unifier.profiles.store import People, Store
from unifier.profiles.store.layout import HEAD_BYTES, LIVE
from unifier.profiles.view import is_known
from unifier.rules import Rules
from unifier.streams.chore import Chore
from unifier.streams.pipeline import Pipeline

SAMPLE = 2_000
"""Keys that are looked at, of every master. Of 6,000 people some 60 are among them, as most keys are buckets
of the index: a standard error of 13 %, in 3 ms. The more there are, the smaller it is."""
PORTION = 50


class Census(Chore):
    """Counts every half minute."""

    name = "census"
    look_s = 30.0
    gauge = metrics.people_known

    def __init__(self, pipeline: Pipeline, people: People) -> None:
        super().__init__()
        self._pipeline = pipeline
        self._people = people

    async def look(self) -> bool:
        """Count once."""
        known = await people_known(self._pipeline.store, self._pipeline.unifier.rules)
        self.gauge.set(known)
        await self._people.tell(known)
        return True


async def people_known(store: Store, rules: Rules) -> int:
    """Profiles with a name or an identifier that persons have, about. Raises RedisError and SealError."""
    known = 0.0
    for each, cids in await store.sample(SAMPLE):
        for start in range(0, len(cids), PORTION):
            values = await store.homes(cids[start : start + PORTION])
            known += each * sum(_known_in(value, rules) for value in values if value and value[:1] == LIVE)
            await asyncio.sleep(0)
    return round(known)


def _known_in(value: bytes, rules: Rules) -> int:
    component = Component.unpack(b"", value[HEAD_BYTES:])
    return sum(is_known(component.fragments(record.members), rules) for record in component.records.values())
