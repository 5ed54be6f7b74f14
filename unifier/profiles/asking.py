"""Of which decisions a steward is asked: those that are wrong most often, for each profile asked about.

    doubt = the probability that the decision is wrong / the profiles to look at

The probability is that of the evidence between the two sides, corrected for what the weights do not know:
who differs in one field mostly differs in the next. The shares beside the numbers are those of the public
sets and of made ones (retail, traps, registers), so many wrong of so many asked.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from math import log2

from unifier.matching.compare import DIFFER, INITIAL, MISPRINT
from unifier.matching.contacts import named_after
from unifier.matching.firstnames import misspelt
from unifier.matching.score import NAMESAKE, OF_SEVERAL, OF_TWO, ONLY_SHARED, UNLIKELY, probability, total
from unifier.matching.score import evidence as compared
from unifier.matching.values import Values
from unifier.matching.weights import Weights
from unifier.profiles.evidence import Evidence, Pair
from unifier.profiles.groups import Groups
from unifier.profiles.members import NO_FIRST_NAME, Link, Refused, Review

Lines = Sequence[tuple[str, str, float]]
"""(field, level, bits), as `score.evidence` gives them."""

AGAINST_BITS = 2.0
"""What a field that speaks against one person takes from it beyond its own bits. Of joins 104 of 3,664 are
wrong where none does, 60 of 455 where one, 36 of 59 where more do. A surname takes nothing: of joins of two
surnames 4 of 285 are wrong. Of two that stay two the first field is counted by its bits alone."""
BORN_BITS = 4.0
"""What other birth dates take further from a join, unless training has seen that one person's often differ:
58 of 66 are wrong."""
HOME_BITS = 4.0
"""What it takes that nothing but a surname and a place agrees, as of any two of a household: 49 of 75."""
SURNAME_BITS = 2.0
"""What other surnames give back to two that stay two: where nothing else speaks against them, 63 of 116 are
one, of whom the bits say 35."""
INITIAL_BITS = 1.5
"""What it takes from either decision that of the first name but an initial agrees: of such who stay two 41
of 129 are one, of whom the bits say 72; where one field differs, which then counts, 9 of 82, of whom they
say 33. Of joins 18 of 87 are wrong, of which they say 10."""
MISSPELT_MAILBOX = 0.6
"""The probability that two are one of whom nothing but a mailbox is known, misspelt: 147 of 239."""
OWN_MAILBOX, ANOTHERS_MAILBOX = 0.13, 0.39
"""The probability that a join is wrong of who tells but a mailbox that several use: where it is named after
the person whom he came to 9 of 69 are, else 11 of 28."""
BUT_A_NUMBER = 0.3
"""The probability that two are one who have nothing in common but what is issued to one person: 2 of 3. Where
a surname or an address agrees too, a household writes down one another's numbers: 29 of 190."""
JOINED_BITS, APART_BITS = 1.0, 0.5
"""By how much joins are better than the above says, and decisions to stay two worse."""
UNDOUBTED_BITS = 12.0
"""Joins from here on are not looked at: three fields would have to speak against them."""
REFUSED = {
    NAMESAKE: ((8.0, 0.3), (6.0, 0.1), (-99.0, 0.03)),
    "first_name": ((12.0, 0.2), (-99.0, 0.1)),
    "birth_date": ((12.0, 0.15),),
    NO_FIRST_NAME: ((-99.0, 0.15),),
}
"""From which bits on what a rule refused is asked about, and the doubt: of namesakes 25 of 69, 3 of 50,
then 5 of 140 were one, of first names 50 of 110, then 30 of 160, of birth dates 11 of 40; of 40 whose record
between them tells no first name 3 were, and 4 records were the other's."""
BORN_OTHERWISE = ((-99.0, 0.03),)
"""The same of two whose first names and birth dates differ: 6 of 75 were one."""
MISSPELT = ((15.0, 0.7), (0.0, 0.25))
MISSPELT_BORN_ALIKE = ((5.0, 0.9), (0.0, 0.5))
"""From how many bits on of everything else two whose first names differ are one, misspelt, and how probably:
52 of 70, then 70 of 266; where they are born alike 256 of 269, then 16 of 27."""
JOINED_MISSPELT = 0.05
"""The probability that a join of such two is wrong where the rest says most: none of 68."""
MISPRINT_BITS = -10.0
"""What the rule about households takes, at most, from two who would be one without it."""
OWNERS_ASKED = 3
"""Whose something is, is asked among so many persons: what more have in common is an office's or a hall's."""
ATTACHED = 0.04
"""The doubt whether what names nobody is his whom all it carries names: 340 of 7,100. Too little to be asked
by itself; who looks at a profile anyway is asked."""


