"""The ends of processes, at moments that a test chooses."""

import asyncio
from collections.abc import Sequence

import pytest
import redis.asyncio

from tests.integration.in_process import feed
from unifier.devstack.simulate import Message
from unifier.profiles.store import Commit, Result


class Death(BaseException):
    """The end of a process, which no handler of errors sees."""


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
