"""What a pass over a batch leaves to do: Redis has told of others, or that keys tie no more."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from unifier import metrics
from unifier.profiles.fragment import Arrival
from unifier.profiles.store import IndexEntry, Result
from unifier.streams.draft import Draft
from unifier.streams.erasing import in_flight
from unifier.streams.intake import IndexKey, Named
from unifier.streams.jobs import Job
from unifier.streams.resolve import Resolver
from unifier.streams.wishes import Wish


@dataclass(slots=True)
class Rest:
    """What one pass over a batch leaves to do."""

    arrivals: list[Arrival] = field(default_factory=list)
    wishes: list[Wish] = field(default_factory=list)
    shared: defaultdict[str, set[bytes]] = field(default_factory=lambda: defaultdict(set))
    dead: defaultdict[str, set[bytes]] = field(default_factory=lambda: defaultdict(set))

    def all_wishes(self) -> list[Wish]:
        """The wishes, and one for each fragment that is to be told which of its values have become shared."""
        keys: defaultdict[bytes, set[str]] = defaultdict(set)
        for text, fids in self.shared.items():
            for fid in fids:
                keys[fid].add(text)
        return [*self.wishes, *(Wish([fid], shared=texts) for fid, texts in keys.items())]


async def follow_up(
    job: Job, draft: Draft, result: Result, rest: Rest, resolver: Resolver, clock: Callable[[], int]
) -> None:
    """What the index said on writing: others there that nobody knew of, and keys that tie no more.

    Into `rest` goes each value that has become shared, with everybody who is to be told, and each
    blocking key that has died, with everybody whom it may have tied.
    """
    component = draft.component
    if draft.expired:  # at once: who asks meanwhile that they be kept comes too late
        rest.wishes.append(Wish([component.cid]))
    looked_at = job.fresh.union(named.fid for wish in job.wishes for named, _ in wish.keys)
    for number, entry in result.entries.items():
        named, key = draft.entered[number]
        if entry.refused:
            continue
        if entry.shared:
            metrics.capped_total.labels(structure_of(key)).inc()
            _full(named, key, entry, draft, rest)
            continue
        # Who was awaited, or is told of again, has a home, and was held against nobody.
        met = draft.examined.get(key.text, ()) if named.fid in looked_at else ()
        strangers = [fid for fid in entry.holders if fid not in component and fid not in met]
        if strangers and not key.exact:
            found = await resolver.matches({named.fid: (named, strangers)})
            strangers = found.get(named.fid, [])
        if strangers:
            rest.wishes.append(Wish([named.fid, *strangers], keys=[] if key.exact else [(named, key)]))
    if any(entry.refused for entry in result.entries.values()):
        late = in_flight(job, draft, result, clock())
        rest.arrivals += late.arrivals
        rest.wishes += late.wishes
    if component.dead_keys is not None and draft.commit.absorbed:
        # A key may have died between the look and the write, of which either side had but one holder.
        rest.wishes.append(Wish([component.cid], doubt=True))


def _full(named: Named, key: IndexKey, entry: IndexEntry, draft: Draft, rest: Rest) -> None:
    """A fragment met an entry that takes no more."""
    component = draft.component
    # An event told again may be one whose first telling died before all holders were told.
    again = named.fid in draft.folded.repeated
    if not key.exact:
        if named.fid == entry.holders[-1]:  # the last that it took: with this one it died
            rest.dead[key.text].update(entry.holders)
        elif again or key.text in draft.examined:  # it lived when candidates were looked up
            rest.dead[key.text] |= {named.fid, *(fid for fid in entry.holders if fid in component)}
    elif again or key.text not in component.shared:
        if key.text not in rest.shared:  # once: a shared entry takes no more holders
            rest.shared[key.text].update(entry.holders)
        rest.shared[key.text].add(named.fid)


def structure_of(key: IndexKey) -> str:
    """The label under which a full index entry is counted: the kind of the key, never its value."""
    kind = key.text.removeprefix("b:").partition("|")[0]
    return f"shared:{kind}" if key.exact else f"block:{kind}"
