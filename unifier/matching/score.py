"""The score of two sets of values: bits of evidence that they are one person.

    score = prior + one contribution per field that both know + what the household rules take back

Fellegi & Sunter, "A Theory for Record Linkage", JASA 64 (1969): contributions are log2(m/u) and add up. Per
field the best agreement counts, since a person has several addresses and spellings. A field that one side
does not know says nothing. `explain` and `score` walk the same list, so the explanation is the score.
"""

from collections.abc import Mapping
from typing import NamedTuple

from rapidfuzz.distance import OSA

from unifier.events.canonical import Identifier
from unifier.matching.compare import DIFFER, EQUAL, INITIAL, MISPRINT
from unifier.matching.firstnames import established, one_name
from unifier.matching.told_names import (
    ALIKE,
    IN_MAILBOX,
    SWAPPED,
    borne_out,
    but_the_name,
    meant_by_mailbox,
    names,
)
from unifier.matching.values import NOTHING, Texts, Values, common
from unifier.matching.weights import Level, Weights, best

SHARED = 1_000_000
"""Sharedness of a value that says nothing."""
UNLIKELY = -3.0
"""Below this, birth dates that differ contradict; training may have seen that one person's often do."""
OF_TWO = {"first_name": "first names differ", "suffix": "suffixes differ"}
"""Parts of a name that one person does not have two of, and what it means."""
SURNAMES = "surnames differ"
NAMESAKE = "namesake"
"""Two people of one name: each has a mailbox and a phone, and nothing of it is the other's."""
OF_SEVERAL = "equal, with"
"""So begins the level of an identifier that several people bring."""
ONLY_SHARED = "nothing but a shared token agrees"
TOLD_ONCE = "mailboxes of one name are one fact"

_Evidence = list[tuple[str, str, float]]


class Contribution(NamedTuple):
    """One line of the explanation."""

    field: str
    level: str
    bits: float


def score(a: Values, b: Values, sharedness: Mapping[Identifier, int], weights: Weights) -> float:
    """Bits (log2 odds) that the two are one person. Symmetric.

    `sharedness` gives, for identifiers with more than one holder, the number of people; `SHARED` or
    anything over the rule's `shared_above` makes a value say nothing.
    """
    return total(evidence(a, b, sharedness, weights))


def explain(
    a: Values, b: Values, sharedness: Mapping[Identifier, int], weights: Weights
) -> list[Contribution]:
    """Why they score what they score; the bits sum up to it."""
    return [Contribution(*line) for line in evidence(a, b, sharedness, weights)]


def total(lines: _Evidence) -> float:
    """The sum, always in one order."""
    bits = 0.0
    for line in lines:
        bits += line[2]
    return bits


def evidence(a: Values, b: Values, sharedness: Mapping[Identifier, int], weights: Weights) -> _Evidence:
    """(field, level, bits) of everything that counts, the prior first."""
    lines: _Evidence = [("prior", "two fragments taken at random", weights.prior)]
    first, last = names(a, b, weights)
    if first is not None:
        lines.append(("first_name", first.words, first.bits))
    home = best(weights.address, a.addresses, b.addresses) if a.addresses and b.addresses else None
    if home is not None and last is not None and home.stance > 0 and last.stance > 0:
        family = weights.family(last.words, home.words)
        lines.append(("family", family.words, family.bits))
    else:
        if last is not None:
            lines.append(("last_name", last.words, last.bits))
        if home is not None:
            lines.append(("address", home.words, home.bits))
        else:
            _place(a, b, weights, lines)
    if a.middles and b.middles and (middle := best(weights.middle_name, a.middles, b.middles)) is not None:
        lines.append(("middle_name", middle.words, middle.bits))
    suffix = best(weights.suffix, a.suffixes, b.suffixes) if a.suffixes and b.suffixes else None
    if suffix is not None:
        lines.append(("suffix", suffix.words, suffix.bits))
    birth = best(weights.birth_date, a.births, b.births) if a.births and b.births else None
    if birth is not None:
        lines.append(("birth_date", birth.words, birth.bits))
    if a.attributes and b.attributes:
        _attributes(a.attributes, b.attributes, weights, lines)
    issued = _identifiers(a.ids, b.ids, sharedness, weights, lines)
    _told_once(a, b, first, last, lines)
    of_two = _of_two(first, suffix, weights)
    if of_two:
        born_alike = birth is not None and birth.stance > 0
        if not (born_alike and issued) and not _one_misspelt(a, b, of_two, birth, lines, weights):
            _one_household(lines, of_two, weights)
    else:
        if weights.household and (birth is None or birth.stance <= 0):
            _one_office(a, b, first, last, lines, weights)
        _token_alone(lines, weights)
    return lines


