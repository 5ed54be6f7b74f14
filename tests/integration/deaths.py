"""The ends of processes, at moments that a test chooses."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
import redis.asyncio

from tests.integration.in_process import feed
from unifier.devstack.simulate import Message
from unifier.profiles.component import Component
from unifier.profiles.store import Commit, Result, Store
from unifier.profiles.store.layout import HEAD_BYTES

STEPS = ("intent", "mark", "drop")
"""Of an erasure, and of a retirement."""


class Death(BaseException):
    """The end of a process, which no handler of errors sees."""


@contextmanager
def dying_at(store: Store, step: str, after: bool, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What is done in it is done by a worker that dies at the step: before it writes, or just after."""
    commit, mark, begun = store.commit, store.mark, False

    async def last(write: Any, *arguments: Any) -> None:
        if after:
            await write(*arguments)
        raise Death

    async def commit_or_die(writes: Sequence[Commit]) -> list[Result]:
        nonlocal begun
        left = [Component.unpack(write.cid, write.value[HEAD_BYTES:]).privacy for write in writes]
        begins = any(privacy is not None and privacy.intents for privacy in left)
        if step == "intent" if begins else step == "drop" and begun:
            await last(commit, writes)
        begun |= begins
        return await commit(writes)

    async def mark_or_die(*arguments: Any) -> Any:
        if step == "mark":
            await last(mark, *arguments)
        return await mark(*arguments)

    monkeypatch.setattr(store, "commit", commit_or_die)
    monkeypatch.setattr(store, "mark", mark_or_die)
    with pytest.raises(Death):
        yield
    monkeypatch.undo()


async def die_after_commit(
    client: redis.asyncio.Redis, messages: Sequence[Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each message by a worker of its own; all look before any writes, and die when they have written."""
    ready = asyncio.Barrier(len(messages))

    async def work(message: Message, partition: int) -> None:
        into = feed(client, partition=partition)
        commit = into.pipeline.store.commit

        async def together(commits: Sequence[Commit]) -> list[Result]:
            await ready.wait()
            await commit(commits)
            raise Death

        monkeypatch.setattr(into.pipeline.store, "commit", together)
        with pytest.raises(Death):
            await into.give([message])

    await asyncio.gather(*(work(message, number) for number, message in enumerate(messages)))
