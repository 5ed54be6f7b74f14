"""Which fragments of a component living keys still hold together.

A component only ever grows. A key that tied its fragments may die later: an identifier that turns out to be
shared, a blocking key that gets too many holders (`block_cap`). Who was tied by dead keys alone must not be
weighed together, or who is one person would depend on which of the events came first.
"""

from collections.abc import Iterable, Sequence, Set
from itertools import combinations

from unifier.matching.scale import scale_of
from unifier.profiles.members import Member
from unifier.profiles.sets import Sets
from unifier.rules import Rules


def held_together(
    members: Sequence[Member], bound: Iterable[tuple[bytes, bytes]], dead: Set[str], rules: Rules
) -> list[list[Member]]:
    """The members in parts; no key that is alive ties two of them.

    `bound` are pairs that something other than their values ties; `dead` are the exact keys that are shared
    and the blocking keys with too many holders. An exact key ties whoever carries it, a blocking key those
    whose evidence is over the bar, as when they came.
    """
    scale = scale_of(rules)
    linked, identities = scale.linked, [member.identity for member in members]
    holders_of: dict[str, list[int]] = {}
    for number, identity in enumerate(identities):
        for key in scale.facts(identity).keys - dead:
            holders_of.setdefault(key, []).append(number)
    together = Sets[int]()
    number_of = {member.fid: number for number, member in enumerate(members)}
    for a, b in bound:
        if a in number_of and b in number_of:
            together.join(number_of[a], number_of[b])
    for key, holders in holders_of.items():
        if not key.startswith("b:"):
            for other in holders[1:]:
                together.join(holders[0], other)
    for key, holders in holders_of.items():
        if key.startswith("b:"):
            for one, other in combinations(holders, 2):
                if together.of(one) != together.of(other) and linked(identities[one], identities[other]):
                    together.join(one, other)
    parts: dict[int, list[Member]] = {}
    for number, member in enumerate(members):
        parts.setdefault(together.of(number), []).append(member)
    return list(parts.values())
