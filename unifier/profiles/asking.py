"""Of which decisions a steward is asked: those that are wrong most often, for each profile asked about.

The shares beside the bounds are those of the public sets and of three seeds of planted traps: of the pairs
that a bound lets in, or keeps out, those that were decided wrongly.
"""

from collections.abc import Iterable

from unifier.matching.score import NAMESAKE, probability, score
from unifier.profiles.evidence import Evidence
from unifier.profiles.groups import Groups
from unifier.profiles.members import Refused, Review

CONTESTED_BITS = 1.0
"""So far beyond the band joins are asked about if a field speaks against them: 18 of 99; else 2 of 54."""
ANONYMOUS_BITS = 1.0
"""So far before its end the band ends where one side tells no first name: 4 of 130 beyond it."""
SETTLED_BITS = 0.0
"""Groups that know more than one identity each are asked about from here on: below, hardly 1 in 100."""
REFUSED = {
    NAMESAKE: ((8.0, 0.3), (6.0, 0.1), (-99.0, 0.03)),
    "first_name": ((12.0, 0.15),),
    "birth_date": ((12.0, 0.15),),
}
"""From which bits on what a rule refused is asked about, and the doubt: of namesakes 25 of 69, 3 of 50,
then 5 of 140 were one, of the others 11 of 40."""
OUTVOTED = 0.7
"""The doubt of a join against all that the two groups tell: 15 of 21."""


def of_joined(lines: Iterable[tuple[str, str, float]], bits: float, high: float) -> float:
    """The doubt of a join with these lines; 0: it is not asked about. `high` is the end of the band."""
    against = named = False
    for field, _, part in lines:
        named |= field == "first_name"
        against |= part < 0 and field not in ("prior", "household")
    if bits >= (high - ANONYMOUS_BITS if not named else high + CONTESTED_BITS if against else high):
        return 0.0
    return probability(-bits)


def of_apart(bits: float) -> float:
    """The doubt of two that stay two; asked about are both."""
    return probability(bits) / 2


def of_refused(evidence: Evidence, groups: Groups, refused: Iterable[Refused]) -> list[Review]:
    """What is asked about pairs that a rule keeps apart, though all that they tell speaks for one person."""
    number_of: dict[bytes, int] = {}
    found: list[Review] = []
    for no in refused:
        if no.reason not in REFUSED:
            continue
        number_of = number_of or {member.fid: number for number, member in enumerate(evidence.members)}
        a, b = (groups.name[number_of[fid]] for fid in no[:2])
        bits = score(groups.values(a), groups.values(b), evidence.sharedness, evidence.weights)
        for least, doubt in REFUSED[no.reason]:
            if bits >= least:
                one, other = sorted(map(groups.fids, (a, b)))
                found.append(Review(one, other, bits, doubt))
                break
    return found
