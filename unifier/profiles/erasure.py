"""Erasure: whom it reaches, and what it takes out of a component. Pure.

It takes two writes. The first stores an intent, so that whoever comes next can finish what a crash left half
done; then the fragments are taken out of the index; the second write drops them. What is told of the time
before is not taken in again; what is told of a later time is a new relation, under a new id.
"""

from collections.abc import Iterable, Set
from dataclasses import replace

from unifier.events.canonical import Identifier
from unifier.matching.blocking import blocking_keys
from unifier.matching.identity import exact_keys
from unifier.profiles.component import Component, Record
from unifier.profiles.fragment import Fragment
from unifier.profiles.members import Separation
from unifier.profiles.privacy import NOBODY_ASKED, Intent, Privacy
from unifier.profiles.regroup import regroup
from unifier.profiles.view import is_known
from unifier.rules import Rules


def begin(component: Component, wanted: Intent) -> bool:
    """Store what is to be erased; `wanted` names one fragment at least. False when there is nothing to do.

    A finished erasure is not run again: whoever came since is a new relation.
    """
    privacy = component.privacy or Privacy()
    if all(privacy.gone.get(fid, -1) >= wanted.until for fid in wanted.fids):
        return False
    # Who was named may have been taken over since; of what was on its way that one has nothing.
    fids = {component.heir(fid) if wanted.whole else fid for fid in wanted.fids}.intersection(
        component.packed
    )
    if wanted.whole:
        for record in component.records.values():
            if not fids.isdisjoint(record.members):
                fids.update(record.members)
    for intent in privacy.intents:
        fids -= intent.fids
    fragments = list(component.fragments(fids))
    if all(fragment.began > wanted.until for fragment in fragments):
        return False
    # Whatever they have told comes under it, so that none of it is taken in again.
    until = max(wanted.until, *[f.last_at for f in fragments]) if wanted.whole else wanted.until
    privacy.intents.append(replace(wanted, fids=frozenset(fids), until=until))
    component.privacy = privacy
    return True


def as_asked(component: Component, intent: Intent, wanted: Iterable[Intent]) -> Intent:
    """What was begun because time passed; if somebody asks for it meanwhile, as that is asked for."""
    for asked in wanted if intent.expired else ():
        meant = not intent.fids.isdisjoint(map(component.heir, asked.fids))
        if meant and asked.whole and asked.until >= intent.until:
            return replace(asked, fids=intent.fids)
    return intent


def reach(component: Component, intent: Intent, rules: Rules) -> frozenset[bytes]:
    """The fragments to erase: all of the person, by all the evidence that the component has by now.

    Also those that stay by themselves for want of consent: that they may not be stitched saves nobody from
    being forgotten.
    """
    found = set(intent.fids)
    if intent.whole:
        for partition in (regroup(component, rules), regroup(component, rules, stitching=True)):
            for group in partition.groups:
                if not found.isdisjoint(group):
                    found.update(group)
    return frozenset(
        fid
        for fid in found
        if fid in component and (fid in intent.fids or component.fragment(fid).began <= intent.until)
    )


def drop(component: Component, intent: Intent, rules: Rules) -> tuple[list[Record], list[Record]]:
    """Take the intent's fragments out and remember that they are gone.

    Gives the profiles that are erased, and those that lost a part: their journeys have to be followed anew.
    What is left has to be put into profiles anew.
    """
    privacy = component.privacy
    assert privacy is not None, "an erasure begins with an intent"
    fids = intent.fids
    component.shared |= _nobodys(component, fids, rules)
    for fid in fids:
        component.packed.pop(fid, None)
        component.live.pop(fid, None)
        privacy.said.pop(fid, None)
        privacy.gone[fid] = max(intent.until, privacy.gone.get(fid, -1))
    for fid, retired in list(component.retired.items()):  # what is told of it late is told of the erased
        if retired.into in fids:
            privacy.gone[fid] = max(intent.until, privacy.gone.get(fid, -1))
            del component.retired[fid]
    if component.astray:
        privacy.before = max(intent.until, privacy.before)
    # What is left of another erasure that these were part of is still to be done.
    privacy.intents = [
        replace(other, fids=rest)
        for other in privacy.intents
        if (rest := other.fids.intersection(component.packed))
    ]
    component.ties = [tie for tie in component.ties if tie.a not in fids and tie.b not in fids]
    if intent.expired:  # for who is left it still says whom not to take for the same, should he come again
        component.separations = [
            one for one in component.separations if not component.packed.keys().isdisjoint(one.a | one.b)
        ]
    else:
        component.separations = [kept for one in component.separations if (kept := _without(one, fids))]
    _forget_keys(component, rules)
    erased = [record for record in component.records.values() if fids.issuperset(record.members)]
    up_to = NOBODY_ASKED if intent.expired else intent.until
    for record in erased:
        del component.records[record.pid]
        privacy.ids[record.pid] = up_to
    cut = [record for record in component.records.values() if not fids.isdisjoint(record.members)]
    for record in cut:  # else the fragments, told of again, would be given an id that once stood for them
        record.members = tuple(fid for fid in record.members if fid not in fids)
    _forget_merged(component, fids, up_to)
    return erased, cut


def _nobodys(component: Component, fids: Set[bytes], rules: Rules) -> set[str]:
    """Keys of devices and cards that name just one more person when these fragments are gone. What was done
    with them by whomever, and is with neither, would be taken for that one's.
    """
    by_both: dict[Identifier, list[Fragment]] = {
        one: []
        for fragment in component.fragments(fids & component.packed.keys())
        if is_known([fragment], rules)
        for one in fragment.identity.ids
        if (rule := rules.identifiers.get(one[0])) is not None and rule.strength != "person"
    }
    if not by_both:
        return set()
    for fragment in component.fragments(component.packed.keys() - fids):
        for one in by_both.keys() & set(fragment.identity.ids):
            by_both[one].append(fragment)
    pids = {fid: record.pid for record in component.records.values() for fid in record.members}
    found = set[str]()
    for one, left in by_both.items():
        people = {pids.get(f.fid) for f in left if is_known([f], rules)}
        others = {pids.get(f.fid) for f in left} - people
        # A refusal to be stitched holds under its anchor as long as that is nobody else's.
        if len(people) == 1 and others and all(f.may_stitch for f in left):
            found.add("|".join(one))
    return found


def _without(one: Separation, fids: Set[bytes]) -> Separation | None:
    a, b = one.a - fids, one.b - fids
    return one._replace(a=a, b=b) if a and b else None


def _forget_keys(component: Component, rules: Rules) -> None:
    """Keys are remembered by their values: those that nobody who is left carries are a trace."""
    if component.shared:
        component.shared &= {
            key
            for f in component.fragments()
            for key in (*exact_keys(f.identity, rules), *f.claims, *f.receipts())
        }
    if component.dead_keys:
        component.dead_keys &= {key for f in component.fragments() for key in blocking_keys(f.identity)}


def _forget_merged(component: Component, fids: Set[bytes], up_to: int) -> None:
    """Merged-away ids whose survivor is erased, or that stood for nothing else, are erased with it."""
    privacy = component.privacy
    assert privacy is not None
    for pid, dead in list(component.dead.items()):
        members = tuple(fid for fid in dead.members if fid not in fids)
        if (dead.members and not members) or component.stands_for(pid) is None:
            privacy.ids[pid] = up_to
        elif members != dead.members:
            dead.members = members
    for pid in privacy.ids.keys() & component.dead.keys():
        del component.dead[pid]
