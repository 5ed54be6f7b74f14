"""Members without a name or an identifier, but with a birth date: each goes to the one person whom it fits.

A birth date and a postcode may single one person out. But what fits two persons, twins or namesakes of a day,
is neither's; and such members bind no persons together: they come when it is decided who the persons are.
"""

from unifier.matching.scale import strongest
from unifier.matching.score import evidence as compared
from unifier.matching.score import total
from unifier.profiles.asking import of_whose
from unifier.profiles.evidence import Evidence
from unifier.profiles.groups import Groups
from unifier.profiles.members import Link, Review

Fit = tuple[float, str, int]
"""Bits, the rule that says most, a member of the person."""


def dated(evidence: Evidence, groups: Groups) -> tuple[list[Link], list[Review]]:
    """Join them to the persons in `groups`, say by which members, and ask whose the others are."""
    fits = {
        number: _fits(number, evidence, groups)
        for number, facts in enumerate(evidence.facts)
        if facts.values.births
        and not evidence.members[number].alone
        and _names_nobody(number, evidence, groups)
    }
    links = [link for number in fits if (link := _only_fit(number, fits[number], evidence))]
    number_of = {member.fid: number for number, member in enumerate(evidence.members)}
    for link in links:  # all are found before the first is joined: none depends on another
        person, name = (groups.name[number_of[fid]] for fid in link[:2])
        if _names_nobody(number_of[link.b], evidence, groups) and not groups.barred(person, name):
            groups.join(person, name)
    links = [link for link in links if groups.name[number_of[link.a]] == groups.name[number_of[link.b]]]
    reviews = [
        review
        for number, found in fits.items()
        if _names_nobody(number, evidence, groups)
        for review in of_whose(groups, groups.name[number], {groups.name[other] for _, _, other in found})
    ]
    return links, reviews


def _names_nobody(number: int, evidence: Evidence, groups: Groups) -> bool:
    """Neither the member nor whoever a word has put it together with."""
    return not any(evidence.strong[other] for other in groups.members[groups.name[number]])


def _fits(number: int, evidence: Evidence, groups: Groups) -> list[Fit]:
    """The persons whom a member fits."""
    facts, weights = evidence.facts[number], evidence.weights
    persons: dict[int, int] = {}  # group → its first member with a key in common
    for other, strong in enumerate(evidence.strong):
        if strong and not facts.keys.isdisjoint(evidence.facts[other].keys):
            persons.setdefault(groups.name[other], other)
    fits = []
    for person, other in persons.items():
        lines = compared(facts.values, groups.values(person), evidence.sharedness, weights)
        if (bits := total(lines)) >= evidence.rules.matching.join_bits:
            fits.append((bits, strongest(lines), other))
    return fits


def _only_fit(number: int, fits: list[Fit], evidence: Evidence) -> Link | None:
    """The link to the person whom a member fits, if it fits no other."""
    if len(fits) != 1 or fits[0][0] < evidence.rules.matching.merge_bits:
        return None
    bits, rule, other = fits[0]
    return Link(evidence.members[other].fid, evidence.members[number].fid, rule, bits)
