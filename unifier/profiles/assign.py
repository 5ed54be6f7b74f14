"""Profile ids: given once, kept through merges and splits.

After a merge the oldest id lives on and the others are remembered as merged away; after a split the
larger part keeps the id, and a part that is what an earlier id stood for gets that id back, large or small.
A merged-away id leads to whoever has most of what it stood for.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count

from unifier.profiles.component import Component, Dead, Record
from unifier.profiles.ids import fragment_of, profile_id

Group = tuple[bytes, ...]
Shares = Mapping[int, int]
"""Group, by its number → how many fragments of an id are in it."""


@dataclass(slots=True)
class Assigned:
    """What became of the ids."""

    created: list[str] = field(default_factory=list)
    merged: dict[str, list[str]] = field(default_factory=dict)  # survivor → ids merged away
    split: dict[str, list[str]] = field(default_factory=dict)  # id → the ids of its parts, its own first
    changed: list[str] = field(default_factory=list)  # every id whose members are others than before
    grown: set[str] = field(default_factory=set)  # of those, the ones that only gained fragments that are new
    forgotten: int = 0  # merged-away ids that nobody can ask for any more


def assign(component: Component, groups: Sequence[Group], now: int) -> Assigned:
    """Give each group its id and update the component's records."""
    if len(groups) == len(component.records) and {r.members for r in component.records.values()} == set(
        groups
    ):
        return Assigned()
    placed = {fid for record in component.records.values() for fid in record.members}
    parts = _parts(component.records, groups)
    heirs = _heirs(component, groups, parts)
    outcome = Assigned()
    owner: dict[int, str] = {}
    buried: set[str] = set()
    records: dict[str, Record] = {}
    for index, claims in enumerate(heirs):
        if not claims:
            continue
        claims.sort(key=lambda record: (record.born, record.pid))
        if (former := _stood_for(component, groups[index], claims)) is not None:
            claims.insert(0, _revived(component, former, groups[index], now))
        survivor, *others = claims
        survivor.heard = max(record.heard for record in claims)
        owner[index] = survivor.pid
        records[survivor.pid] = survivor
        for record in others:
            buried.add(record.pid)
            dead = Dead(survivor.pid, record.members, record.sequence, now, record.told, record.guided)
            outcome.forgotten += component.bury(record.pid, dead)
        if others:
            outcome.merged[survivor.pid] = [record.pid for record in others]
        if survivor.members != groups[index]:
            outcome.changed.append(survivor.pid)
            added = set(groups[index]).difference(survivor.members)
            if len(added) == len(groups[index]) - len(survivor.members) and added.isdisjoint(placed):
                outcome.grown.add(survivor.pid)
    away = _parts(component.dead, groups)
    led = {pid: _largest(pid, shares, groups) for pid, shares in away.items()}
    for index, group in enumerate(groups):
        if index not in owner:
            free = led.keys() - records.keys() - buried
            leading = [(away[pid][index], pid) for pid in free if led[pid] == index]
            record = _new_record(component, group, leading, records, now)
            owner[index] = record.pid
            records[record.pid] = record
            outcome.changed.append(record.pid)
            outcome.created.append(record.pid)
    for pid, indices in parts.items():
        if len(indices) > 1 and pid not in buried:
            kept = next(index for index in indices if owner[index] == pid)
            outcome.split[pid] = [pid, *(owner[index] for index in sorted(indices.keys() - {kept}))]
    parted = {part for parts_of in outcome.split.values() for part in parts_of}
    outcome.created = [pid for pid in outcome.created if pid not in parted]
    for index, group in enumerate(groups):
        records[owner[index]].members = group
    component.records = records
    for pid in led.keys() & component.dead.keys():
        component.dead[pid].survivor = owner[led[pid]]
    return outcome


def _parts(known: Mapping[str, Record | Dead], groups: Sequence[Group]) -> dict[str, Shares]:
    """Id → its shares; without ids of which no fragment is left."""
    group_of = {fid: index for index, group in enumerate(groups) for fid in group} if known else {}
    parts = {
        pid: Counter(group_of[fid] for fid in one.members if fid in group_of) for pid, one in known.items()
    }
    return {pid: shares for pid, shares in parts.items() if shares}


