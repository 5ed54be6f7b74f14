"""The score of two sets of values: bits of evidence that they are one person.

    score = prior + one contribution per field that both know + what the household rules take back

Fellegi & Sunter, "A Theory for Record Linkage", JASA 64 (1969): contributions are log2(m/u) and add up. Per
field the best agreement counts, since a person has several addresses and spellings. A field that one side
does not know says nothing. `explain` and `score` walk the same list, so the explanation is the score.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from unifier.events.canonical import Identifier
from unifier.matching.compare import (
    AGREES,
    CONTRADICTION,
    FAMILY_HOME,
    Level,
    addresses,
    birth_dates,
    cities,
    emails,
    first_names,
    last_names,
    middle_names,
    phones,
)
from unifier.matching.values import Texts, Values
from unifier.rules import IdentifierRule, Rules

ANOTHER_HOLDER = 1.5
"""Bits that an identifier loses with each further person who brings it."""
SHARED = 1_000_000
"""Sharedness of a value that says nothing."""
HOUSEHOLD_LOSS = 10.0
"""Taken from a positive sum when first names contradict: two people of one home agree on all but the name."""

Comparison = Callable[[str, str], Level]
_MISSPELT: dict[str, Comparison] = {"email": emails, "phone": phones, "national_id": phones}
"""Identifiers that people write by hand: nearly equal says something too."""

_OF_A_HOME = frozenset(("email", "phone"))
"""Identifiers that name one person, and yet couples and families use together."""

_Evidence = list[tuple[str, str, float]]


class Contribution(NamedTuple):
    """One line of the explanation."""

    field: str
    level: str
    bits: float


def score(a: Values, b: Values, sharedness: Mapping[Identifier, int], rules: Rules) -> float:
    """Bits (log2 odds) that the two are one person. Symmetric.

    `sharedness` gives, for identifiers with more than one holder, the number of people; `SHARED` or
    anything over the rule's `shared_above` makes a value say nothing.
    """
    return total(evidence(a, b, sharedness, rules))


def explain(a: Values, b: Values, sharedness: Mapping[Identifier, int], rules: Rules) -> list[Contribution]:
    """Why they score what they score; the bits sum up to it."""
    return [Contribution(*line) for line in evidence(a, b, sharedness, rules)]


def total(lines: _Evidence) -> float:
    """The sum, always in one order."""
    bits = 0.0
    for line in lines:
        bits += line[2]
    return bits


def evidence(a: Values, b: Values, sharedness: Mapping[Identifier, int], rules: Rules) -> _Evidence:
    """(field, level, bits) of everything that counts, the prior first."""
    lines: _Evidence = [("prior", "two fragments taken at random", rules.matching.prior_bits)]
    first, last = _names(a, b)
    if first is not None:
        lines.append(("first_name", first[1], first[0]))
    home = _best(addresses, a.addresses, b.addresses) if a.addresses and b.addresses else None
    if home is not None and last is not None and home[0] > AGREES and last[0] > AGREES:
        lines.append(("family", FAMILY_HOME[1], FAMILY_HOME[0]))
    else:
        if last is not None:
            lines.append(("last_name", last[1], last[0]))
        if home is not None:
            lines.append(("address", home[1], home[0]))
        elif a.cities and b.cities and (city := _best(cities, a.cities, b.cities)) is not None:
            lines.append(("city", city[1], city[0]))
    if a.middles and b.middles and (middle := _best(middle_names, a.middles, b.middles)) is not None:
        lines.append(("middle_name", middle[1], middle[0]))
    birth = _best(birth_dates, a.births, b.births) if a.births and b.births else None
    if birth is not None:
        lines.append(("birth_date", birth[1], birth[0]))
    sure = _identifiers(a.ids, b.ids, sharedness, rules, lines)
    if first is not None and first[0] < CONTRADICTION:
        if not (sure and birth is not None and birth[0] > AGREES):
            _one_household(lines)
    else:
        _token_alone(lines, rules)
    return lines


def contradiction(a: Values, b: Values) -> str:
    """What cannot be one person's: "first_name", "birth_date" or ""."""
    first, _ = _names(a, b)
    if first is not None and first[0] < CONTRADICTION:
        return "first_name"
    birth = _best(birth_dates, a.births, b.births)
    return "birth_date" if birth is not None and birth[0] < CONTRADICTION else ""


