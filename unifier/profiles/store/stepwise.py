"""The write of a batch on a cluster, where the keys of one component are in many slots.

    reserve  a new component that takes others in gets a home first, empty
    claim    new fragments get their signposts; who has one already has lost the race
    freeze   components that end in this one are not written by anybody any more
    take     the component is written, their content in it; what they have yet to publish comes before
    clear    they become signposts
    enter    the index learns of the fragments, and answers with the others

Each step goes out for the whole batch at once. A death between any two leaves what a reader finds complete
(`follow.py`), and what whoever meets it brings to its end, or the owner of the shard.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from redis.asyncio import Redis

from unifier.profiles.component import FORM_AT, NO_FORM, Component
from unifier.profiles.store.commit import Commit, IndexEntry, IndexWrite, Result
from unifier.profiles.store.layout import CLEAR_BYTES, HEAD_BYTES, LIVE, SIGNPOST, VERSION_BYTES, Layout
from unifier.profiles.store.seal import Seal
from unifier.profiles.store.words import Words, own_words, script
from unifier.profiles.store.wrapping import wrap
from unifier.profiles.store.writes import Run, writing

_COUNTER_BYTES = 4
Enter = Callable[[Sequence[IndexWrite]], Awaitable[list[IndexEntry | None]]]


@dataclass(slots=True)
class _Write:
    """A commit under way."""

    commit: Commit
    head: bytes  # that must be there when it is written
    lost: bool = False
    barriers: list[bytes] = field(default_factory=list)


class Stepwise:
    """Writes commits step by step; `replicas` have a step before the next one is made."""

    def __init__(
        self,
        redis: Redis,
        layout: Layout,
        seal: Seal,
        replicas: int,
        enter: Enter,
        clock: Callable[[], int],
    ) -> None:
        self._layout = layout
        self._seal = seal
        self._replicas = replicas
        self._enter = enter
        self._clock = clock
        self._claim = writing(redis, script("claim"), replicas)
        self._freeze = writing(redis, script("freeze"), replicas)
        self._take = writing(redis, script("words", "component", "take"), replicas)
        self._clear = writing(redis, script("clear"), 0)

    async def commit(self, commits: Sequence[Commit]) -> list[Result]:
        """Write components, each whole or not at all; gives what became of each."""
        writes = [_Write(commit, commit.head) for commit in commits]
        await _step(self._claim, writes, self._ground)
        await _step(self._claim, writes, self._claims)
        for write, (_, cid, *_), marker in await _step(self._freeze, writes, self._freezes):
            if not write.lost:
                write.barriers += self._barrier(write, cid, marker)
        await _step(self._take, writes, self._takes)
        written = [write.commit for write in writes if not write.lost]
        await self._clear_all(written)
        entries = iter(await self._enter([one for commit in written for one in commit.index]))
        return [
            Result(False)
            if write.lost
            else Result(True, {n: e for n in range(len(write.commit.index)) if (e := next(entries))})
            for write in writes
        ]

    async def reserve(self, cids: Sequence[bytes]) -> None:
        """Put empty components where nothing is."""
        await self._claim([self._empty(cid, LIVE + bytes(VERSION_BYTES), NO_FORM) for cid in cids])

    def _ground(self, write: _Write) -> Iterable[Words]:
        """What fragments are sent to, and components are moved to, has to be there, and stay there."""
        commit = write.commit
        if not (commit.founded or commit.absorbed):
            return
        if commit.head:
            if self._replicas:
                yield [self._layout.home(commit.cid), commit.head, b""]
        else:
            # Another version than that which is written then; nobody else draws its nonce.
            write.head = LIVE + bytes(_COUNTER_BYTES) + commit.value[1 + _COUNTER_BYTES : HEAD_BYTES]
            yield self._empty(commit.cid, write.head, commit.value[HEAD_BYTES + FORM_AT : CLEAR_BYTES])

    def _empty(self, cid: bytes, head: bytes, form: bytes) -> Words:
        value = head + Component(cid, form=form).pack(())
        return [self._layout.home(cid), head, wrap(value, self._seal)]

    def _claims(self, write: _Write) -> Iterable[Words]:
        signpost = SIGNPOST + write.commit.cid
        return ([self._layout.home(fid), signpost, signpost] for fid in write.commit.founded)

    def _freezes(self, write: _Write) -> Iterable[Words]:
        layout, now = self._layout, self._clock()
        for cid, head in write.commit.absorbed:
            shard = layout.shard(cid)
            keys = (layout.out(shard), layout.timers(shard), layout.reviews(shard), layout.todo(shard))
            yield [layout.home(cid), cid, head, write.commit.cid, *keys, now]

    def _barrier(self, write: _Write, cid: Any, marker: bytes) -> Iterable[bytes]:
        """Of an outbox that is not the component's own."""
        shard = self._layout.shard(cid)
        if shard != self._layout.shard(write.commit.cid):
            yield b"%d %s" % (shard, marker)

    def _takes(self, write: _Write) -> Iterable[Words]:
        own = own_words(write.commit, write.head, self._layout, self._seal)
        yield [*own, len(write.barriers), *write.barriers]

    async def _clear_all(self, written: Iterable[Commit]) -> None:
        layout = self._layout
        moved = [cid for commit in written for cid, _ in commit.absorbed]
        if moved:
            await self._clear([[layout.home(cid), cid, layout.todo(layout.shard(cid))] for cid in moved])


async def _step(
    run: Run, writes: Sequence[_Write], asks: Callable[[_Write], Iterable[Words]]
) -> list[tuple[_Write, Words, Any]]:
    """One step of all writes that have not lost a race: of each what was asked, and the reply."""
    asked = [(write, words) for write in writes if not write.lost for words in asks(write)]
    replies = await run([words for _, words in asked]) if asked else []
    for (write, _), reply in zip(asked, replies, strict=True):
        write.lost |= not reply
    return [(write, words, reply) for (write, words), reply in zip(asked, replies, strict=True)]
