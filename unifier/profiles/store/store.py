"""Batches of reads and writes of profile state: multi-key reads, one script for all writes of a batch."""

from collections.abc import Awaitable, Collection, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any, NamedTuple, cast

from redis.asyncio import Redis

from unifier.profiles.component import FORM_AT, NO_FORM
from unifier.profiles.store.layout import (
    CLEAR_BYTES,
    ERASED,
    HEAD_BYTES,
    HOLDER_BYTES,
    HOMES,
    LIVE,
    REFUSED,
    SHARED,
    TOMB,
    UNTIL_DIGITS,
    Layout,
)
from unifier.profiles.store.seal import MARK, Seal
from unifier.profiles.store.writes import writing

_PLACE_BYTES = 5  # a score is exact up to 53 bits
_FORM_FROM = HEAD_BYTES + FORM_AT + 1  # counted from 1


class IndexEntry(NamedTuple):
    """Who carries an identifier or blocking key."""

    shared: bool
    holders: list[bytes]  # fragment ids
    until: int = 0  # somebody who carried it was erased up to then, milliseconds; 0: nobody
    refused: bool = False  # for that reason it did not take the holder


@dataclass(slots=True)
class IndexWrite:
    """A fragment's entry under one key; beyond the limits the entry becomes shared."""

    place: bytes
    holder: bytes  # fragment id and person mark, 13 bytes
    most_people: int
    most_holders: int
    at: int  # time of the event that told it, milliseconds


class Mark(NamedTuple):
    """A key of fragments that are being erased."""

    place: bytes
    exact: bool
    most_people: int
    most_holders: int


@dataclass(slots=True)
class Commit:
    """The write of one component."""

    cid: bytes
    head: bytes  # what must be there now: "L" and version; empty: nothing
    value: bytes  # new head and blob
    effects: bytes  # outbox entry; empty: none
    due: int | None
    absorbed: list[tuple[bytes, bytes]]  # (founder, head) of components that end in this one
    founded: list[bytes]  # new fragments, the founder aside
    index: list[IndexWrite] = field(default_factory=list)
    doubt: int | None = None  # how much a steward is needed, below 4,096; 0: not; None: as before
    unseen: bool = False  # no reader sees a difference: no snapshot is due because of it


@dataclass(slots=True)
class Result:
    """What became of a commit."""

    written: bool
    entries: dict[int, IndexEntry] = field(default_factory=dict)  # number of the index write → others there


