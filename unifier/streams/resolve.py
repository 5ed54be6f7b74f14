"""Which components does a batch touch, and which of them belong together?

One read of the homes, one of the index for fragments never seen, one of the components. Fragments and
components that an exact identifier or a match over the bar ties are worked on as one job.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from unifier.events.canonical import Command
from unifier.matching.identity import Identity
from unifier.matching.scale import scale_of
from unifier.profiles.component import Component
from unifier.profiles.fold import steward_sides
from unifier.profiles.fragment import Arrival
from unifier.profiles.ids import fragment_of
from unifier.profiles.store import IndexEntry, Store
from unifier.profiles.store.layout import HEAD_BYTES
from unifier.rules import Rules
from unifier.streams.finder import Finder, Known
from unifier.streams.intake import IndexKey, Intake, Named
from unifier.streams.jobs import Job
from unifier.streams.ties import Ties
from unifier.streams.wishes import Wish

CANDIDATES_TOGETHER = 2_000  # fragments whose components, some 2.5 KB each, are held at a time to be compared


Entries = Mapping[str, IndexEntry]
KeysOf = dict[bytes, dict[str, IndexKey]]
"""Fragment → its keys by their text."""


class Resolved(NamedTuple):
    """What a batch comes to; the counts are for the metrics, once it is written."""

    jobs: list[Job]
    of_erased: int  # arrivals that would bring somebody back who was erased since: no job has them
    over: int  # components that would have become larger than they may


class Resolver:
    """Finds the components of arrivals and wishes."""

    def __init__(self, finder: Finder, store: Store, intake: Intake, rules: Rules) -> None:
        self._finder = finder
        self._store = store
        self._intake = intake
        self._rules = rules

    async def resolve(self, arrivals: Sequence[Arrival], wishes: Sequence[Wish]) -> Resolved:
        """Jobs that touch no component in common."""
        told = len(arrivals)
        named: dict[bytes, Named] = {}
        for arrival in arrivals:
            if arrival.fid not in named:
                named[arrival.fid] = self._intake.named(arrival.event)
        known = Known()
        await self._finder.learn(named, known)
        # Whoever a wish names and nobody knows is left out of it, and no write asks about them again.
        await self._finder.learn((fid for wish in wishes for fid in wish.fids), known, sure=True)
        ties = Ties()
        gone = _gone(named, known)
        keys = self._keys_of_new(arrivals, named, known, gone)
        entries = await self._look_up(keys)
        since: dict[bytes, int] = {}
        if gone or any(entry.until for entry in entries.values()):
            since = _erased_up_to(keys, entries, gone)
            arrivals = _without_the_erased(arrivals, since)
            named = {arrival.fid: named[arrival.fid] for arrival in arrivals}
            keys = {fid: own for fid, own in keys.items() if fid in named}
        shared, examined = await self._tie_new(keys, entries, named, known, ties)
        for wish in wishes:
            first, *others = _nodes(wish, known) or [b""]
            for node in others:
                ties.join(first, node)
        over = ties.keep_within(self._rules.matching.component_cap, known.values)
        for half, root in known.halves.items():  # whatever the cap says: the move was decided before
            ties.join(root, half)
        for wish in wishes:
            for _, key in wish.keys:
                examined.setdefault(key.text, []).extend(wish.fids)
        jobs = _dealt(arrivals, wishes, named, known, ties)
        for job in jobs:
            for fid in job.named:
                if fid in since:
                    job.work.since[fid] = since[fid]
                job.work.shared |= shared.get(fid, frozenset())
            job.examined = examined
        return Resolved(jobs, told - len(arrivals), over)

    def _keys_of_new(
        self,
        arrivals: Sequence[Arrival],
        named: Mapping[bytes, Named],
        known: Known,
        gone: Mapping[bytes, int],
    ) -> KeysOf:
        """All that fragments bring that were never seen, or are a new relation of who was erased."""
        keys: KeysOf = {}
        for arrival in arrivals:
            fid = arrival.fid
            if known.roots[fid] is None or (fid in gone and arrival.event.at > gone[fid]):
                if fid not in keys:
                    keys[fid] = {key.text: key for key in named[fid].keys}
                event = arrival.event
                if event.order is not None or event.same_as:
                    keys[fid] |= {key.text: key for key in self._intake.extra_keys(arrival)}
        return keys

    async def _look_up(self, keys: KeysOf) -> dict[str, IndexEntry]:
        distinct = {key.text: key for own in keys.values() for key in own.values()}
        found = await self._store.lookup([key.place for key in distinct.values()])
        return {text: entry for text, entry in zip(distinct, found, strict=True) if entry is not None}

    async def _tie_new(
        self,
        keys: KeysOf,
        entries: Entries,
        named: dict[bytes, Named],
        known: Known,
        ties: Ties,
    ) -> tuple[dict[bytes, set[str]], dict[str, list[bytes]]]:
        """Tie fragments never seen to whom they belong.

        Gives the shared keys that each brought, and of each key the holders that were looked at.
        """
        carriers = {text: list(entry.holders) for text, entry in entries.items() if not entry.shared}
        exact = {text for own in keys.values() for text, key in own.items() if key.exact}
        tied, likely = set[bytes](), set[bytes]()
        for text, of_key in carriers.items():
            (tied if text in exact else likely).update(of_key)
        kept = set(known.values)
        # With the first candidates: most batches have no more, and look into Redis once.
        await self._finder.learn(tied.union(sorted(likely)[:CANDIDATES_TOGETHER]), known)
        kept.update(known.node(fid) for fid in tied)
        shared: dict[bytes, set[str]] = {}
        holders = Counter(text for own in keys.values() for text in own)
        holders.update({text: len(entry.holders) for text, entry in entries.items()})
        met: set[str] = set()
        candidates: defaultdict[bytes, list[bytes]] = defaultdict(list)  # → whom they are compared with
        for fid, own in keys.items():
            node = known.node(fid)
            for text, key in own.items():
                if text in entries and entries[text].shared:
                    if key.exact:
                        shared.setdefault(fid, set()).add(text)
                    continue
                carried = carriers.setdefault(text, [])
                if not key.exact:
                    if len(carried) <= key.most_holders:
                        for other in carried:
                            candidates[other].append(fid)
                elif holders[text] <= key.most_holders:
                    # Those before the last are tied to it already, but for the first that comes.
                    for other in carried[-1:] if text in met else carried:
                        ties.join(node, known.node(other))
                    met.add(text)
                carried.append(fid)
        others = sorted(candidates)
        for start in range(0, len(others), CANDIDATES_TOGETHER):
            portion = others[start : start + CANDIDATES_TOGETHER]
            await self._finder.learn(portion, known)
            pairs = {(fid, other) for other in portion for fid in candidates[other]}
            kept |= self._tie_candidates(pairs, named, known, ties)
            # The more people there are, the more candidates a batch has; few of them are tied.
            known.keep(kept)
        return shared, carriers

    def _tie_candidates(
        self,
        candidates: Iterable[tuple[bytes, bytes]],
        named: dict[bytes, Named],
        known: Known,
        ties: Ties,
    ) -> set[bytes]:
        """Tie the pairs whose evidence is over the bar; gives the components of the others.

        Component by component: there may be thousands of candidates, and of each only what is stored.
        """
        tied: set[bytes] = set()
        pairs = sorted((known.node(other), fid, other) for fid, other in candidates)
        for b, of_component in groupby(pairs, key=itemgetter(0)):
            opened: dict[bytes, Component] = {}
            for _, fid, other in of_component:
                a = known.node(fid)
                if ties.of(a) == ties.of(b):
                    continue
                identity = named[other].identity if other in named else known.identity(other, opened)
                if identity is not None and self._over_the_bar(named[fid].identity, identity):
                    ties.join(a, b)
                    tied.add(b)
        return tied

    def _over_the_bar(self, a: Identity, b: Identity) -> bool:
        return scale_of(self._rules).linked(a, b)

    async def knows(self, command: Command) -> bool:
        """Whether a steward's command names two sides: profiles that are stored, or fragments.

        Read anew: the command may name an id that another worker has just given.
        """
        known = await self._finder.learn_anew(named_fragments(command))
        if command.profiles and None in known.roots.values():
            return False
        # Pooled: the two sides may be in two components until the command has put them into one.
        pool = Component(b"")
        for root, value in known.values.items():
            pool.absorb(Component.unpack(root, value[HEAD_BYTES:]))
        coming = {fid for fid in known.roots if not pool.has_to_do_with(fid)}
        return steward_sides(pool, command, coming) is not None

    async def matches(
        self, candidates: Mapping[bytes, tuple[Named, Collection[bytes]]]
    ) -> dict[bytes, list[bytes]]:
        """Of each fragment the candidates that the evidence ties to it; of none of them, it is left out."""
        known = Known()
        await self._finder.learn({fid for _, others in candidates.values() for fid in others}, known)
        opened: dict[bytes, Component] = {}
        found: dict[bytes, list[bytes]] = {}
        for fid, (named, others) in candidates.items():
            for other in sorted(others):
                identity = known.identity(other, opened)
                if identity is not None and self._over_the_bar(named.identity, identity):
                    found.setdefault(fid, []).append(other)
        return found


def _dealt(
    arrivals: Sequence[Arrival],
    wishes: Sequence[Wish],
    named: Mapping[bytes, Named],
    known: Known,
    ties: Ties,
) -> list[Job]:
    """What belongs to one component as one job."""
    jobs: defaultdict[bytes, Job] = defaultdict(Job)
    for wish in wishes:
        for node in {ties.of(node) for node in _nodes(wish, known)}:
            about = wish.fids if wish.commands else ()
            coming = {fid for fid in about if ties.of(known.node(fid)) == node}
            jobs[node].take(wish, coming, {fid for fid in coming if known.roots[fid] is not None})
    job_of: dict[bytes, Job] = {}  # fragment → its job
    for fid, own in named.items():
        job = job_of[fid] = jobs[ties.of(known.node(fid))]
        job.named[fid] = own
        if known.roots[fid] is None:
            job.fresh.add(fid)
    for arrival in arrivals:
        job_of[arrival.fid].work.arrivals.append(arrival)
    roots = {root for root in known.roots.values() if root is not None}
    for root in roots.union(known.halves, known.halves.values()):
        if (node := ties.of(root)) in jobs:
            jobs[node].roots[root] = known.values[root]
    for job in jobs.values():
        job.work.regroup = len(job.roots) > 1 or any(wish.anew for wish in job.wishes)
    return list(jobs.values())


def _nodes(wish: Wish, known: Known) -> list[bytes]:
    """What a wish puts together. A steward's word waits in a component for fragments that are yet to come."""
    return [known.node(fid) for fid in wish.fids if wish.commands or known.roots[fid] is not None]


