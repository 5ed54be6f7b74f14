"""Members without a name or an identifier, but with a birth date: each goes to the one person whom it fits.

A birth date and a postcode may single one person out. But what fits two persons, twins or namesakes of a day,
is neither's; and such members bind no persons together: they come when it is decided who the persons are.
"""

from unifier.matching.scale import strongest
from unifier.matching.score import evidence as compared
from unifier.matching.score import total
from unifier.profiles.evidence import Evidence
from unifier.profiles.groups import Groups
from unifier.profiles.members import Link


def dated(evidence: Evidence, groups: Groups) -> list[Link]:
    """Join them to the persons in `groups`, and say by which members."""
    nameless = [
        number
        for number, facts in enumerate(evidence.facts)
        if facts.values.births
        and not evidence.members[number].alone
        and _names_nobody(number, evidence, groups)
    ]
    links = [link for number in nameless if (link := _only_fit(number, evidence, groups))]
    number_of = {member.fid: number for number, member in enumerate(evidence.members)}
    for link in links:  # all are found before the first is joined: none depends on another
        person, name = (groups.name[number_of[fid]] for fid in link[:2])
        if _names_nobody(number_of[link.b], evidence, groups) and not groups.barred(person, name):
            groups.join(person, name)
    return [link for link in links if groups.name[number_of[link.a]] == groups.name[number_of[link.b]]]


def _names_nobody(number: int, evidence: Evidence, groups: Groups) -> bool:
    """Neither the member nor whoever a word has put it together with."""
    return not any(evidence.strong[other] for other in groups.members[groups.name[number]])


def _only_fit(number: int, evidence: Evidence, groups: Groups) -> Link | None:
    """The link to the person whom a member fits, if it fits no other."""
    facts, rules, weights = evidence.facts[number], evidence.rules.matching, evidence.weights
    persons: dict[int, int] = {}  # group → its first member with a key in common
    for other, strong in enumerate(evidence.strong):
        if strong and not facts.keys.isdisjoint(evidence.facts[other].keys):
            persons.setdefault(groups.name[other], other)
    fits = []
    for person, other in persons.items():
        lines = compared(facts.values, groups.values(person), evidence.sharedness, weights)
        if (bits := total(lines)) >= rules.join_bits:
            fits.append((bits, strongest(lines), other))
    if len(fits) != 1 or fits[0][0] < rules.merge_bits:
        return None
    bits, rule, other = fits[0]
    return Link(evidence.members[other].fid, evidence.members[number].fid, rule, bits)
