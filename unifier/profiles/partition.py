"""The partition: who is one person, as a pure function of what a component contains.

It does not know the order of arrival, remembers no earlier decision and merges nothing in place: the
same members, words and rules always give the same groups, so taking a word back restores what was.

    persons     members with a name or an identifier that names one person: the strongest evidence first
    dated       members with a birth date and no name: joined to the one person whom they fit
    accounts    of which no name is known: joined to the one named person who pays with the same card
    nameless    browsers, devices, cards, receipts: attached to the one person they name, else on their own,
                and it is asked whose of the two or three they are
    alone       without consent to stitch: by themselves, whatever anybody else says
"""

from collections.abc import Callable, Sequence, Set
from typing import TypeVar

from unifier.profiles.agglomerate import Agglomeration
from unifier.profiles.asking import of_apart, of_attached, of_refused
from unifier.profiles.attach import Attachment
from unifier.profiles.dated import dated
from unifier.profiles.evidence import Evidence
from unifier.profiles.groups import Groups
from unifier.profiles.members import Link, Member, Partition, Refused, Review, Separation, Tie
from unifier.profiles.namesakes import between_two
from unifier.profiles.owners import owners
from unifier.rules import Rules

__all__ = ["Link", "Member", "Partition", "Refused", "Review", "Separation", "Tie", "partition"]

AnyGroups = TypeVar("AnyGroups", bound=Groups)

REFUSED_MAX = 100
"""Of one component; the strongest."""
REVIEWS_MAX = 20
"""Of one component; those with the greatest doubt. Beside those that nobody could decide."""


def partition(
    members: Sequence[Member],
    ties: Sequence[Tie],
    separations: Sequence[Separation],
    shared: Set[str],
    rules: Rules,
    reviews: int = REVIEWS_MAX,
) -> Partition:
    """Put the members of one component into groups, one per person.

    `shared` are exact keys ("email|info@example.org") known to name nobody, because of holders that
    may sit in other components. Words about fragments that are not members are ignored.
    """
    if len(members) == 1:
        return Partition([(members[0].fid,)])
    evidence = Evidence(members, ties, separations, shared, rules)
    return decide(evidence, Groups, reviews)[0]


def decide(
    evidence: Evidence, make: Callable[[Evidence], AnyGroups], reviews_max: int = REVIEWS_MAX
) -> tuple[Partition, AnyGroups]:
    """Put the members of the evidence together in groups, which are given too; `make` makes them anew."""
    groups = make(evidence)
    persons = Agglomeration(evidence, groups)
    persons.run()
    if between := between_two(evidence, groups, persons.refused):
        groups = make(evidence)
        persons = Agglomeration(evidence, groups, between)
        persons.run()
    described, asked = dated(evidence, groups)
    described += owners(evidence, groups)
    nameless = Attachment(evidence, groups)
    nameless.run()
    fids = [member.fid for member in evidence.members]
    refused = _strongest(persons.refused + nameless.refused, fids, groups)
    reviews = persons.reviews + asked + nameless.reviews
    reviews += of_apart(evidence, groups, persons.near) + of_refused(evidence, groups, refused)
    reviews += of_attached(groups, nameless.links, reviews)
    decided = Partition(
        sorted(tuple(sorted(fids[number] for number in group)) for group in groups.members.values()),
        sorted(persons.links + described + nameless.links),
        refused,
        _most_doubtful(reviews)[:reviews_max],
    )
    return decided, groups


def _most_doubtful(reviews: list[Review]) -> list[Review]:
    """Per two groups the review with the greatest doubt, and of all the greatest."""
    found: dict[tuple[tuple[bytes, ...], ...], Review] = {}
    for review in sorted(reviews, key=lambda review: (-review.doubt, review)):
        found.setdefault(review[:2], review)
    return list(found.values())


def _strongest(refused: Sequence[Refused], fids: list[bytes], groups: Groups) -> list[Refused]:
    """Per two groups of the result the strongest evidence that was refused."""
    if not refused:
        return []
    group_of = dict(zip(fids, groups.name, strict=True))
    strongest: dict[tuple[int, int], Refused] = {}
    for entry in sorted(refused, key=lambda entry: (-entry.bits, entry)):
        low, high = sorted((group_of[entry.a], group_of[entry.b]))
        if low != high:
            strongest.setdefault((low, high), entry)
    return sorted(list(strongest.values())[:REFUSED_MAX])