def contradiction(a: Values, b: Values, weights: Weights) -> str:
    """What cannot be one person's: "first_name", "suffix", "birth_date" or ""."""
    first, _ = names(a, b, weights)
    of_two = _of_two(first, best(weights.suffix, a.suffixes, b.suffixes), weights)
    if of_two:
        return of_two
    if len(a.firsts) + len(b.firsts) > 2:  # a misprint between two names: Lea, and Lena who was once Leua
        told = best(weights.first_name, established(a.firsts), established(b.firsts))
        if _of_two(told, None, weights) and first is not None and first.words != SWAPPED:
            return "first_name"
    birth = best(weights.birth_date, a.births, b.births)
    if birth is not None and birth.stance < 0 and birth.bits < UNLIKELY:
        return "birth_date"
    namesakes = (birth is None or birth.stance <= 0) and _reached_elsewhere(a, b, weights)
    return NAMESAKE if namesakes else ""


def _reached_elsewhere(a: Values, b: Values, weights: Weights) -> bool:
    """Both have a mailbox and a phone, and nothing that is issued or used by one agrees: father and son.

    A mailbox of the same name, elsewhere, with a stroke for the dot or another number, is what both of them
    would take.
    """
    mine, theirs = a.ids, b.ids
    for kind in ("email", "phone"):
        values, others = mine.get(kind), theirs.get(kind)
        if not values or not others:
            return False
        unlike = weights.identifiers[kind].unlike
        level = unlike if isinstance(unlike, Level) else best(unlike, values, others)
        if level is None or (level.words == MISPRINT and not but_the_name(a, b, None)):
            return False
        if level.words not in (DIFFER, *ALIKE):
            return False
    return not any(common(values, theirs.get(kind, NOTHING)) for kind, values in mine.items())


def _of_two(first: Level | None, suffix: Level | None, weights: Weights) -> str:
    """The part of the name that only two people can have between them; "" if none says so.

    Where records tell of no households, a first name that differs is one more field that differs.
    """
    if first is not None and first.stance < 0 and weights.household:
        return "first_name"
    return "suffix" if suffix is not None and suffix.stance < 0 else ""


def _one_misspelt(
    a: Values, b: Values, of_two: str, birth: Level | None, lines: _Evidence, weights: Weights
) -> bool:
    """The first names are one, misspelt: a mailbox of both says so, or the two are born alike, an identifier
    is common to them and the name is written so. Not if their own mailbox tells it, too."""
    if of_two != "first_name" or (birth is not None and birth.stance < 0):
        return False
    if borne_out(a) or borne_out(b):
        return False
    born_alike = birth is not None and birth.stance > 0
    return meant_by_mailbox(a, b, born_alike, weights) or (
        born_alike
        and any(bits > 0.0 and field in weights.identifiers for field, _, bits in lines)
        and one_name(a.firsts, b.firsts)
    )


def _place(a: Values, b: Values, weights: Weights, lines: _Evidence) -> None:
    """Add the line of the postcode or else of the city: one fact, as far as no street is known."""
    post = best(weights.postcode, a.postcodes, b.postcodes) if a.postcodes and b.postcodes else None
    if post is not None and post.stance > 0:
        lines.append(("postcode", post.words, post.bits))
    elif a.cities and b.cities and (city := best(weights.city, a.cities, b.cities)) is not None:
        lines.append(("city", city.words, city.bits))
    elif post is not None:
        lines.append(("postcode", post.words, post.bits))


def _attributes(mine: dict[str, Texts], theirs: dict[str, Texts], weights: Weights, lines: _Evidence) -> None:
    """Add the lines of the attributes that the model knows."""
    for name, weigh in weights.attributes.items():
        level = best(weigh, mine.get(name, NOTHING), theirs.get(name, NOTHING))
        if level is not None and level.bits:
            lines.append((f"attribute:{name}", level.words, level.bits))


