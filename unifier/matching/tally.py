"""The tally: how often each level of agreement is reached by two records of one person, and by two people.

The people are those whom the matching has found so far. Each counts once, however often he came by: a loyal
customer must not make his own name common.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations, islice
from zlib import crc32

from unifier.matching.compare import DIFFER
from unifier.matching.names import COMPANY
from unifier.matching.scale import Facts, Scale
from unifier.matching.score import evidence, total
from unifier.matching.told_names import OF_A_MAILBOX
from unifier.matching.values import Texts, Values, merged
from unifier.matching.weights import Weights

PAIRS_OF_ONE = 100
"""Pairs of records of one person that are looked at; more tell no more."""
RANDOM_PAIRS = 20_000
HOLDERS_MAX = 20
"""A value of more people than this is taken to be shared by as many people, without a look at each pair."""
FAMILY = "family"
NO_FIELDS = ("prior", "household")
"""Lines of a score that compare nothing."""
_OF_A_HOME = (FAMILY, "address", "email", "phone")

Level = tuple[str, str]
"""(field, level)."""


@dataclass(slots=True, frozen=True)
class Person:
    """A profile that the matching found."""

    records: Sequence[Facts]  # distinct ones
    repeated: Sequence[Facts] = ()  # those that came more than once
    share: float = 1.0  # of its records that the sample was drawn for; 1 if all records are in it


@dataclass(slots=True)
class Tally:
    """Weighted numbers of pairs. `…_known` by field: pairs in which both sides know it."""

    same: dict[Level, float] = field(default_factory=lambda: defaultdict(float))
    same_known: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    other: dict[Level, float] = field(default_factory=lambda: defaultdict(float))
    other_known: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    sharing: dict[str, float] = field(default_factory=lambda: defaultdict(float))  # by two people: one value
    sharing_known: dict[str, float] = field(default_factory=dict)
    people: float = 0.0  # in the whole of which the records are a sample
    matches: float = 0.0  # records of the same person that a record has, on average
    homes: float = 0.0  # pairs with a home in common, other first names, and birth dates known of both
    homes_born_alike: float = 0.0  # of them, those whose birth dates agree


def tally(people: Sequence[Person], records: int, shared: set[str], scale: Scale) -> Tally:
    """Count over people found among so many records in all; `shared` are exact keys that name nobody.

    u of rare values comes from all pairs of people who have one in common, each as far as the two are not
    after all the same person by the present weights: u' = (u - λm)/(1 - λ). u of all other levels comes from
    pairs of people drawn at random.
    """
    found = Tally()
    drawn = sum(person.share * len(person.records) for person in people)
    scaled = records / drawn if drawn else 1.0
    found.people = scaled * sum(person.share for person in people)
    values = [values_of_person(person) for person in people]
    matches = 0.0
    for person in people:
        matches += person.share * len(person.records) * (len(person.records) - 1)
        _count_same(found, person, scale.weights)
    matches += _count_sharing(found, people, values, scaled, shared, scale)
    found.matches = matches / drawn if drawn else 0.0
    _count_others(found, people, values, scale.weights)
    return found


def values_of_person(person: Person) -> Values:
    """Everything known of a person."""
    first, *others = [record.values for record in person.records]
    return merged([first, *others]) if others else first


def _levels(lines: Iterable[tuple[str, str, float]]) -> Iterator[Level]:
    """The levels that two reach. Where surname and address agree, both of them and the family. How
    a mailbox tells a name is not how they write it."""
    told = set()
    for name, level, _ in lines:
        if name in NO_FIELDS or level in OF_A_MAILBOX:
            continue
        if name == FAMILY:
            yield "last_name", "equal"
            yield "address", "equal"
        yield name, level
        told.add(name)
    if "last_name" in told and "address" in told:
        yield FAMILY, "differ"


def _count(
    levels: dict[Level, float], known: dict[str, float], reached: Iterable[Level], weight: float
) -> None:
    for name, level in reached:
        levels[name, level] += weight
        known[name] += weight


def _count_same(found: Tally, person: Person, weights: Weights) -> None:
    """The pairs of records of one person, which together count as often as links that join them.

    A record that came again agrees with itself: left out, whatever differs would seem to differ often.
    """
    number = len(person.records)
    every = max(1, number * (number - 1) // 2 // PAIRS_OF_ONE)
    pairs = [*islice(combinations(person.records, 2), 0, None, every)]
    pairs += [(record, record) for record in person.repeated]
    if not pairs:
        return
    weight = person.share * (number - 1 + len(person.repeated)) / len(pairs)
    for a, b in pairs:
        lines = evidence(a.values, b.values, {}, weights)
        _count(found.same, found.same_known, _levels(lines), weight)
        _count_home(found, lines, weight)


def _count_sharing(
    found: Tally,
    people: Sequence[Person],
    values: Sequence[Values],
    scaled: float,
    shared: set[str],
    scale: Scale,
) -> float:
    """People who have a rare value in common; gives how many records of theirs may yet be of one person."""
    holders: dict[Level, list[int]] = defaultdict(list)
    having: dict[str, float] = defaultdict(float)
    for number, person in enumerate(people):
        fields = set()
        for name, value in rare_values(values[number], shared):
            holders[name, value].append(number)
            fields.add(name)
        for name in fields:
            having[name] += person.share
    found.sharing_known = {name: share * share * scaled for name, share in having.items()}
    same = _Same(values, scale.weights)
    together: set[tuple[int, int]] = set()
    for (name, _), numbers in holders.items():
        if len(numbers) > HOLDERS_MAX:
            found.sharing[name] += sum(people[each].share for each in numbers) * (len(numbers) - 1)
            continue
        for a, b in combinations(numbers, 2):
            weight = people[a].share + people[b].share
            found.sharing[name] += weight * (1.0 - same.probability(a, b))
            together.add((a, b))
    missed = 0.0
    for a, b in sorted(together):
        share = people[a].share + people[b].share
        weight = share * same.probability(a, b)
        missed += weight * len(people[a].records) * len(people[b].records)
        lines = evidence(people[a].records[0].values, people[b].records[0].values, {}, scale.weights)
        _count(found.same, found.same_known, _levels(lines), weight / 2)
        _count_home(found, lines, share / 2)
    return missed


def _count_home(found: Tally, lines: Iterable[tuple[str, str, float]], weight: float) -> None:
    """Two with a home in common who are of two by their first names: housemates, or one whose name was lost.

    Housemates are rarely born on one day.
    """
    told = {name: (level, bits) for name, level, bits in lines}
    first, birth = told.get("first_name"), told.get("birth_date")
    if first is None or birth is None or first[0] != DIFFER:
        return
    if any(name in told and told[name][1] > 0.0 for name in _OF_A_HOME):
        found.homes += weight
        found.homes_born_alike += weight if birth[1] > 0.0 else 0.0


class _Same:
    """How probable it is that two whom the matching kept apart are one person."""

    def __init__(self, values: Sequence[Values], weights: Weights) -> None:
        self._values = values
        self._weights = weights
        self._known: dict[tuple[int, int], float] = {}

    def probability(self, a: int, b: int) -> float:
        found = self._known.get((a, b))
        if found is None:
            bits = total(evidence(self._values[a], self._values[b], {}, self._weights))
            found = self._known[a, b] = 1.0 / (1.0 + 2.0 ** -max(-60.0, min(60.0, bits)))
        return found


def names_of(values: Values, field: str) -> Texts:
    """First or last names, some of which are common; a company has no first name."""
    if field == "first_name":
        return tuple([name for name in values.firsts if name != COMPANY])
    return values.lasts


def rare_values(values: Values, shared: set[str]) -> Iterator[Level]:
    """(field, value) of what hardly two people have in common."""
    for birth in values.births:
        yield "birth_date", birth
    for address in values.addresses:
        yield "address", address
        for last in values.lasts:
            yield FAMILY, f"{last}|{address}"
    for kind, own in values.ids.items():
        for value in own:
            if f"{kind}|{value}" not in shared:
                yield kind, value


def _count_others(found: Tally, people: Sequence[Person], values: Sequence[Values], weights: Weights) -> None:
    """Pairs of people drawn by a fixed hash."""
    for number in range(RANDOM_PAIRS if len(people) > 1 else 0):
        a, b = crc32(b"a%d" % number) % len(people), crc32(b"b%d" % number) % len(people)
        weight = people[a].share * people[b].share
        if a != b and weight:  # neighbours of a sample were not drawn
            lines = evidence(values[a], values[b], {}, weights)
            _count(found.other, found.other_known, _levels(lines), weight)
