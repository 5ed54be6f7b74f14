"""Works stored components out anew when other rules, or another model, are in force.

    look up    enter every fragment under the keys that the rules now give it; the index answers with others
    join       what an identifier or enough evidence ties by now
    work out   the partition, the ids, the journey; then the component is of the new form

In this order a death at any moment leaves the component of the old form, to be done again; what was done of
it is found as done.
"""

from collections.abc import Iterable, Sequence, Set

from unifier.matching.scale import pair_bits
from unifier.profiles.component import Component
from unifier.profiles.store import IndexEntry, IndexWrite
from unifier.profiles.store.layout import HEAD_BYTES
from unifier.streams.intake import IndexKey, Named
from unifier.streams.pipeline import Pipeline
from unifier.streams.resolve import Anew, Known, Wish, stored_identity

TURNS_MOST = 8
"""Looks at components that grow meanwhile, by what they are joined with or by live events."""
ENTRIES_MOST = 1_000
"""Index entries written in one script call, some 5 ms of Redis's time."""

Found = list[tuple[Component, Named, IndexKey, IndexEntry]]
"""Entries that others are in, or that are shared."""


async def work_out(pipeline: Pipeline, cids: Sequence[bytes]) -> bool:
    """Work components out anew; gives whether all are of the form in force. Raises RedisError."""
    form = pipeline.unifier.form
    looked_up: set[bytes] = set()
    for _ in range(TURNS_MOST):
        behind = await _behind(pipeline, cids, form)
        if not behind:
            return True
        found = await _look_up(pipeline, behind, looked_up)
        if wishes := await _joins(pipeline, found, form):
            await pipeline.work([], wishes)
        else:
            await pipeline.work([], [Wish([one.cid], anew=Anew(form, looked_up)) for one in behind])
    return False


async def _behind(pipeline: Pipeline, cids: Iterable[bytes], form: bytes) -> list[Component]:
    """The components that these have become by now and that are of another form."""
    known = Known()
    for cid in cids:
        pipeline.cache.forget(cid)  # another worker may have written it
    await pipeline.resolver.learn(cids, known)
    opened = [Component.unpack(root, value[HEAD_BYTES:]) for root, value in known.values.items()]
    return [component for component in opened if component.form != form]


async def _look_up(pipeline: Pipeline, behind: Iterable[Component], looked_up: set[bytes]) -> Found:
    """Enter all fragments that were not yet under all their keys."""
    keys = [
        (component, named, key)
        for component in behind
        for fragment in component.fragments()
        if fragment.fid not in looked_up
        for named in (pipeline.intake.stored(fragment),)
        for key in named.keys
    ]
    writes = [
        IndexWrite(key.place, named.holder, key.most_people, key.most_holders) for _, named, key in keys
    ]
    entries: list[IndexEntry | None] = []
    for start in range(0, len(writes), ENTRIES_MOST):
        entries += await pipeline.store.enter(writes[start : start + ENTRIES_MOST])
    looked_up.update(fid for component in behind for fid in component.packed)
    return [(*key, entry) for key, entry in zip(keys, entries, strict=True) if entry is not None]


async def _joins(pipeline: Pipeline, found: Found, form: bytes) -> list[Wish]:
    """What is to be joined, and who is to be told that a value of his is shared by now."""
    anew = Anew(form)
    wishes: list[Wish] = []
    shared: dict[bytes, set[str]] = {}
    candidates: dict[bytes, set[bytes]] = {}
    identities: dict[bytes, Named] = {}
    for component, named, key, entry in found:
        strangers = [fid for fid in entry.holders if fid not in component]
        if entry.shared:
            if key.exact and key.text not in component.shared:
                for fid in (named.fid, *entry.holders):
                    shared.setdefault(fid, set()).add(key.text)
        elif strangers and key.exact:
            wishes.append(Wish([named.fid, *strangers], anew=anew))
        elif strangers:
            identities[named.fid] = named
            candidates.setdefault(named.fid, set()).update(strangers)
    wishes += [Wish([fid], shared=texts, anew=anew) for fid, texts in shared.items()]
    return wishes + [
        Wish([fid, *others], anew=anew)
        for fid, others in (await _over_the_bar(pipeline, identities, candidates)).items()
    ]


async def _over_the_bar(
    pipeline: Pipeline, named: dict[bytes, Named], candidates: dict[bytes, set[bytes]]
) -> dict[bytes, list[bytes]]:
    """Of each fragment the candidates that the evidence ties to it."""
    known, rules = Known(), pipeline.unifier.rules
    every: Set[bytes] = frozenset[bytes]().union(*candidates.values())
    await pipeline.resolver.learn(every, known)
    opened: dict[bytes, Component] = {}
    found: dict[bytes, list[bytes]] = {}
    for fid, others in candidates.items():
        for other in sorted(others):
            identity = stored_identity(other, known, opened)
            if identity is not None and (
                pair_bits(named[fid].identity, identity, rules) >= rules.matching.link_bits
            ):
                found.setdefault(fid, []).append(other)
    return found
