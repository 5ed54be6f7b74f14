"""Chunks that were read while others were at work go together, in order, and are acknowledged each."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace

from unifier.streams.agents import TOGETHER_RECORDS, Desk


@dataclass
class Pipeline:
    """Holds the first call up until it is let go."""

    calls: list[tuple[str, ...]] = field(default_factory=list)
    at_work: asyncio.Event = field(default_factory=asyncio.Event)
    let_go: asyncio.Event = field(default_factory=asyncio.Event)

    async def read(self, chunk: object) -> str:
        raise NotImplementedError

    async def process(self, *batches: str) -> None:
        self.calls.append(batches)
        self.at_work.set()
        await self.let_go.wait()


class Consumer:
    """Takes away what is called "gone"."""

    @asynccontextmanager
    async def turn(self, messages: Sequence[str]) -> AsyncIterator[list[str]]:
        yield [message for message in messages if message != "gone"]


def event(name: str, acknowledged: list[str], records: int = 1) -> SimpleNamespace:
    value = SimpleNamespace(records=range(records))
    return SimpleNamespace(message=name, value=value, ack=lambda: acknowledged.append(name))


async def worked_off(*chunks: tuple[str, int]) -> tuple[list[tuple[str, ...]], list[str]]:
    """The first chunk is at work while the others come; (calls of the pipeline, acknowledged chunks)."""
    acknowledged: list[str] = []
    pipeline = Pipeline()
    desk = Desk(SimpleNamespace(consumer=Consumer()), pipeline)
    async with asyncio.TaskGroup() as tasks:
        desk.put(event("first", acknowledged), "first", tasks)
        await pipeline.at_work.wait()
        for name, records in chunks:
            desk.put(event(name, acknowledged, records), name, tasks)
        assert acknowledged == []
        pipeline.let_go.set()
    return pipeline.calls, acknowledged


async def test_what_came_meanwhile_goes_together_and_in_order() -> None:
    calls, acknowledged = await worked_off(("a", 10), ("b", 1), ("c", 5))
    assert calls == [("first",), ("a", "b", "c")]
    assert acknowledged == ["first", "a", "b", "c"]


async def test_no_more_go_together_than_may() -> None:
    half = TOGETHER_RECORDS // 2
    calls, acknowledged = await worked_off(("a", half), ("b", half), ("c", 1), ("d", TOGETHER_RECORDS + 1))
    assert calls == [("first",), ("a", "b"), ("c",), ("d",)]
    assert acknowledged == ["first", "a", "b", "c", "d"]


async def test_a_chunk_whose_partition_is_gone_is_left_alone() -> None:
    calls, acknowledged = await worked_off(("a", 1), ("gone", 1), ("b", 1))
    assert calls == [("first",), ("a", "b")]
    assert acknowledged == ["first", "a", "b"]
    assert await worked_off(("gone", 1)) == ([("first",)], ["first"])
