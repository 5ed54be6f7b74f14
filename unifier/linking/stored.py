"""The fragments that Redis holds, as a sample to learn from; read through once, in memory that does not grow.

Those are kept whose hash is smallest: the same in whatever order they come, and how small the largest of
them is tells how many there are (Bar-Yossef et al., "Counting Distinct Elements in a Data Stream", 2002).
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Sequence
from itertools import islice

from unifier.matching.identity import Identity
from unifier.profiles.component import Component
from unifier.profiles.consent import unstitched
from unifier.profiles.fragment import Fragment
from unifier.profiles.ids import Keys
from unifier.profiles.linkage import fragment_id
from unifier.profiles.store import Store
from unifier.profiles.store.follow import follow
from unifier.profiles.store.layout import HEAD_BYTES, LIVE
from unifier.profiles.training import ALL, SEEDS, Sample, is_near, keys_of
from unifier.profiles.view import is_known
from unifier.rules import Rules

STEP = 1_000  # keys looked at, looked up or read at once


class Smallest:
    """The identities with the smallest hashes, and how often each came."""

    def __init__(self, most: int) -> None:
        self.records = 0
        self._most = most
        self._bound: bytes | None = None  # the largest hash that is kept, once some were not
        self._kept: dict[bytes, tuple[Identity, int]] = {}

    def add(self, identity: Identity) -> None:
        """Take one in, unless it is beyond the bound."""
        self.records += 1
        name = fragment_id(identity)
        if self._bound is None or name <= self._bound:
            _, times = self._kept.get(name, (identity, 0))
            self._kept[name] = identity, times + 1
            if len(self._kept) >= 2 * self._most:
                self._cut()

    def _cut(self) -> None:
        names = sorted(self._kept)[: self._most]
        self._kept = {name: self._kept[name] for name in names}
        self._bound = names[-1]

    def all(self) -> dict[Identity, int]:
        """Identity → how often it came, in the order of the hashes."""
        if len(self._kept) > self._most:
            self._cut()
        return dict(self._kept[name] for name in sorted(self._kept))

    def distinct(self) -> int:
        """How many different ones came: exact as long as all are kept, else within 1 % or so."""
        kept = self.all()
        if self._bound is None:
            return len(kept)
        return (len(kept) - 1) * (1 << 8 * len(self._bound)) // int.from_bytes(self._bound)


async def read_sample(store: Store, keys: Keys, rules: Rules, most: int = ALL, seeds: int = SEEDS) -> Sample:
    """All fragments that name somebody and may be stitched, or if there are more than `most`, a sample."""
    drawn = Smallest(most)
    async for values in components(store):
        for value in values:
            for fragment in _to_learn_from(Component.unpack(b"", value[HEAD_BYTES:])):
                if is_known([fragment], rules):  # of others the matching does not ask how probable it is
                    drawn.add(fragment.identity)
    kept, distinct = drawn.all(), drawn.distinct()
    repeated = {identity for identity, times in kept.items() if times > 1}
    if distinct <= len(kept):
        return Sample(drawn.records, distinct, list(kept), (), repeated, list(kept))
    chosen = list(islice(kept, seeds))
    near = await _near(store, keys, rules, chosen)
    return Sample(drawn.records, distinct, chosen, near, repeated, list(kept))


def _to_learn_from(component: Component) -> Iterator[Fragment]:
    """Those that may be stitched, and with whom something may be done at all."""
    left_out = component.restricted | unstitched(component.fragments(), component.shared)
    return component.fragments(component.packed.keys() - left_out)


async def components(store: Store) -> AsyncIterator[list[bytes]]:
    """The home values of all components, some at a time."""
    cursor = b""
    while cursor != b"0":
        cursor, cids = await store.behind(b"", cursor or b"0", STEP)  # every component is of another form
        yield [value for value in await store.homes(cids) if value is not None and value[:1] == LIVE]


async def _near(store: Store, keys: Keys, rules: Rules, seeds: Sequence[Identity]) -> Collection[Identity]:
    """The neighbours of the seeds, by the index."""
    wanted = [(seed, key) for seed in seeds for key in keys_of(seed, rules)]
    near: set[Identity] = set()
    for start in range(0, len(wanted), STEP):
        part = wanted[start : start + STEP]
        entries = await store.lookup([keys.index(key) for _, key in part])
        found = [
            (seed, key, entry.holders)
            for (seed, key), entry in zip(part, entries, strict=True)
            if entry is not None and not entry.shared and len(entry.holders) <= rules.matching.block_cap
        ]
        identities = await _identities(store, {fid for _, _, holders in found for fid in holders})
        for seed, key, holders in found:
            others = {identities[fid] for fid in holders if fid in identities} - near
            near.update(other for other in others if is_near(seed, other, key, rules))
    return near.difference(seeds)


async def _identities(store: Store, fids: Iterable[bytes]) -> dict[bytes, Identity]:
    """Fragment → identity, of those that may be stitched."""
    found = await follow(store.homes, {fid: [fid] for fid in fids})
    there: defaultdict[bytes, list[bytes]] = defaultdict(list)
    for fid, root in found.roots.items():
        if root is not None:
            there[root].append(fid)
    identities: dict[bytes, Identity] = {}
    for root, members in there.items():
        component = Component.unpack(root, found.values[root][HEAD_BYTES:])
        wanted = set(members)
        identities |= {f.fid: f.identity for f in _to_learn_from(component) if f.fid in wanted}
    return identities
