"""Guards of the write path taken out, in the processes of the workers alone: the faults find each hole."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from unifier.profiles.fragment import Fragment
from unifier.profiles.store.outbox import Done, Outbox
from unifier.streams.publisher import Message, Publisher
from unifier.streams.relay import BEHIND_S, Relay
from unifier.streams.transport import ChunkConsumer


def committed_first() -> None:
    """Offsets are committed before the work is done, not after it."""
    turn = ChunkConsumer.turn

    @asynccontextmanager
    async def too_early(self: ChunkConsumer, messages: Any) -> AsyncIterator[Any]:
        async with turn(self, messages) as ours:
            for message in messages:
                self.ack(message)
            await self.commit()
            yield ours

    _replace(ChunkConsumer, "turn", too_early)


def counted_again() -> None:
    """Nobody remembers what was counted."""
    _replace(Fragment, "_repeated", lambda _self, _arrival: False)


def removed_first() -> None:
    """The relay removes effects from the outbox before the broker has them."""
    read = Outbox.read

    async def and_remove(self: Outbox, *limits: int) -> Any:
        pending = await read(self, *limits)
        await self.clear(
            [Done(part.shard, [entry.entry_id for entry in part.entries], []) for part in pending]
        )
        return pending

    _replace(Outbox, "read", and_remove)


def no_fence() -> None:
    """A relay that was replaced publishes all the same: neither Redis nor the broker keeps it out.

    It has the effects and snapshots of a second in hand, and publishes them before it hears of its
    replacement: both is chance otherwise.
    """
    start, publish = Publisher.__init__, Publisher.publish

    async def to_the_end(self: Publisher, messages: list[Message]) -> None:
        under_way = asyncio.ensure_future(publish(self, messages))
        try:
            await asyncio.shield(under_way)
        except asyncio.CancelledError:
            await under_way
            raise

    async def take_over(self: Outbox) -> None:
        for shard in self._shards:
            self._tokens[shard] = 1
            await self._redis.set(self._layout.token(shard), 1)

    _replace(Outbox, "take_over", take_over)
    _replace(Publisher, "publish", to_the_end)
    _replace(Relay, "pause_s", lambda _self, _round_s: BEHIND_S)
    _replace(Relay, "snapshot_share", property(lambda _self: 1.0))
    _replace(Publisher, "__init__", lambda self, settings, name=None: start(self, settings, _own(name)))


def _own(name: str | None) -> str | None:
    """A transactional id that no other process has."""
    return f"{name}.{os.getpid()}" if name else None


def _replace(owner: type, method: str, other: Any) -> None:
    setattr(owner, method, other)


HOLES: dict[str, Callable[[], None]] = {
    hole.__name__: hole for hole in (committed_first, counted_again, removed_first, no_fence)
}