class Store:
    """Profile state in one Redis; a write is done when `replicas` of it have it too.

    Outside of it nothing is sealed.
    """

    def __init__(self, redis: Redis, shards: int, replicas: int = 0, seal: Seal | None = None) -> None:
        self.redis = redis
        self.seal = seal or Seal()
        self.layout = Layout(shards)
        self.replicas = replicas
        self._commit = writing(redis, _script("index") + _script("commit"), replicas)
        self._enter = writing(redis, _script("index") + _script("enter"), replicas)
        self._mark = writing(redis, _script("index") + _script("mark"), replicas)
        self._lookup = redis.register_script(_script("lookup"))
        self._behind = redis.register_script(_script("behind"))
        self._replace = writing(redis, _script("replace"), replicas)

    async def homes(self, fids: Sequence[bytes]) -> list[bytes | None]:
        """Home values of fragments, in order. Raises SealError."""
        if not fids:
            return []
        home = self.layout.home
        found = await cast("Awaitable[list[bytes | None]]", self.redis.mget([home(fid) for fid in fids]))
        return [None if value is None else self.seal.open(value, CLEAR_BYTES) for value in found]

    async def lookup(self, places: Sequence[bytes]) -> list[IndexEntry | None]:
        """Index entries by the hashes of their keys, in order."""
        if not places:
            return []
        arguments = [part for place in places for part in self.layout.entry(place)]
        found = await cast("Awaitable[list[bytes | None]]", self._lookup(args=arguments))
        return [None if entry is None else read_entry(entry) for entry in found]

    async def enter(self, writes: Sequence[IndexWrite]) -> list[IndexEntry | None]:
        """Enter stored fragments; of each write the entry, if others are in it or it is shared."""
        if not writes:
            return []
        arguments: list[bytes | int | str] = []
        for write in writes:
            arguments += (
                *self.layout.entry(write.place),
                write.holder,
                write.at,
                write.most_people,
                write.most_holders,
            )
        found: list[bytes | None] = await self._enter(arguments)
        return [None if entry is None else read_entry(entry) for entry in found]

    async def mark(self, fids: Collection[bytes], until: int, marks: Sequence[Mark]) -> list[list[bytes]]:
        """Take fragments that are erased up to a time out of the index.

        Gives of each key the other holders that it ties to them: none where it is shared or ties nobody.
        """
        if not marks:
            return []
        arguments: list[bytes | int | str] = [f"{until:0{UNTIL_DIGITS}}".encode(), len(fids), *fids]
        for mark in marks:
            arguments += (
                *self.layout.entry(mark.place),
                int(mark.exact),
                mark.most_people,
                mark.most_holders,
            )
        found: list[bytes | None] = await self._mark(arguments)
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
        arguments: list[bytes | int] = [cursor, keys, wanted, HOMES, at, at + length - 1]
        found = await cast("Awaitable[tuple[bytes, list[bytes]]]", self._behind(args=arguments))
        return found[0], found[1]

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
        arguments: list[bytes | int | str] = []
        for cid, value in zip(cids, await self.homes(cids), strict=True):
            if value is not None and value[:1] == LIVE:
                arguments += (self.layout.home(cid), value[:HEAD_BYTES], self.seal.close(value, CLEAR_BYTES))
        await self._replace(arguments)

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
        arguments: list[bytes | int | str] = [len(commits)]
        for commit in commits:
            self._arguments(commit, arguments)
        replies: list[Any] = await self._commit(arguments)
        return [_result(reply) for reply in replies]

    def _arguments(self, commit: Commit, into: list[bytes | int | str]) -> None:
        layout = self.layout
        shard = layout.shard(commit.cid)
        due = "" if commit.due is None else commit.due
        effects = commit.effects and self.seal.close(commit.effects)
        into += (layout.home(commit.cid), commit.cid, commit.head, self.seal.close(commit.value, CLEAR_BYTES))
        dirty = b"" if commit.unseen else layout.dirty(shard)
        into += (layout.out(shard), dirty, layout.timers(shard), effects, due)
        into += (layout.reviews(shard), _place(commit))
        into.append(len(commit.absorbed))
        for cid, head in commit.absorbed:
            other = layout.shard(cid)
            into += (
                layout.home(cid),
                cid,
                head,
                other,
                layout.out(other),
                layout.dirty(other),
                layout.timers(other),
                layout.reviews(other),
            )
        into.append(len(commit.founded))
        into += [layout.home(fid) for fid in commit.founded]
        into.append(len(commit.index))
        for write in commit.index:
            into += (
                *layout.entry(write.place),
                write.holder,
                write.at,
                write.most_people,
                write.most_holders,
            )


def read_entry(entry: bytes) -> IndexEntry:
    """Decode a stored index entry."""
    flag = entry[0]
    if flag < ERASED:
        return IndexEntry(flag == SHARED, [entry[i : i + 12] for i in range(1, len(entry), HOLDER_BYTES)])
    first = 1 + UNTIL_DIGITS
    holders = [entry[i : i + 12] for i in range(first, len(entry), HOLDER_BYTES)]
    return IndexEntry(
        False, [fid for fid in holders if fid != TOMB], int(entry[1:first]), refused=flag == REFUSED
    )


def _place(commit: Commit) -> int | str:
    """Among the components about which a steward is asked: by doubt, and no two in one place."""
    if not commit.doubt:
        return "" if commit.doubt is None else 0
    return commit.doubt << 8 * _PLACE_BYTES | int.from_bytes(commit.cid[:_PLACE_BYTES], "big")


def _result(reply: Any) -> Result:
    if reply == 0:
        return Result(written=False)
    return Result(True, {reply[i] - 1: read_entry(reply[i + 1]) for i in range(0, len(reply), 2)})


def _script(name: str) -> str:
    return files("unifier.profiles.store").joinpath(f"{name}.lua").read_text(encoding="utf-8")
