"""Works stored components out anew when other rules, or another model, are in force.

    look up    enter every fragment under the keys that the rules now give it; the index answers with others;
               those who belong to it by now are looked up in turn, until nobody new is found
    work out   in one write all that belongs together is joined, put into profiles, and is of the new form

A death at any moment leaves the components of the old form, to be done again; and nobody is told of profiles
that are worked out from half of what belongs together.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from unifier.profiles.component import Component
from unifier.profiles.store import IndexEntry, IndexWrite
from unifier.profiles.store.layout import HEAD_BYTES
from unifier.streams.finder import Known
from unifier.streams.intake import Named
from unifier.streams.pipeline import Pipeline
from unifier.streams.wishes import Anew, Wish

TURNS_MOST = 4
"""Tries of components that live events change meanwhile."""
REACH_MOST = 4_000
"""Fragments looked up for one portion; whom they would lead to beyond that finds them when his turn comes."""
ENTRIES_MOST = 1_000
"""Index entries written in one script call, some 5 ms of Redis's time."""


@dataclass(slots=True)
class Reach:
    """What was looked up for one portion."""

    opened: dict[bytes, Component] = field(default_factory=dict)
    looked_up: set[bytes] = field(default_factory=set)
    ties: list[list[bytes]] = field(default_factory=list)  # fragments that belong together
    shared: dict[bytes, set[str]] = field(default_factory=dict)  # fragment → values of his that are shared


async def work_out(pipeline: Pipeline, cids: Sequence[bytes]) -> bool:
    """Work components out anew; gives whether all are of the form in force. Raises RedisError."""
    form = pipeline.unifier.form
    for _ in range(TURNS_MOST):
        for cid in cids:
            pipeline.cache.forget(cid)  # another worker may have written it
        reach = Reach()
        if not await _open(pipeline, cids, form, reach):
            return True
        anew = Anew(form)
        # First, for whoever is of the new form already learns of it from nobody else.
        await pipeline.work([], [Wish([fid], shared=texts, anew=anew) for fid, texts in reach.shared.items()])
        anew = Anew(form, reach.looked_up)
        wishes = [Wish([cid], anew=anew) for cid, one in reach.opened.items() if one.form != form]
        ties = [[fid for fid in fids if fid in reach.looked_up] for fids in reach.ties]
        await pipeline.work([], wishes + [Wish(fids, anew=anew) for fids in ties])
    return False


async def _open(pipeline: Pipeline, fids: Iterable[bytes], form: bytes, reach: Reach) -> bool:
    """Look up the components of these fragments and whoever belongs to them; False when none is behind."""
    while fids and len(reach.looked_up) < REACH_MOST:
        known = Known()
        await pipeline.finder.learn(fids, known)
        new = {
            root: Component.unpack(root, value[HEAD_BYTES:])
            for root, value in known.values.items()
            if root not in reach.opened
        }
        reach.opened |= new
        for one in new.values():
            reach.looked_up.update(one.packed)  # of the new form: when it became so
        behind = [one for one in new.values() if one.form != form]
        fids = await _look_up(pipeline, behind, reach)
    return any(one.form != form for one in reach.opened.values())


async def _look_up(pipeline: Pipeline, behind: Sequence[Component], reach: Reach) -> set[bytes]:
    """Enter all fragments of these; gives the strangers who belong to them."""
    keys = [
        (one, named, key, fragment.last_at)
        for one in behind
        for fragment in one.fragments()
        for named in (pipeline.intake.stored(fragment),)
        for key in named.keys
    ]
    strangers: set[bytes] = set()
    candidates: dict[bytes, tuple[Named, set[bytes]]] = {}
    writes = [named.write(key, newest) for _, named, key, newest in keys]
    for (one, named, key, _), entry in zip(keys, await _entered(pipeline, writes), strict=True):
        if entry is None or entry.refused:  # erased meanwhile: the component is another by now
            continue
        others = [fid for fid in entry.holders if fid not in one]
        if entry.shared:
            if key.exact and key.text not in one.shared:
                for fid in (named.fid, *entry.holders):
                    reach.shared.setdefault(fid, set()).add(key.text)
        elif others and key.exact:
            reach.ties.append([named.fid, *others])
            strangers.update(others)
        elif others:
            candidates.setdefault(named.fid, (named, set()))[1].update(others)
    for fid, found in (await pipeline.resolver.matches(candidates)).items():
        reach.ties.append([fid, *found])
        strangers.update(found)
    return strangers - reach.looked_up


async def _entered(pipeline: Pipeline, writes: Sequence[IndexWrite]) -> list[IndexEntry | None]:
    entries: list[IndexEntry | None] = []
    for start in range(0, len(writes), ENTRIES_MOST):
        entries += await pipeline.store.enter(writes[start : start + ENTRIES_MOST])
    return entries
