"""Members without a name or an identifier, but with a birth date: each goes to the one person whom it fits.

A birth date and a postcode may single one person out. But what fits two persons, twins or namesakes of a day,
is neither's, and so it is if two whom a word has put together fit different ones; and such members bind no
persons together: they come when it is decided who the persons are.
"""

from unifier.matching.scale import strongest
from unifier.matching.score import evidence as compared
from unifier.matching.score import total
from unifier.profiles.asking import of_whose
from unifier.profiles.evidence import Evidence
from unifier.profiles.groups import Groups
from unifier.profiles.members import Link, Review

Fit = tuple[float, str, int, int]
"""Bits, the rule that says most, a member of the person, and who fits."""


def dated(evidence: Evidence, groups: Groups) -> tuple[list[Link], list[Review]]:
    """Join them to the persons in `groups`, say by which members, and ask whose the others are."""
    fits: dict[int, list[Fit]] = {}  # of those whom a word has put together, all
    for number, facts in enumerate(evidence.facts):
        if (
            facts.values.births
            and not evidence.members[number].alone
            and _names_nobody(number, evidence, groups)
        ):
            fits.setdefault(groups.name[number], []).extend(_fits(number, evidence, groups))
    links: list[Link] = []
    reviews: list[Review] = []
    # All are found before the first is joined: none depends on another.
    for name, found in fits.items():
        persons = {groups.name[other] for _, _, other, _ in found}
        if len(persons) == 1:
            bits, rule, other, number = max(found)
            person = groups.name[other]
            if bits >= evidence.rules.matching.merge_bits and not groups.barred(person, name):
                groups.join(person, name)
                links.append(Link(evidence.members[other].fid, evidence.members[number].fid, rule, bits))
        else:
            reviews += of_whose(groups, name, persons)
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
            fits.append((bits, strongest(lines), other, number))
    return fits
