"""Whoever waits for an answer while a batch is worked off: the relay, above all."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

from unifier.profiles.store import Store, connect
from unifier.rules import default_rules
from unifier.streams.jobs import Job
from unifier.streams.pipeline import SLICE_DRAFTS, Pipeline


async def test_others_get_their_turn_while_a_batch_is_drafted() -> None:
    nothing, drafted, seen = cast(Any, None), list[Job](), list[int]()

    def draft(job: Job, now: int) -> None:
        drafted.append(job)

    unifier = cast(Any, SimpleNamespace(rules=default_rules(), draft=draft))
    store = Store(connect("redis://nobody"), 1)
    pipeline = Pipeline(store, nothing, unifier, nothing, {})

    async def other() -> None:
        while len(drafted) < 4 * SLICE_DRAFTS:
            seen.append(len(drafted))
            await asyncio.sleep(0)

    waiting = asyncio.create_task(other())
    await pipeline._drafts([Job() for _ in range(4 * SLICE_DRAFTS)], 0)
    await waiting
    assert seen == [SLICE_DRAFTS, 2 * SLICE_DRAFTS, 3 * SLICE_DRAFTS]
