"""Erasures on their way through a batch: begun, finished by whoever meets one, and fragments in flight.

begin    the component gets an intent
mark     the index forgets the fragments, and takes nothing in any more that is told of the time before
drop     the component forgets them, and that there was an intent

What else there is to do in such a component waits until the erasure is done. A crash leaves an intent, which
every further event of the component finishes, or the owner of the shard, since an intent is also a timer.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from unifier.profiles.component import Component
from unifier.profiles.erasure import as_asked, begin, reach
from unifier.profiles.fold import Work
from unifier.profiles.fragment import Arrival
from unifier.profiles.privacy import Intent
from unifier.profiles.store import Mark, Result, Store
from unifier.profiles.store.layout import HEAD_BYTES
from unifier.profiles.store.requests import Requests
from unifier.profiles.whom import hash_of
from unifier.rules import Rules
from unifier.streams.draft import Draft
from unifier.streams.finder import Finder
from unifier.streams.intake import IndexKey, Intake
from unifier.streams.jobs import Job
from unifier.streams.unify import opened
from unifier.streams.wishes import Wish

IN_FLIGHT = ""
"""Instead of a command id: an event was on its way while its person was erased."""


@dataclass(slots=True)
class Waiting:
    """What is to be done after an erasure."""

    arrivals: list[Arrival] = field(default_factory=list)
    wishes: list[Wish] = field(default_factory=list)


class Erasing:
    """Sees to the erasures of a batch, under one set of rules."""

    def __init__(self, store: Store, intake: Intake, finder: Finder, rules: Rules) -> None:
        self._store = store
        self._intake = intake
        self._finder = finder
        self._rules = rules
        self._requests = Requests(store.redis, store.replicas)

    async def go_first(self, jobs: Iterable[Job]) -> Waiting:
        """Leave to the jobs with erasures nothing but these; gives what else they were to do."""
        waiting = Waiting()
        for job in jobs:
            if job.work.erase or any(
                Component.has_privacy(value, HEAD_BYTES) for value in job.roots.values()
            ):
                await self._see_to(job, waiting)
        return waiting

    async def _see_to(self, job: Job, waiting: Waiting) -> None:
        component, _ = opened(job, self._rules.form)
        wanted = job.work.erase
        if component.privacy is not None and component.privacy.intents:
            work = Work()
            intents = [as_asked(component, intent, wanted) for intent in component.privacy.intents]
            await self._finish(component, intents, job, work, waiting)
        elif any(begin(component, one) for one in wanted):
            work = Work(erase=wanted)
        else:
            job.work.erase = []
            return
        work.regroup = len(job.roots) > 1
        waiting.arrivals += job.work.arrivals
        waiting.wishes += [wish for wish in job.wishes if not wish.met]
        job.work, job.wishes, job.named = work, [], {}

    async def _finish(
        self, component: Component, intents: Sequence[Intent], job: Job, work: Work, waiting: Waiting
    ) -> None:
        """Mark; then drop, unless others come to light whom their keys tie to those who are erased."""
        met = frozenset[bytes]().union(*[wish.met for wish in job.wishes])
        for intent in intents:
            fids = reach(component, intent, self._rules)
            keys = {key.text: key for f in component.fragments(fids) for key in self._intake.all_keys(f)}
            marks = [Mark(k.place, k.exact, k.most_people, k.most_holders) for k in keys.values()]
            left = await self._store.mark(fids, intent.until, marks)
            strangers = {fid for holders in left for fid in holders if fid not in component} - met
            strangers = await self._of_the_time_before(strangers, intent.until)
            if strangers and intent.whole:
                # For once: those whom the cap of a component keeps out are let be.
                waiting.wishes.append(Wish([component.cid, *sorted(strangers)], met=met | strangers))
            else:
                own = [k for k, others in zip(keys.values(), left, strict=True) if not others]
                await self._note(intent, [key for key in own if key.text not in component.shared])
                work.marked.append(replace(intent, fids=fids))

    async def _note(self, intent: Intent, keys: Iterable[IndexKey]) -> None:
        """Tell the request by which identifiers, nobody else's, the dead letters may know the person, too."""
        hashes = [
            hash_of(kind, key.place)
            for key in keys
            if key.exact and (kind := key.text.partition("|")[0]) in self._rules.identifiers
        ]
        if hashes and intent.command_id != IN_FLIGHT:
            await self._requests.add_hashes(intent.command_id, hashes)

    async def _of_the_time_before(self, fids: set[bytes], until: int) -> set[bytes]:
        """Those of the fragments that began up to a time; the others are a new relation."""
        if not fids:
            return fids
        known = await self._finder.learn_anew(fids)
        components = {
            root: Component.unpack(root, value[HEAD_BYTES:]) for root, value in known.values.items()
        }
        found = set()
        for fid in fids:
            root = known.roots[fid]
            component = Component(b"") if root is None else components[root]
            if fid in component and component.fragment(fid).began <= until:
                found.add(fid)
        return found


def in_flight(job: Job, draft: Draft, result: Result, now: int) -> Waiting:
    """What the index did not take, since its person was erased between the look and the write.

    The fragment goes again, up to that time; what it was told of a later time comes after.
    """
    until: dict[bytes, int] = {}
    for number, entry in result.entries.items():
        named, key = draft.entered[number]
        # A further key of a fragment that was there before, a receipt of somebody else's, just ties nobody.
        if entry.refused and (key in named.keys or named.fid in draft.folded.founded):
            until[named.fid] = max(entry.until, until.get(named.fid, 0))
    return Waiting(
        [one for one in job.work.arrivals if one.event.at > until.get(one.fid, one.event.at)],
        [
            Wish([fid], erase=Intent(frozenset([fid]), time, now, IN_FLIGHT, whole=False))
            for fid, time in until.items()
        ],
    )
