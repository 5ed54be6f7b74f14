"""The pipeline in this process, on a real Redis, fed as a broker would feed it."""

from collections.abc import Callable, Sequence
from typing import Any

import redis.asyncio

from tests.integration.spine import profiles_at
from tests.records import Record
from unifier.devstack.simulate import Message
from unifier.events.decode import Decoder
from unifier.profiles.ids import Keys
from unifier.profiles.store import Store
from unifier.rules import Rules, default_rules
from unifier.streams.agents import Chunk
from unifier.streams.dead_letters import DeadLetter
from unifier.streams.intake import Intake
from unifier.streams.pipeline import Pipeline
from unifier.streams.unify import Unifier

END_MS = 1_790_000_000_000
RULES = default_rules()


class Drawer:
    """Keeps dead letters where the test can see them."""

    def __init__(self) -> None:
        self.letters: list[DeadLetter] = []

    async def publish(self, letters: Sequence[DeadLetter]) -> None:
        self.letters += letters


class Topics(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return name


class Feed:
    """Hands messages to a pipeline, numbered as a broker would: those of one partition of each topic."""

    def __init__(self, pipeline: Pipeline, drawer: Drawer, partition: int = 0) -> None:
        self.pipeline = pipeline
        self.letters = drawer.letters
        self.timestamp = END_MS  # of the records
        self._partition = partition
        self.offsets: dict[str, int] = {}

    def skip(self, kind: str, count: int) -> None:
        """Go on after so many messages of a topic."""
        self.offsets[kind] = count - 1

    async def give(self, messages: Sequence[Message]) -> None:
        """One batch; the topics in it become chunks of their own, worked off one by one."""
        for chunk in self._chunks(messages):
            await self.pipeline.process(await self.pipeline.read(chunk))

    async def give_together(self, messages: Sequence[Message]) -> None:
        """The same, worked off together, as a worker does with what waits."""
        await self.pipeline.process(*[await self.pipeline.read(chunk) for chunk in self._chunks(messages)])

    def _chunks(self, messages: Sequence[Message]) -> list[Chunk]:
        kinds: dict[Any, list[Record]] = {}
        for message in messages:
            offset = self.offsets[message.topic_kind] = self.offsets.get(message.topic_kind, -1) + 1
            kinds.setdefault(message.topic_kind, []).append(Record(offset, message.value, self.timestamp))
        return [Chunk(f"unifier.{kind}", kind, self._partition, records) for kind, records in kinds.items()]


def feed(
    client: redis.asyncio.Redis,
    unifier: Callable[[Intake, Rules], Unifier] = Unifier,
    partition: int = 0,
    clock: Callable[[], int] = lambda: END_MS,
) -> Feed:
    store, drawer = Store(client, 16), Drawer()
    intake = Intake(Decoder(RULES, "Europe/Berlin"), Keys("s"), RULES, "DE")
    topics = Topics()
    pipeline = Pipeline(store, intake, unifier(intake, RULES), drawer, topics, clock)  # type: ignore[arg-type]
    return Feed(pipeline, drawer, partition)


async def fire(into: Feed, now: int) -> None:
    """The timers that are due."""
    store = into.pipeline.store
    for shard in range(store.layout.shards):
        while True:
            due: Any = await store.redis.zrangebyscore(store.layout.timers(shard), "-inf", now)
            if not due:
                break
            await into.pipeline.timers(due)


def people(url: str) -> list[dict[str, Any]]:
    """The profiles without their ids and versions, which tell of the order of arrival."""
    found = profiles_at(url).values()
    return sorted(
        ({k: v for k, v in p.items() if k not in ("profile_id", "version")} for p in found), key=repr
    )
