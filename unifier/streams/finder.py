"""Where fragments are: in memory, else in Redis along the signposts."""

from collections.abc import Collection, Iterable, Set
from functools import partial

from unifier.matching.identity import Identity
from unifier.profiles.component import Component
from unifier.profiles.store import Store
from unifier.profiles.store.follow import Followed, follow
from unifier.profiles.store.layout import HEAD_BYTES
from unifier.streams.cache import Cache


class Known(Followed):
    """What one resolution has learnt."""

    def node(self, fid: bytes) -> bytes:
        """The component of a fragment; a fragment never seen stands for itself."""
        return self.roots.get(fid) or fid

    def keep(self, cids: Set[bytes]) -> None:
        """Forget other components, and what leads to them; but none that is on the move."""
        for cid in self.values.keys() - cids - self.halves.keys() - set(self.halves.values()):
            del self.values[cid]
        self.roots = {fid: cid for fid, cid in self.roots.items() if cid is None or cid in self.values}

    def identity(self, fid: bytes, opened: dict[bytes, Component]) -> Identity | None:
        """The identity of a stored fragment. Takes what it opens into `opened`, component → its content."""
        root = self.roots[fid]
        if root is None:
            return None
        component = opened.get(root)
        if component is None:
            component = opened[root] = Component.unpack(root, self.values[root][HEAD_BYTES:])
        return component.fragment(fid).identity if fid in component else None


class Finder:
    """Finds the components of fragments."""

    def __init__(self, store: Store, cache: Cache) -> None:
        self._store = store
        self._cache = cache

    async def learn_anew(self, fids: Collection[bytes]) -> Known:
        """Find the components of fragments in Redis, for sure: another worker may have changed them."""
        for fid in fids:
            self._cache.forget(self._cache.roots.get(fid) or fid)
            self._cache.forget(fid)
        known = Known()
        await self.learn(fids, known, sure=True)
        return known

    async def learn(self, fids: Iterable[bytes], known: Known, *, sure: bool = False) -> None:
        """Find the components of fragments: in memory, else in Redis along the signposts."""
        cache = self._cache
        waiting: dict[bytes, list[bytes]] = {}  # home to read → fragments that it leads to
        for fid in set(fids) - known.roots.keys():
            root = cache.roots.get(fid)
            value = None if root is None else cache.blobs.get(root)
            if root is not None and value is not None:
                known.roots[fid] = root
                known.values[root] = value
            else:
                waiting.setdefault(root or fid, []).append(fid)
        read = partial(self._store.homes, sure=sure)
        found = await follow(read, waiting)
        if found.astray:  # Redis has lost what it had acknowledged, and memory may lead to what is no more
            waiting = {fid: [fid] for fids in waiting.values() for fid in fids}
            for fid in waiting:
                cache.forget(fid)
            found = await follow(read, waiting)
        if found.astray:  # so do signposts that it kept
            await self._store.reserve(sorted(found.astray))
            found = await follow(read, waiting)
        for cid, value in found.values.items():
            if cid not in found.halves:
                cache.put(cid, value)
        for fid, root in found.roots.items():
            if root is not None and root not in found.halves:
                cache.roots[fid] = root
        known.learn(found)
