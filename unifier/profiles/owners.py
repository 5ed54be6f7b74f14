"""Owners of accounts without a name: loyalty cards that a till saw with a payment card of one person.

A payment card in common never joins two whose names are known. But the till tells no name with a loyalty
card, and most who show one have told their name elsewhere. So where the payment cards of such an account lead
to one person with a name, to no other account, and no rule is broken, that person is its owner.
"""

from collections import Counter

from unifier.events.canonical import Identifier
from unifier.profiles.evidence import Evidence
from unifier.profiles.groups import Groups
from unifier.profiles.members import Link

OWNER_BITS = 4.0
"""Of 25 such owners some 24 are right; the others' partners have the same card and never told their names."""


def owners(evidence: Evidence, groups: Groups) -> list[Link]:
    """Join the accounts in `groups` to their owners, and say by which members."""
    if not any(facts.accounts_only and facts.persons for facts in evidence.facts):
        return []
    holders = _holders(evidence, groups)
    near: dict[int, set[int]] = {}  # group → those with a card of its own, itself included
    for names in holders.values():
        for name in names:
            near.setdefault(name, set()).update(names)
    owner_of: dict[int, int] = {}
    for account, met in near.items():
        if len(met) == 2 and _without_name(evidence, groups.members[account]):
            (owner,) = met - {account}
            named = any(evidence.facts[number].named for number in groups.members[owner])
            if named and not groups.barred(owner, account):
                owner_of[account] = owner
    claims = Counter(owner_of.values())
    found = []
    for account, owner in owner_of.items():
        if claims[owner] == 1:  # of two accounts nobody knows which is his
            card, names = min(
                (card, names) for card, names in holders.items() if {account, owner} <= names.keys()
            )
            one, other = (evidence.members[names[name]].fid for name in (owner, account))
            found.append(Link(one, other, card[0], OWNER_BITS))
            groups.join(owner, account)
    return found


def _holders(evidence: Evidence, groups: Groups) -> dict[Identifier, dict[int, int]]:
    """Payment card → group that names a person or an account → its first member with the card."""
    holders: dict[Identifier, dict[int, int]] = {}
    for number, facts in enumerate(evidence.facts):
        for card in facts.cards:
            if not evidence.members[number].alone and evidence.telling(card):
                holders.setdefault(card, {}).setdefault(groups.name[number], number)
    return {
        card: known
        for card, names in holders.items()
        if (
            known := {
                name: number
                for name, number in names.items()
                if any(evidence.strong[member] for member in groups.members[name])
            }
        )
    }


def _without_name(evidence: Evidence, members: list[int]) -> bool:
    """All that is told is accounts and cards."""
    return all(evidence.facts[number].accounts_only for number in members)