def of_joined(lines: Lines, bits: float, a: Values, b: Values, weights: Weights) -> float:
    """The probability that a join with these lines is wrong.

    An identifier that several bring speaks against it, unless it is issued to one: of 82 loyalty cards shown
    with two payment cards one was two persons'. First names that are probably one, misspelt, do not; nor,
    where name and home agree, does another mailbox, phone or card: of such joins 4 of 94 are wrong.
    """
    against = _against(lines)
    if _by_name_and_home(lines):
        against -= sum([bits < 0.0 and field in weights.identifiers for field, _, bits in lines])
    against += sum(
        [level.startswith(OF_SEVERAL) and not weights.identifiers[field].own for field, level, _ in lines]
    )
    doubt = AGAINST_BITS * against - bits - JOINED_BITS
    if _born_otherwise(lines):
        doubt += BORN_BITS
    if _of_one_home(lines):
        doubt += HOME_BITS
    if _by_initial(lines):
        doubt += INITIAL_BITS
    if [field for field, _, _ in lines[1:]] == ["email"] and lines[1][1].startswith(OF_SEVERAL):
        return OWN_MAILBOX if _named_after(a, b) else ANOTHERS_MAILBOX
    one_misspelt = of_misprint(lines, a, b)
    if one_misspelt >= MISSPELT[0][1]:
        return min(probability(doubt), JOINED_MISSPELT)
    return min(probability(doubt), 1.0 - one_misspelt)


def of_two(lines: Lines, bits: float) -> float:
    """The probability that two who stay two are one.

    A rule says that a card in common is never enough: how probable they are one without that rule?
    """
    muted = sum([part for _, level, part in lines if level == ONLY_SHARED])
    for_one = bits - muted + APART_BITS
    against, surname = _against(lines), any(field == "last_name" and part < 0.0 for field, _, part in lines)
    if _by_initial(lines):
        return probability(for_one - INITIAL_BITS - AGAINST_BITS * (against + surname))
    for_one += SURNAME_BITS if surname and not against else -AGAINST_BITS * max(0, against + surname - 1)
    if [line[:2] for line in lines[1:]] == [("email", MISPRINT)]:
        return max(probability(for_one), MISSPELT_MAILBOX)
    return probability(for_one)


def of_misprint(lines: Lines, a: Values, b: Values) -> float:
    """The probability that two whose first names differ are one, whose name is misspelt.

    The bits do not tell: with names of two, all that a home has in common counts as one fact.
    """
    if _born_otherwise(lines) or not any(
        field == "first_name" and level == DIFFER for field, level, _ in lines
    ):
        return 0.0
    rest = sum([bits for field, _, bits in lines if field not in ("first_name", "household")])
    born_alike = any(field == "birth_date" and bits > 0.0 for field, _, bits in lines)
    for least, doubt in MISSPELT_BORN_ALIKE if born_alike else MISSPELT:
        if rest >= least:
            return doubt if misspelt(a.firsts, b.firsts) else 0.0
    return 0.0


def _against(lines: Lines) -> int:
    """How many fields speak against one person, but for the surname, whose bits say enough, and for first
    names that are somewhat alike, whatever a model says of these: of 11 such joins none was wrong."""
    return sum(
        [
            part < 0.0 and field not in _NO_WORD and (field != "first_name" or level == DIFFER)
            for field, level, part in lines
        ]
    )


def _born_otherwise(lines: Lines) -> bool:
    """Birth dates differ, which one person's do not."""
    return any(field == "birth_date" and part < UNLIKELY for field, _, part in lines)


def _but_a_number(lines: Lines, weights: Weights) -> bool:
    """All that agrees is identifiers that are issued to one person."""
    agreeing = [field for field, _, part in lines[1:] if part > 0.0]
    return bool(agreeing) and all(
        field in weights.identifiers and weights.identifiers[field].own for field in agreeing
    )


def _named_after(a: Values, b: Values) -> bool:
    """A mailbox that they have in common tells a name of theirs."""
    firsts, lasts = a.firsts or b.firsts, a.lasts or b.lasts or ("",)
    mailboxes = set(a.ids["email"]).intersection(b.ids["email"])
    return any(named_after(each, first, last) for each in mailboxes for first in firsts for last in lasts)


