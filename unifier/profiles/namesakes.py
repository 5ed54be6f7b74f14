"""Members between two persons of one name: they tell but a name and a home, and both have these.

Father and son are kept apart by their mailboxes and phones. An order that tells neither is nobody's: to give
it to one of them would show him what is perhaps the other's.
"""

from collections.abc import Sequence

from unifier.matching.score import NAMESAKE, score
from unifier.matching.values import Values, merged
from unifier.profiles.evidence import Evidence
from unifier.profiles.groups import Groups
from unifier.profiles.members import Refused

UNDECIDED_BITS = 3.0
"""By so much a member has to fit one of the two better to be his; 8 to 1."""


def between_two(evidence: Evidence, groups: Groups, refused: Sequence[Refused]) -> frozenset[int]:
    """The members of groups that were refused as namesakes, that fit one about as well as the other."""
    pairs = [no[:2] for no in refused if no.reason == NAMESAKE]
    if not pairs:
        return frozenset()
    number_of = {member.fid: number for number, member in enumerate(evidence.members)}
    found: set[int] = set()
    for pair in pairs:
        a, b = (groups.name[number_of[fid]] for fid in pair)
        found.update(_of_either(evidence, groups, a, b) + _of_either(evidence, groups, b, a))
    return frozenset(found)


def _of_either(evidence: Evidence, groups: Groups, home: int, other: int) -> list[int]:
    members = groups.members[home]
    if len(members) == 1:
        return []
    found = []
    for number in members:
        own = evidence.values[number]
        if not own.ids and not own.births:
            rest = merged(evidence.values[each] for each in members if each != number)
            here, there = _bits(evidence, own, rest), _bits(evidence, own, groups.values(other))
            if there >= max(evidence.rules.matching.merge_bits, here - UNDECIDED_BITS):
                found.append(number)
    return found


def _bits(evidence: Evidence, a: Values, b: Values) -> float:
    return score(a, b, evidence.sharedness, evidence.weights)