def _gone(fids: Iterable[bytes], known: Known) -> dict[bytes, int]:
    """Of the fragments that were erased and are not back, the time up to which."""
    until = dict[bytes, int]()
    for fid in fids:
        root = known.roots[fid]
        if root is not None and Component.has_privacy(value := known.values[root], HEAD_BYTES):
            up_to = Component.unpack(root, value[HEAD_BYTES:]).erased_up_to(fid)
            if up_to is not None:
                until[fid] = up_to
    return until


def _erased_up_to(keys: KeysOf, entries: Entries, gone: Mapping[bytes, int]) -> dict[bytes, int]:
    """Of fragments that were erased, and new ones with an identifier of who was, the time up to which."""
    until = dict(gone)
    for fid, own in keys.items():
        if time := max([entries[text].until for text in own if text in entries], default=0):
            until[fid] = max(time, until.get(fid, 0))
    return until


def _without_the_erased(arrivals: Sequence[Arrival], until: Mapping[bytes, int]) -> list[Arrival]:
    """The arrivals, but for those that bring somebody back who was erased since."""
    return [arrival for arrival in arrivals if arrival.event.at > until.get(arrival.fid, 0)]


def named_fragments(command: Command) -> list[bytes]:
    """The fragments that lead to the components of a command."""
    ids = [fragment_of(pid) for pid in command.profiles]
    named = [*command.fragments, *(fid for side in command.sides for fid in side)]
    return [fid for fid in ids if fid is not None] + [bytes.fromhex(fid) for fid in named]