def _identifiers(
    mine: dict[str, Texts],
    theirs: dict[str, Texts],
    sharedness: Mapping[Identifier, int],
    weights: Weights,
    lines: _Evidence,
) -> bool:
    """Add the lines of the exact identifiers. True if one that is issued to one person (nearly) agrees."""
    issued = False
    for kind, values in mine.items():
        others = theirs.get(kind)
        known = weights.identifiers.get(kind)
        if others is None or known is None:
            continue
        shared = common(values, others)
        if shared:
            holders = min([sharedness.get((kind, value), 1) for value in shared]) if sharedness else 1
            if holders <= known.shared_above:
                bits = known.equal + weights.another_holder * (holders - 1)
                lines.append((kind, "equal" if holders == 1 else f"{OF_SEVERAL} {holders} people", bits))
                issued |= known.own
            continue
        if sharedness:
            most = known.shared_above
            values, others = (_telling(kind, side, sharedness, most) for side in (values, others))
            if not values or not others:
                continue
        unlike = known.unlike
        level = unlike if isinstance(unlike, Level) else best(unlike, values, others)
        if level is not None and level.bits:
            lines.append((kind, level.words, level.bits))
            issued |= known.own and level.bits > 0.0
    return issued


def _told_once(a: Values, b: Values, first: Level | None, last: Level | None, lines: _Evidence) -> None:
    """Mailboxes are alike because they tell a name that agrees: every provider has an anna.huber."""
    alike = sum([bits for field, level, bits in lines if field == "email" and level in ALIKE])
    if alike > 0.0:
        agreeing = [level for level in (first, last) if level is not None and level.bits > 0.0]
        told = sum([level.bits for level in agreeing if level.words == IN_MAILBOX])
        if agreeing and but_the_name(a, b, last):
            told = alike
        if told:
            lines.append(("household", TOLD_ONCE, -min(told, alike)))


def _telling(kind: str, values: Texts, sharedness: Mapping[Identifier, int], most: int) -> Texts:
    """The values that are not shared."""
    return tuple([value for value in values if sharedness.get((kind, value), 1) <= most])


_OF_THE_PERSON = frozenset(("prior", "middle_name"))


def _one_household(lines: _Evidence, of_two: str, weights: Weights) -> None:
    """The names are of two: whatever else agrees is what a home has in common, and one fact.

    Surname, a first name that the son has from his father, address, mailbox, phone, card, even a birth date
    (twins): only the strongest counts, and a positive sum loses more. Not asked where a card or account of
    one's own and the birth date agree.
    """
    words = OF_TWO[of_two]
    _strongest_alone(lines, words)
    if total(lines) > 0.0:
        lines.append(("household", words, weights.household))


def _strongest_alone(lines: _Evidence, words: str) -> None:
    """What agrees is one fact."""
    facts = [bits for field, _, bits in lines if bits > 0.0 and field not in _OF_THE_PERSON]
    if len(facts) > 1:
        lines.append(("household", f"{words}: only the strongest fact counts", max(facts) - sum(facts)))


def _one_office(
    a: Values, b: Values, first: Level | None, last: Level | None, lines: _Evidence, weights: Weights
) -> None:
    """Surnames that differ and are not misspelt, at best an initial in common, and no identifier that but one
    brings: company, house and switchboard are one fact, which colleagues have in common."""
    if last is None or last.stance >= 0:
        return
    if first is not None and (first.stance > 0 or first.words not in (INITIAL, IN_MAILBOX)):
        return
    if any(level == EQUAL and field in weights.identifiers for field, level, _ in lines):
        return
    if all(2 * OSA.distance(x, y) > max(len(x), len(y)) for x in a.lasts for y in b.lasts):
        _strongest_alone(lines, SURNAMES)


def _token_alone(lines: _Evidence, weights: Weights) -> None:
    """A joint card, a browser or a device is never enough alone: without any other agreement it says nothing.

    Two persons who use one tablet are two persons; nameless touches on it are the partition's matter.
    """
    tokens = 0.0
    for field, _, bits in lines:
        if bits > 0.0:
            known = weights.identifiers.get(field)
            if known is None or not known.token:
                return
            tokens += bits
    if tokens:
        lines.append(("household", ONLY_SHARED, -tokens))


def probability(bits: float) -> float:
    """Of log2 odds."""
    return float(1.0 / (1.0 + 2.0 ** -max(-1000.0, min(1000.0, bits))))
