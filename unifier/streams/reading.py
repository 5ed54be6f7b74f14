"""Up to when all that was published is worked off: nobody is forgotten for a silence that lasts beyond that.

What somebody did last may wait in any partition, of a worker that is away or behind. So whoever fires timers
asks the broker now and then how far the topics reach, and how far the whole group has committed them.
"""

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import UnknownTopicOrPartitionError

from unifier import metrics
from unifier.profiles.store import Forms
from unifier.settings import Settings
from unifier.streams.chore import Chore
from unifier.streams.kafka_config import aiokafka_config
from unifier.streams.pipeline import Pipeline
from unifier.streams.topics import INBOUND

AGAIN_MS = 3_600_000
"""After which a look is given up: a topic may have been made anew, and reach less far."""


class Reading(Chore):
    """Looks while there is a rule on retention; in every worker that has shards, as it fires their timers."""

    name = "reading"
    look_s = 30.0
    away_s = retry_s = 5.0
    gauge = metrics.read_until_seconds

    def __init__(self, settings: Settings, pipeline: Pipeline, forms: Forms) -> None:
        super().__init__()
        self._settings = settings
        self._pipeline = pipeline
        self._forms = forms
        self._at = 0  # when it was looked how far the topics reach, milliseconds UTC
        self._ends: Mapping[TopicPartition, int] = {}  # how far; none: all that is read

    async def own(self, groups: set[int]) -> None:
        """Told which partitions of the control topic this worker has."""
        await super().own({0} if groups else set())

    async def look(self) -> bool:
        """See whether all that there was at an earlier look is read; if so, from now on what there is now."""
        if self._pipeline.unifier.rules.retention.keeps_all:
            return True
        # By the clock of Redis, too: one that is ahead would forget people before the time.
        standing = await self._forms.say(self._pipeline.unifier.form)
        now = min(int(time.time() * 1000), standing.now)
        async with _consumer(self._settings) as consumer:
            if not self._ends or now - self._at > AGAIN_MS:
                self._at, self._ends = now, await _ends(consumer, self._settings)
            first = await consumer.beginning_offsets(list(self._ends))
            for place, end in self._ends.items():
                if max(first[place], await consumer.committed(place) or 0) < end:
                    return False
        self._pipeline.read_until, self._ends = self._at, {}
        self.gauge.set(self._at / 1000)
        return True


@asynccontextmanager
async def _consumer(settings: Settings) -> AsyncIterator[AIOKafkaConsumer]:
    """One that belongs to the group, and reads nothing."""
    consumer = AIOKafkaConsumer(
        **aiokafka_config(settings), group_id=settings.group, enable_auto_commit=False
    )
    await consumer.start()
    try:
        await consumer._client.set_topics(_topics(settings))  # it subscribes to none, and would know none
        yield consumer
    finally:
        await consumer.stop()


async def _ends(consumer: AIOKafkaConsumer, settings: Settings) -> Mapping[TopicPartition, int]:
    partitions = {topic: consumer.partitions_for_topic(topic) for topic in _topics(settings)}
    if missing := [topic for topic, numbers in partitions.items() if not numbers]:
        raise UnknownTopicOrPartitionError(*missing)
    places = [TopicPartition(topic, number) for topic, numbers in partitions.items() for number in numbers]
    ends: Mapping[TopicPartition, int] = await consumer.end_offsets(places)
    return ends


def _topics(settings: Settings) -> list[str]:
    return [settings.topic(name) for name in INBOUND]