def _by_name_and_home(lines: Lines) -> bool:
    """First name, or its initial, surname and address agree."""
    return {"first_name", "family"} <= {field for field, _, part in lines if part > 0.0}


def _by_initial(lines: Lines) -> bool:
    """Of the first name no more than an initial agrees."""
    return any(field == "first_name" and level == INITIAL for field, level, _ in lines)


def _of_one_home(lines: Lines) -> bool:
    """A surname and a place are all that agrees."""
    agreeing = {field for field, _, part in lines if part > 0.0}
    return agreeing <= _OF_A_HOME and not agreeing.isdisjoint(_SURNAMES)


_NO_WORD = frozenset(("prior", "household", "last_name"))
_SURNAMES = frozenset(("last_name", "family"))
_OF_A_HOME = _SURNAMES | {"address", "postcode", "city"}


def of_apart(evidence: Evidence, groups: Groups, pairs: Mapping[Pair, float]) -> list[Review]:
    """What is asked about members that are in two groups and might be one; `pairs` with their bits."""
    least = evidence.rules.matching.review_doubt
    strongest: dict[Pair, Pair] = {}
    name = groups.name
    for pair, bits in pairs.items():
        a, b = name[pair[0]], name[pair[1]]
        if a != b:
            between = (a, b) if a < b else (b, a)
            known = strongest.setdefault(between, pair)
            if bits > pairs[known] or (bits == pairs[known] and pair < known):
                strongest[between] = pair
    found: list[Review] = []
    for (a, b), pair in strongest.items():
        lines = compared(groups.values(a), groups.values(b), evidence.sharedness, evidence.weights)
        bits = sum([part for _, _, part in lines]) + evidence.asserted(*pair)[0]
        wrong = max(of_two(lines, bits), of_misprint(lines, groups.values(a), groups.values(b)))
        if _but_a_number(lines, evidence.weights):
            wrong = max(wrong, BUT_A_NUMBER)
        if wrong < least or groups.barred(a, b):
            continue
        if not (groups.both_settled(a, b) and groups.contradiction(a, b)):  # else a rule has refused it
            one, other = sorted(map(groups.fids, (a, b)))
            found.append(Review(one, other, bits, wrong / 2))
    return found


def of_whose(groups: Groups, name: int, persons: Collection[int]) -> list[Review]:
    """What is asked about a group that fits several persons, of each: one is as likely as the other.

    Nearly always it is one of theirs, and for each question one person more is looked at.
    """
    if not 1 < len(persons) <= OWNERS_ASKED:
        return []
    bits, doubt = log2(1 / (len(persons) - 1)), 1 / len(persons)
    found: list[Review] = []
    for person in persons:
        if not groups.barred(name, person):
            one, other = sorted(map(groups.fids, (name, person)))
            found.append(Review(one, other, bits, doubt))
    return found


def of_attached(groups: Groups, links: Iterable[Link], asked: Iterable[Review]) -> list[Review]:
    """What is asked about profiles that are looked at anyway: are the nameless that came to them theirs?"""
    looked_at = {fid for review in asked for side in review[:2] for fid in side}
    found: list[Review] = []
    if looked_at:
        whole = {fid: fids for fids in map(groups.fids, groups.members) for fid in fids}
        for link in links:
            if looked_at.isdisjoint(whole[link.b]):
                continue
            rest = tuple([fid for fid in whole[link.b] if fid != link.b])
            one, other = sorted(((link.b,), rest))
            found.append(Review(one, other, link.bits, ATTACHED))
    return found


def of_refused(evidence: Evidence, groups: Groups, refused: Iterable[Refused]) -> list[Review]:
    """What is asked about pairs that a rule keeps apart, though all that they tell speaks for one person."""
    number_of: dict[bytes, int] = {}
    found: list[Review] = []
    for no in refused:
        if no.reason not in REFUSED:
            continue
        number_of = number_of or {member.fid: number for number, member in enumerate(evidence.members)}
        a, b = (groups.name[number_of[fid]] for fid in no[:2])
        lines = compared(groups.values(a), groups.values(b), evidence.sharedness, evidence.weights)
        bits = total(lines)
        born_otherwise = no.reason in OF_TWO and _born_otherwise(lines)
        for least, doubt in BORN_OTHERWISE if born_otherwise else REFUSED[no.reason]:
            if bits >= least:
                one, other = sorted(map(groups.fids, (a, b)))
                found.append(Review(one, other, bits, doubt))
                break
    return found
