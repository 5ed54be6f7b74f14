"""Restriction of a person: everything is kept, nothing is done with it (GDPR, article 18). Pure.

The fragments of a restricted person are apart from all others: what is known of them neither links nor
separates anybody until the release. What is told of them meanwhile is taken in; a new fragment that is theirs
by all the evidence is put with them unseen. A profile that was told of before does not join them.
"""

from unifier.profiles.component import Component, Record
from unifier.profiles.erasure import reach
from unifier.profiles.partition import partition
from unifier.profiles.privacy import Intent, Privacy, Restriction, Said
from unifier.profiles.regroup import everybody
from unifier.rules import Rules


def restrict(component: Component, word: Restriction, rules: Rules) -> list[Record]:
    """Obey a word on a person; gives the profiles that it changes. A word older than the last is ignored."""
    privacy = component.privacy or Privacy()
    leader = component.heir(word.fid)  # who was named may have been taken over since
    if leader not in component:
        return []
    known = privacy.said.get(leader)
    if word.on or known is None:  # the word that a release ends may come after it
        fids = reach(component, Intent(frozenset([leader]), word.at, 0, "", whole=True), rules)
        records = [one.members for one in component.records.values() if not fids.isdisjoint(one.members)]
        fids = fids.union(*records)  # a profile is restricted as a whole
    else:
        leader = known.leader
        fids = frozenset(fid for fid, said in privacy.said.items() if said.leader == leader)
    if any(said.at >= word.at for fid, said in privacy.said.items() if fid in fids):
        return []
    component.privacy = privacy
    before = component.restricted
    privacy.said |= {fid: Said(word.on, word.at, leader) for fid in fids}
    changed = before ^ component.restricted
    return [one for one in component.records.values() if not changed.isdisjoint(one.members)]


def keep_with(component: Component, rules: Rules) -> None:
    """Put new fragments that are a restricted person's with that person."""
    restricted = component.restricted
    if not restricted:
        return
    assert component.privacy is not None
    placed = {fid for record in component.records.values() for fid in record.members}
    groups = [group for part in everybody(component, rules) for group in partition(*part, rules).groups]
    for record in component.records.values():
        own = restricted.intersection(record.members)
        for group in groups:
            if own.isdisjoint(group):
                continue
            new = set(group) - placed
            record.members = tuple(sorted({*record.members, *new}))
            component.privacy.said |= dict.fromkeys(new, component.privacy.said[min(own)])
            placed |= new