def _best(compare: Comparison, mine: Texts, theirs: Texts) -> Level | None:
    """The best level over all pairs; None if one side knows nothing."""
    if not mine or not theirs:
        return None
    if len(mine) == 1 == len(theirs):
        (x,), (y,) = mine, theirs
        return compare(x, y)
    return max([compare(x, y) for x in mine for y in theirs])


def _names(a: Values, b: Values) -> tuple[Level | None, Level | None]:
    """Levels of first and last name; also with first and last in the wrong fields."""
    first = _best(first_names, a.firsts, b.firsts) if a.firsts and b.firsts else None
    last = _best(last_names, a.lasts, b.lasts) if a.lasts and b.lasts else None
    if first is None or last is None or first[0] > 0.0:
        return first, last
    ways = []
    for left, right in ((a, b), (b, a)):
        crossed_first = _best(first_names, left.firsts, right.lasts)
        crossed_last = _best(last_names, left.lasts, right.firsts)
        if (
            crossed_first is not None
            and crossed_last is not None
            and min(crossed_first[0], crossed_last[0]) > AGREES
        ):
            ways.append((crossed_first[0], crossed_last[0]))
    if not ways:
        return first, last
    bits = min(ways)  # which is which is unknown: the weaker reading
    return (bits[0], "first and last name swapped"), (bits[1], "first and last name swapped")


def _identifiers(
    mine: dict[str, Texts],
    theirs: dict[str, Texts],
    sharedness: Mapping[Identifier, int],
    rules: Rules,
    lines: _Evidence,
) -> bool:
    """Add the lines of the exact identifiers. True if one that nobody else uses agrees."""
    sure = False
    for kind, values in mine.items():
        others = theirs.get(kind)
        rule = rules.identifiers.get(kind)
        if others is None or rule is None:
            continue
        common = values & others
        if common:
            holders = min([sharedness.get((kind, value), 1) for value in common]) if sharedness else 1
            if holders <= rule.shared_above:
                bits = rule.bits - ANOTHER_HOLDER * (holders - 1)
                lines.append((kind, "equal" if holders == 1 else f"equal, with {holders} people", bits))
                sure |= rule.strength == "person" and kind not in _OF_A_HOME
            continue
        if sharedness:
            values, others = (_telling(kind, side, sharedness, rule) for side in (values, others))
            if not values or not others:
                continue
        if kind in _MISSPELT:
            level = _best(_MISSPELT[kind], values, others)
            if level is not None and level[0] > 0.0:
                lines.append((kind, level[1], level[0]))
                continue
        if rule.differ:
            lines.append((kind, "differ", rule.differ))
    return sure


def _telling(kind: str, values: Texts, sharedness: Mapping[Identifier, int], rule: IdentifierRule) -> Texts:
    """The values that are not shared."""
    return frozenset([value for value in values if sharedness.get((kind, value), 1) <= rule.shared_above])


_OF_THE_PERSON = frozenset(("prior", "first_name", "middle_name"))


def _one_household(lines: _Evidence) -> None:
    """First names contradict: whatever else agrees is what a home has in common, and one fact.

    Surname, address, mailbox, phone, card, even a birth date (twins): only the strongest counts, and a
    positive sum loses more. Not asked where a card or account of one's own and the birth date agree.
    """
    facts = [bits for field, _, bits in lines if bits > 0.0 and field not in _OF_THE_PERSON]
    if len(facts) > 1:
        lines.append(
            ("household", "first names differ: only the strongest fact counts", max(facts) - sum(facts))
        )
    if total(lines) > 0.0:
        lines.append(("household", "first names differ", -HOUSEHOLD_LOSS))


def _token_alone(lines: _Evidence, rules: Rules) -> None:
    """A joint card, a browser or a device is never enough alone: without any other agreement it says nothing.

    Two persons who use one tablet are two persons; nameless touches on it are the partition's matter.
    """
    tokens = 0.0
    for field, _, bits in lines:
        if bits > 0.0:
            rule = rules.identifiers.get(field)
            if rule is None or rule.strength == "person":
                return
            tokens += bits
    if tokens:
        lines.append(("household", "nothing but a shared token agrees", -tokens))
