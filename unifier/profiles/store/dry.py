"""A store for asking what would be: it reads what is there, and keeps to itself what is written."""

from collections.abc import Collection, Sequence

from redis.asyncio import Redis

from unifier.matching.identity import people
from unifier.profiles.store.commit import Commit, IndexEntry, IndexWrite, Mark, Result, read_entry
from unifier.profiles.store.layout import ERASED, HOLDER_BYTES, REFUSED, SHARED, TOMB, UNTIL_DIGITS
from unifier.profiles.store.seal import Seal
from unifier.profiles.store.store import Store


class DryStore(Store):
    """Redis as it is, and over it the components that were written here."""

    def __init__(self, redis: Redis, shards: int, seal: Seal | None = None) -> None:
        super().__init__(redis, shards, seal=seal)
        self.commits: list[Commit] = []  # in order, until they are taken
        self._written: dict[bytes, bytes] = {}  # home values
        self._shared: set[bytes] = set()  # places of entries that became shared, or died
        self._joined: set[bytes] = set()  # homes of components that others have become part of, and of these

    async def homes(self, fids: Sequence[bytes], *, sure: bool = False) -> list[bytes | None]:
        """Raw home values of fragments, in order."""
        stored = iter(await super().homes([fid for fid in fids if fid not in self._written], sure=sure))
        return [self._written[fid] if fid in self._written else next(stored) for fid in fids]

    async def lookup(self, places: Sequence[bytes], *, sure: bool = False) -> list[IndexEntry | None]:
        """Index entries by the hashes of their keys, in order."""
        found = await super().lookup(places, sure=sure)
        return [
            entry._replace(shared=True) if entry and place in self._shared else entry
            for place, entry in zip(places, found, strict=True)
        ]

    async def enter(self, writes: Sequence[IndexWrite]) -> list[IndexEntry | None]:
        """What the index would answer, as `enter` in index.lua does."""
        stored = await self._lookup([self.layout.entry(write.place) for write in writes]) if writes else []
        found = [_entered(entry, write) for entry, write in zip(stored, writes, strict=True)]
        entries = [None if entry is None else read_entry(entry) for entry in found]
        self._shared.update(
            write.place for write, entry in zip(writes, entries, strict=True) if entry and entry.shared
        )
        return entries

    async def mark(self, fids: Collection[bytes], until: int, marks: Sequence[Mark]) -> list[list[bytes]]:
        """Nobody is taken out of the index."""
        return [[] for _ in marks]

    async def commit(self, commits: Sequence[Commit]) -> list[Result]:
        """Every one of them is taken."""
        results = []
        for commit in commits:
            self._written[commit.cid] = commit.value
            for cid, _ in commit.absorbed:
                self._written[cid] = b"P" + commit.cid
                self._joined |= {cid, commit.cid}
            entries = await self.enter(commit.index)
            results.append(Result(True, {n: entry for n, entry in enumerate(entries) if entry is not None}))
        self.commits += commits
        return results

    def take(self) -> list[Commit]:
        """What was written since the last time. Who was joined is remembered: nobody is told of twice."""
        taken, self.commits = self.commits, []
        self._written = {fid: value for fid, value in self._written.items() if fid in self._joined}
        return taken


def _entered(entry: bytes | None, write: IndexWrite) -> bytes | None:
    """The entry with a holder in it, if others are in it, or it is shared."""
    if entry is None or entry[0] == SHARED:
        return entry
    first = 1 + UNTIL_DIGITS if entry[0] == ERASED else 1
    rows = [entry[start : start + HOLDER_BYTES] for start in range(first, len(entry), HOLDER_BYTES)]
    if all(row[:-1] != write.holder[:-1] for row in rows):
        if entry[0] == ERASED and write.at <= int(entry[1:first]):
            return bytes([REFUSED]) + entry[1:]
        rows.append(write.holder)
    if people({row[-1] for row in rows} - {0}) > write.most_people or len(rows) > write.most_holders:
        return bytes([SHARED]) + b"".join(row for row in rows if row[:-1] != TOMB)
    return entry[:first] + b"".join(rows) if len(rows) > 1 else None