def _largest(pid: str, shares: Shares, groups: Sequence[Group], among: Collection[int] = ()) -> int:
    """The group with most of an id's fragments, of two the one with the fragment that gave it."""
    founder = fragment_of(pid)
    return min(
        among or shares, key=lambda index: (-shares[index], founder not in groups[index], groups[index][0])
    )


def _heirs(component: Component, groups: Sequence[Group], parts: Mapping[str, Shares]) -> list[list[Record]]:
    """Of each group, the records that would go on in it."""
    shares_of: dict[int, list[int]] = {}  # group → the shares that ids have of it
    for shares in parts.values():
        for index, share in shares.items():
            shares_of.setdefault(index, []).append(share)
    heirs: list[list[Record]] = [[] for _ in groups]
    for pid, shares in parts.items():
        record = component.records[pid]
        heirs[_keeping(record, shares, shares_of, groups, component)].append(record)
    return heirs


def _keeping(
    record: Record,
    shares: Shares,
    shares_of: dict[int, list[int]],
    groups: Sequence[Group],
    component: Component,
) -> int:
    """The part that keeps the id: the largest, of two the one with the fragment that gave it.

    But not one that goes back to a merged-away id of its own, nor one that goes over to another id, which has
    as large a share of that group. What goes back is just what the other id stood for; or has all of that,
    little else, and not the fragment that gave this one. So does what several such ids stood for, unless then
    this one had to go over.
    """
    if len(shares) == 1:
        return next(iter(shares))
    founder = fragment_of(record.pid)
    own = set(record.members)
    away = [own.intersection(d.members) for d in component.dead.values() if d.survivor == record.pid]
    going_back, several = set[int](), set[int]()
    for index in shares:
        group = set(groups[index])
        within = [members for members in away if members <= group]
        if group in away or (founder not in group and len(group) < 2 * max(map(len, within), default=0)):
            going_back.add(index)
        elif founder not in group and len(group) < 2 * len(set[bytes]().union(*within)):
            several.add(index)
    going_over = {
        index for index, share in shares.items() if sum(other >= share for other in shares_of[index]) > 1
    }
    staying = shares.keys() - going_back
    among = staying - going_over - several or staying - going_over or staying or shares.keys()
    return _largest(record.pid, shares, groups, among)


def _stood_for(component: Component, group: Group, claims: Sequence[Record]) -> str | None:
    """The merged-away id that stood for just this group, of several the one that it had last; None too if one
    of those who claim the group has it already, or is whom that id was merged into.
    """
    if any(record.members == group for record in claims):
        return None
    pids = {record.pid for record in claims}
    former = [
        (dead.at, pid)
        for pid, dead in component.dead.items()
        if dead.members == group and dead.survivor not in pids
    ]
    return max(former)[1] if former else None


def _revived(component: Component, pid: str, group: Group, now: int) -> Record:
    dead = component.dead.pop(pid)
    return Record(pid, group, now, dead.sequence, told=dead.told, guided=dead.guided)


def _new_record(
    component: Component, group: Group, former: Sequence[tuple[int, str]], taken: Collection[str], now: int
) -> Record:
    """A group without a living id: of the merged-away ids that lead to it, with their shares of it, the one
    with the largest, of several the one that it had last; else a new one.
    """
    if former:
        best = max(former, key=lambda one: (one[0], component.dead[one[1]].at, one[1]))
        return _revived(component, best[1], group, now)
    used, first = {*taken, *component.records, *component.dead}, 0
    if (privacy := component.privacy) is not None:
        used |= privacy.ids.keys()
        first = privacy.numbers
    oldest = min(group, key=lambda fid: (component.fragment(fid).first_at, fid))
    # A fragment's own id may have stayed with the larger part of a split: count on.
    return Record(next(pid for n in count(first) if (pid := profile_id(oldest, n)) not in used), group, now)
