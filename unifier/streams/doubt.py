"""Components that a key may have tied which has died since: do living keys still hold them together?

A blocking key dies with the fragment that is one too many, an exact key when it turns out to be shared. The
index answers the write that does it with all holders; each component of which several fragments carry the key
is then looked at. What `unifier.profiles.held` finds there is remembered only if the component falls apart.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from unifier.matching.blocking import blocking_keys
from unifier.profiles.component import Component
from unifier.profiles.store import Store
from unifier.profiles.store.layout import HEAD_BYTES
from unifier.streams.finder import Finder
from unifier.streams.intake import Intake
from unifier.streams.jobs import Job
from unifier.streams.wishes import Wish


async def doubts(dead: Mapping[str, Collection[bytes]], finder: Finder) -> list[Wish]:
    """Wishes to look again at the components in which several fragments carry a dead key.

    `dead` gives key → fragments.
    """
    known = await finder.learn_anew({fid for holders in dead.values() for fid in holders})
    roots: set[bytes] = set()
    for holders in dead.values():
        carriers = Counter(known.roots[fid] for fid in holders)
        roots.update(root for root, count in carriers.items() if root is not None and count > 1)
    return [Wish([root], doubt=True) for root in sorted(roots)]


async def look_for_dead_keys(jobs: Iterable[Job], store: Store, intake: Intake) -> None:
    """Tell the jobs that are in doubt which blocking keys that their fragments have in common are dead."""
    doubtful = [(job, _in_common(job)) for job in jobs if _in_doubt(job)]
    if not doubtful:
        return
    texts = sorted(set[str]().union(*(common for _, common in doubtful)))
    found = await store.lookup([intake.block(text).place for text in texts])
    dead = {text for text, entry in zip(texts, found, strict=True) if entry is not None and entry.shared}
    for job, common in doubtful:
        job.work.dead_keys = common & dead


def _in_doubt(job: Job) -> bool:
    """A key has died or become shared, a steward has put together what nothing else ties, other rules weigh
    the ties; or living keys did not hold the component together before, and more dead ones may come in."""
    if any(wish.doubt or wish.shared or wish.commands or wish.anew for wish in job.wishes):
        return True
    return not all(map(Component.is_held, job.roots.values())) and _takes_in(job)


def _takes_in(job: Job) -> bool:
    """Whether fragments come into a component. Those that were awaited, or erased, have a home already."""
    if job.fresh or len(job.roots) > 1:
        return True
    [(root, value)] = job.roots.items()
    component = Component.unpack(root, value[HEAD_BYTES:])
    return any(fid not in component for fid in job.named)


def _in_common(job: Job) -> set[str]:
    identities = {fid: named.identity for fid, named in job.named.items()}
    for root, value in job.roots.items():
        fragments = Component.unpack(root, value[HEAD_BYTES:]).fragments()
        identities |= {fragment.fid: fragment.identity for fragment in fragments}
    carriers = Counter(key for identity in identities.values() for key in blocking_keys(identity))
    return {key for key, count in carriers.items() if count > 1}
