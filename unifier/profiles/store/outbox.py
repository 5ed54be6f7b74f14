"""The outbox of a group of shards, behind the fence of the relay that owns them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from redis.asyncio import Redis

from unifier.profiles.store.layout import LIVE, Layout
from unifier.profiles.store.seal import Seal
from unifier.profiles.store.words import Words, script
from unifier.profiles.store.wrapping import unwrap
from unifier.profiles.store.writes import reading, writing

REVIEWS_MAX = 2_000
"""Components of one shard about which a steward is asked; those with the least doubt go."""


class FenceLostError(Exception):
    """Another relay has taken the shards over."""


class Barrier(NamedTuple):
    """What follows it waits until another shard's outbox is past an entry."""

    shard: int
    entry_id: bytes


class Entry(NamedTuple):
    """One outbox entry: the effects of a commit, a barrier, or a component that moved to another shard."""

    entry_id: bytes
    effects: bytes
    barrier: Barrier | None
    moved: bytes


@dataclass(slots=True)
class Pending:
    """What waits in one shard."""

    shard: int
    entries: list[Entry]
    dirty: list[tuple[bytes, bytes]]  # components whose snapshots are due, and their home values right now
    due: list[bytes]  # components with a timer that is due
    dropped: int  # components about which a steward is no longer asked: there were too many


@dataclass(slots=True)
class Done:
    """What was published of one shard."""

    shard: int
    entry_ids: list[bytes]
    snapshots: list[tuple[bytes, bytes]]  # component, head that was published


class Outbox:
    """Reads and clears the outboxes of shards; every call raises FenceLostError once another owns them.

    What is read is with `replicas` of the server too: what only the master has must not be published.
    """

    def __init__(
        self,
        redis: Redis,
        layout: Layout,
        shards: Sequence[int],
        replicas: int = 0,
        seal: Seal | None = None,
    ) -> None:
        self._redis = redis
        self._layout = layout
        self._shards = shards
        self._seal = seal or Seal()
        self._tokens: dict[int, int] = {}
        self._script = reading(redis, script("words", "relay"))
        self._sure = writing(redis, script("words", "relay"), replicas)

    @property
    def shards(self) -> Sequence[int]:
        """Those of the group."""
        return self._shards

    async def take_over(self) -> None:
        """Fence the former owner off: from now on its reads and removals fail."""
        tokens = await self._sure([[self._layout.token(shard)] for shard in self._shards], ["own"])
        self._tokens = dict(zip(self._shards, tokens, strict=True))

    async def read(
        self, most_entries: int, most_dirty: int, now_ms: int, most_due: int = 500
    ) -> list[Pending]:
        """The oldest entries of each shard; dirty marks and due timers if asked for (`now_ms` 0: none).

        With the timers, what a steward is asked beyond the cap goes.

        All of a shard is of one moment: if the entries are all there are, the dirty components are as the
        newest of them left them. Raises SealError.
        """
        layout = self._layout
        keys = (layout.out, layout.dirty, layout.timers, layout.homes, layout.reviews)
        items = [
            (*self._fence(shard), *(key(shard) for key in keys), REVIEWS_MAX, layout.todo(shard))
            for shard in self._shards
        ]
        replies = _held(await self._sure(items, ["read", most_entries, most_dirty, now_ms, most_due]))
        return [
            Pending(shard, [self._entry(*entry) for entry in entries], self._homes(dirty), due, dropped)
            for shard, (entries, dirty, due, dropped) in zip(self._shards, replies, strict=True)
        ]

    async def clear(self, done: Sequence[Done]) -> None:
        """Remove what the broker has confirmed."""
        layout = self._layout
        items = []
        for part in done:
            words: Words = [*self._fence(part.shard), layout.out(part.shard), layout.dirty(part.shard)]
            words += (len(part.entry_ids), *part.entry_ids, len(part.snapshots))
            for cid, head in part.snapshots:
                words += (cid, layout.home(cid), head)
            items.append(words)
        if items:
            _held(await self._script(items, ["clear"]))

    async def passed(self, barriers: Sequence[Barrier]) -> list[bool]:
        """Which barriers no longer hold anything up."""
        if not barriers:
            return []
        items = [(self._layout.out(barrier.shard), barrier.entry_id) for barrier in barriers]
        return [reply == 1 for reply in await self._sure(items, ["passed"])]

    async def depth(self) -> tuple[int, int]:
        """(entries waiting, components about which a steward is asked) in all the shards."""
        async with self._redis.pipeline(transaction=False) as pipe:
            for shard in self._shards:
                pipe.xlen(self._layout.out(shard))
                pipe.zcard(self._layout.reviews(shard))
            counts = await pipe.execute()
        return sum(counts[::2]), sum(counts[1::2])

    def _fence(self, shard: int) -> tuple[bytes, int]:
        return self._layout.token(shard), self._tokens[shard]

    def _homes(self, flat: list[bytes]) -> list[tuple[bytes, bytes]]:
        """Of those that are no longer live only what they are."""
        return [
            (cid, unwrap(value, self._seal) if value[:1] == LIVE else value[:1])
            for cid, value in zip(flat[::2], flat[1::2], strict=True)
        ]

    def _entry(self, entry_id: bytes, fields: list[bytes]) -> Entry:
        name, value = fields
        if name == b"e":
            return Entry(entry_id, self._seal.open(value), None, b"")
        if name == b"b":
            shard, other_id = value.split(b" ")
            return Entry(entry_id, b"", Barrier(int(shard), other_id), b"")
        return Entry(entry_id, b"", None, value)


def _held(replies: list[Any]) -> list[Any]:
    if any(reply == 0 for reply in replies):
        raise FenceLostError
    return replies
