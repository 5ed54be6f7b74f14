"""Batches of reads and writes of profile state: multi-key reads, one script for all writes of a batch."""

import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any, cast

from redis.asyncio import Redis

from unifier.profiles.component import FORM_AT, NO_FORM
from unifier.profiles.store.cluster import as_cluster
from unifier.profiles.store.commit import Commit, IndexEntry, IndexWrite, Mark, Result, read_entry
from unifier.profiles.store.layout import (
    CLEAR_BYTES,
    FID_BYTES,
    FROZEN,
    HEAD_BYTES,
    HOMES,
    LIVE,
    UNTIL_DIGITS,
    Layout,
)
from unifier.profiles.store.seal import MARK, Seal
from unifier.profiles.store.stepwise import Stepwise
from unifier.profiles.store.words import Words, index_words, own_words, script
from unifier.profiles.store.wrapping import unwrap, wrap
from unifier.profiles.store.writes import reading, reading_surely, writing

_FORM_FROM = HEAD_BYTES + FORM_AT + 1  # counted from 1


class Store:
    """Profile state in one Redis or in a cluster; a write is done when `replicas` of it have it too.

    Outside of it nothing is sealed. `clock` gives milliseconds.
    """

    def __init__(
        self,
        redis: Redis,
        shards: int,
        replicas: int = 0,
        seal: Seal | None = None,
        clock: Callable[[], int] = lambda: int(time.time() * 1000),
    ) -> None:
        self.redis = redis
        self.seal = seal or Seal()
        self.layout = Layout(shards)
        self.replicas = replicas
        self._enter = writing(redis, script("index", "enter"), replicas)
        self._mark = writing(redis, script("index", "mark"), replicas)
        self._lookup = reading(redis, script("lookup"))
        self._lookup_surely = reading_surely(redis, script("lookup"), replicas)
        self._homes_surely = reading_surely(redis, script("homes"), replicas)
        self._replace = writing(redis, script("replace"), replicas)
        self._cluster = as_cluster(redis)
        if self._cluster is None:
            self._commit = writing(redis, script("index", "words", "component", "commit"), replicas)
            self._behind = redis.register_script(script("behind"))
            self._sample = redis.register_script(script("sample"))
        else:
            self._stepwise = Stepwise(redis, self.layout, self.seal, replicas, self.enter, clock)

    async def homes(self, fids: Sequence[bytes], *, sure: bool = False) -> list[bytes | None]:
        """Home values of fragments, in order; of a frozen one "F", the target, and what it was.

        `sure`: something ends with what is read, and no write puts it to the proof. Raises SealError.
        """
        if not fids:
            return []
        keys = [self.layout.home(fid) for fid in fids]
        found: list[bytes | None]
        if sure and self.replicas:
            found = await self._homes_surely([(key,) for key in keys])
        else:
            found = await cast("Awaitable[list[bytes | None]]", self.redis.mget(keys))
        return [None if value is None else self._opened(value) for value in found]

    def _opened(self, value: bytes) -> bytes:
        if value[:1] != FROZEN:
            return unwrap(value, self.seal)
        return value[:HEAD_BYTES] + unwrap(value[value.index(LIVE, HEAD_BYTES) :], self.seal)

    async def lookup(self, places: Sequence[bytes], *, sure: bool = False) -> list[IndexEntry | None]:
        """Index entries by the hashes of their keys, in order; `sure` as of `homes`."""
        if not places:
            return []
        read = self._lookup_surely if sure else self._lookup
        found: list[bytes | None] = await read([self.layout.entry(place) for place in places])
        return [None if entry is None else read_entry(entry) for entry in found]

    async def enter(self, writes: Sequence[IndexWrite]) -> list[IndexEntry | None]:
        """Enter stored fragments; of each write the entry, if others are in it or it is shared.

        Who was erased meanwhile is refused.
        """
        if not writes:
            return []
        gone = self.layout.gone
        found: list[bytes | None] = await self._enter(
            [
                (*index_words(write, self.layout), gone(write.place) + write.holder[:FID_BYTES], write.newest)
                for write in writes
            ]
        )
        return [None if entry is None else read_entry(entry) for entry in found]

    async def mark(self, fids: Collection[bytes], until: int, marks: Sequence[Mark]) -> list[list[bytes]]:
        """Take fragments that are erased up to a time out of the index.

        Gives of each key the other holders that it ties to them: none where it is shared or ties nobody.
        """
        if not marks:
            return []
        entry, gone = self.layout.entry, self.layout.gone
        found: list[bytes | None] = await self._mark(
            [(*entry(m.place), int(m.exact), m.most_people, m.most_holders, gone(m.place)) for m in marks],
            [f"{until:0{UNTIL_DIGITS}}".encode(), len(fids), *fids],
        )
        return [[] if entry is None else read_entry(entry).holders for entry in found]

    async def behind(self, form: bytes, cursor: bytes, keys: int) -> tuple[bytes, list[bytes]]:
        """One step of a walk over about so many keys: (where to go on, components of another form).

        The walk begins and ends with the cursor b"0". It meets every component that is there all the while,
        some perhaps twice.
        """
        return await self._others(form, _FORM_FROM, len(NO_FORM), cursor, keys)

    async def sealed_otherwise(self, cursor: bytes, keys: int) -> tuple[bytes, list[bytes]]:
        """The same for components that are not sealed, or with another key than the one in force."""
        wanted = MARK + self.seal.name
        return await self._others(wanted, CLEAR_BYTES + 1, len(wanted), cursor, keys)

    async def _others(
        self, wanted: bytes, at: int, length: int, cursor: bytes, keys: int
    ) -> tuple[bytes, list[bytes]]:
        words: Words = [keys, wanted, HOMES, at, at + length - 1]
        if self._cluster is not None:
            return await self._cluster.step(script("behind"), cursor, words)
        found = await cast("Awaitable[tuple[bytes, list[bytes]]]", self._behind(args=[cursor, *words]))
        return found[0], found[1]

    async def sample(self, keys: int) -> list[tuple[float, list[bytes]]]:
        """Of every master some components, out of so many keys, and for how many each of them stands."""
        words: Words = [keys, HOMES]
        if self._cluster is not None:
            found = await self._cluster.of_each_master(script("sample"), words)
        else:
            found = [await cast("Awaitable[Any]", self._sample(args=words))]
        return [(size / max(1, looked_at), cids) for size, looked_at, cids in found]

    async def doubtful(self, most: int, below: int | None = None) -> list[tuple[int, bytes]]:
        """Components about which a steward is asked: (place, component), the greatest doubt first.

        At most so many, `below` a place or from the top.
        """
        top = "+inf" if below is None else f"({below}"
        async with self.redis.pipeline(transaction=False) as pipe:
            for shard in range(self.layout.shards):
                pipe.zrevrangebyscore(self.layout.reviews(shard), top, 0, 0, most, withscores=True)
            lists = await pipe.execute()
        return sorted(((int(place), cid) for part in lists for cid, place in part), reverse=True)[:most]

    async def seal_anew(self, cids: Sequence[bytes]) -> None:
        """Seal components with the key in force; whoever writes one meanwhile has done so. Raises SealError.

        Their versions stay: nothing else about them is another.
        """
        await self._replace(
            [
                (self.layout.home(cid), value[:HEAD_BYTES], wrap(value, self.seal))
                for cid, value in zip(cids, await self.homes(cids), strict=True)
                if value is not None and value[:1] == LIVE
            ]
        )

    async def oldest_effects(self) -> int | None:
        """When the oldest entry in all outboxes was written, in ms by Redis's clock; None: all are empty."""
        async with self.redis.pipeline(transaction=False) as pipe:
            for shard in range(self.layout.shards):
                pipe.xrange(self.layout.out(shard), count=1)
            first = [entries[0][0] for entries in await pipe.execute() if entries]
        return min((int(entry_id.split(b"-")[0]) for entry_id in first), default=None)

    async def commit(self, commits: Sequence[Commit]) -> list[Result]:
        """Write components; each is written whole, or not at all when another worker was there first."""
        if not commits:
            return []
        if self._cluster is not None:
            return await self._stepwise.commit(commits)
        replies: list[Any] = await self._commit([self._words(commit) for commit in commits])
        return [_result(reply) for reply in replies]

    async def reserve(self, cids: Sequence[bytes]) -> None:
        """Put an empty component where a signpost leads to nothing, as it may after a fail-over."""
        if self._cluster is not None:
            await self._stepwise.reserve(cids)

    def _words(self, commit: Commit) -> Words:
        layout = self.layout
        words = own_words(commit, commit.head, layout, self.seal)
        words.append(len(commit.absorbed))
        for cid, head in commit.absorbed:
            other = layout.shard(cid)
            words += (
                layout.home(cid),
                cid,
                head,
                other,
                layout.out(other),
                layout.dirty(other),
                layout.timers(other),
                layout.reviews(other),
            )
        words.append(len(commit.founded))
        words += [layout.home(fid) for fid in commit.founded]
        words.append(len(commit.index))
        for write in commit.index:
            words += index_words(write, layout)
        return words


def _result(reply: Any) -> Result:
    if reply == 0:
        return Result(written=False)
    return Result(True, {reply[i] - 1: read_entry(reply[i + 1]) for i in range(0, len(reply), 2)})
