"""Households: people who are tied by a home, a telephone, a mailbox, a card or a device.

A pure function of the people and what is known of them: no order, nothing kept, so whatever is undone among
the people is undone here. It says nothing of who is one person.

The score of two people is log2 of the odds that they are of one household:

    the place they have in common, with their surnames + each identifier that both bring
    + for identifiers alone, what surnames and addresses say to it

A place counts by what it is (`homes`): in a home everybody is of the household; among many parties two of one
surname are, if that surname is not to be expected twice there, and two of different surnames are not. Groups
are joined from the strongest pair on while the mean over all pairs between them is over the bar, so that no
chain of weak ties makes strangers a household.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from math import log2
from typing import TypeVar

from unifier.matching.identity import FLAT, Identity, names_nobody
from unifier.matching.names import COMPANY
from unifier.profiles.homes import Address, Addresses, Place, flats_agree, places, surnames_agree
from unifier.rules import Rules

LARGEST = 15
"""People of one household."""
EVERYBODY = 40
"""People up to whom all pairs are looked at; at a place with more, only those of one surname."""
TIE = {2: 4.0, 3: 3.0, 4: 2.0, 5: 1.0, 6: 1.0}
"""Bits of an identifier by the people who bring it; what more bring is a firm's, a shop's or nobody's."""
SAME_SURNAME, OTHER_SURNAME, OTHER_ADDRESS = 3.0, -1.5, -3.5
"""Bits beside a common identifier where no place is in common."""
STRANGERS, PERHAPS = -4.0, -2.0
"""Bits where nothing is in common: though both addresses are known, and where one is not."""
SURE = 6.0
"""Bits beyond which nothing is believed, for or against."""
ONE_FLAT, TWO_FLATS = 0.9, 0.05
"""The chance that two of one house are a household where both tell their flat."""
FEWEST_MATES, FIRST_MATES, BELIEVED = 0.02, 0.5, 5
"""Own household at a place of many parties: people at least, and before there are data, worth so many."""

Pair = tuple[str, str]
Value = TypeVar("Value")


@dataclass(slots=True, frozen=True)
class Person:
    """What ties one person to others."""

    lasts: frozenset[str]
    houses: frozenset[Address]
    streets: frozenset[Address]  # of all its addresses, without the number
    vague: frozenset[Address]  # those whose number was not told
    flats: Mapping[Address, frozenset[str]]  # of houses, where they were told
    ids: frozenset[tuple[str, str]]
    named: bool


def households(people: Mapping[str, Iterable[Identity]], rules: Rules) -> dict[str, str]:
    """Person → the first of the household's people; who lives with nobody is a household of one."""
    known = Neighbours({name: list(told) for name, told in people.items()}, rules)
    scores = {pair: known.score(*pair) for pair in known.candidates()}
    strongest = sorted((pair for pair in scores if scores[pair] >= 0), key=lambda pair: (-scores[pair], pair))
    groups = {name: [name] for name in known.people}
    for a, b in strongest:
        one, other = groups[a], groups[b]
        if one is not other and len(one) + len(other) <= LARGEST:
            between = [(p, q) if p < q else (q, p) for p in one for q in other]
            for pair in between:
                if pair not in scores:
                    scores[pair] = known.score(*pair)
            if sum(scores[pair] for pair in between) >= 0:
                one += other
                groups |= dict.fromkeys(other, one)
    return {name: min(group) for name, group in groups.items()}


class Neighbours:
    """People, their places, and the identifiers that several of them bring."""

    def __init__(self, told: Mapping[str, list[Identity]], rules: Rules) -> None:
        addresses = Addresses(identity for identities in told.values() for identity in identities)
        self.people = {name: _person(told[name], addresses, rules) for name in sorted(told)}
        self._at = _holders({name: person.houses for name, person in self.people.items()})
        self._on = _holders({name: person.streets for name, person in self.people.items()})
        self._holders = _holders({name: person.ids for name, person in self.people.items()})
        self.places = places(self._at, {name: person.lasts for name, person in self.people.items()})
        self._ties = {pair: self._tie(names) for pair, names in self._holders.items()}
        self._homes_of = self._count_homes()
        self._mates = {address: self._mates_at(place) for address, place in self.places.items()}

    def candidates(self) -> set[Pair]:
        """Pairs with a house, a street and surname, or an identifier in common that might say something."""
        found: set[Pair] = set()
        for address, place in self.places.items():
            here = self._at[address]
            for group in [here] if len(here) <= EVERYBODY else place.families:
                found |= _pairs(group)
        for street, names in self._on.items():
            if vague := {name for name in names if street in self.people[name].vague}:
                for alike in _holders({name: self.people[name].lasts for name in names}).values():
                    found.update(pair for pair in _pairs(alike) if not vague.isdisjoint(pair))
        for pair, names in self._holders.items():
            if self._ties[pair]:
                found |= _pairs(names)
        return found

    def score(self, a: str, b: str) -> float:
        """Bits for one household."""
        one, other = self.people[a], self.people[b]
        same = surnames_agree(one.lasts, other.lasts) if one.lasts and other.lasts else None
        ties = sum(self._ties[pair] for pair in one.ids & other.ids)
        place = self._place(one, other, same)
        elsewhere = bool(one.houses and other.houses)
        if place is not None:
            bits = place + ties
        elif ties:
            bits = ties + (0.0 if same is None else SAME_SURNAME if same else OTHER_SURNAME)
            bits += OTHER_ADDRESS if elsewhere else 0.0
        else:
            bits = STRANGERS if elsewhere else PERHAPS
        return max(-SURE, min(SURE, bits))

    def _place(self, one: Person, other: Person, same: bool | None) -> float | None:
        """Bits of the best place in common; None without one."""
        chances = [self._in_house(address, one, other, same) for address in one.houses & other.houses]
        if same:
            streets = one.vague & other.streets | other.vague & one.streets
            chances += [
                self._of_surname(FIRST_MATES, len(self._on[street]), one, other) for street in streets
            ]
        if not chances:
            return None
        chance = min(max(*chances, 0.01), 0.99)
        return log2(chance / (1 - chance))

    def _in_house(self, address: Address, one: Person, other: Person, same: bool | None) -> float:
        mine, theirs = one.flats.get(address), other.flats.get(address)
        if mine and theirs and (same_flat := flats_agree(mine, theirs)) is not None:
            return ONE_FLAT if same_flat else TWO_FLATS
        place = self.places.get(address)
        if place is None:  # of the people seen there one alone has a surname
            return 0.5
        tied = min(0.1, 0.2 / (place.people - 1))
        if same:
            tied = self._of_surname(self._mates[address], place.people, one, other)
        return place.home + (1 - place.home) * tied

    def _of_surname(self, mates: float, people: int, one: Person, other: Person) -> float:
        """The chance that two of one surname are one household, among so many people, by Bayes."""
        lasts = one.lasts & other.lasts or one.lasts | other.lasts
        return mates / (mates + (people - 1) * self._share(lasts))

    def _share(self, lasts: frozenset[str]) -> float:
        """Of the other households, how many have the commonest of these surnames."""
        return max(max(1, self._homes_of[last] - 1) for last in lasts) / len(self.people)

    def _count_homes(self) -> dict[str, int]:
        """Surname → places where it is seen: a big family must not make its own name common."""
        homes: dict[str, set[Address | str]] = defaultdict(set)
        for name, person in self.people.items():
            for last in person.lasts:
                homes[last].add(min(person.houses, default=name))
        return {last: len(found) for last, found in homes.items()}

    def _mates_at(self, place: Place) -> float:
        """How many of a person's household with the same surname to expect, if this is no home.

        As many pairs of one surname as are there, less those that chance makes.
        """
        people = place.people
        pairs = sum(len(family) * (len(family) - 1) for family in place.families)
        by_chance = people * (people - 1) * self._two_alike
        return max(FEWEST_MATES, (pairs - by_chance + FIRST_MATES * BELIEVED) / (people + BELIEVED))

    @cached_property
    def _two_alike(self) -> float:
        """The chance that two people of different households have one surname."""
        return sum((count / len(self.people)) ** 2 for count in self._homes_of.values())

    def _tie(self, names: list[str]) -> float:
        return TIE.get(max(2, sum(self.people[name].named for name in names)), 0.0)


def _person(identities: list[Identity], addresses: Addresses, rules: Rules) -> Person:
    nowhere: frozenset[Address] = frozenset()
    if any(identity.first == COMPANY for identity in identities):
        # lives with nobody
        return Person(frozenset(), nowhere, nowhere, nowhere, {}, frozenset(), named=True)
    at = [address for identity in identities if (address := addresses.of(identity))]
    flats: dict[Address, frozenset[str]] = {}
    for identity in identities:
        if (
            identity.attributes
            and (flat := dict(identity.attributes).get(FLAT))
            and (home := addresses.of(identity))
        ):
            flats[home] = flats.get(home, frozenset()) | {flat}
    lasts = frozenset(identity.last for identity in identities if identity.last)
    return Person(
        lasts,
        frozenset(address for address in at if address.number),
        frozenset(address._replace(number="") for address in at),
        frozenset(address for address in at if not address.number),
        flats,
        frozenset(pair for identity in identities for pair in identity.ids if not names_nobody(*pair, rules)),
        named=bool(lasts) or any(identity.first for identity in identities),
    )


def _pairs(names: Sequence[str]) -> set[Pair]:
    """All pairs; none of a crowd, where one is as good as another."""
    return set(combinations(names, 2)) if len(names) <= EVERYBODY else set()


def _holders(told: Mapping[str, Iterable[Value]]) -> dict[Value, list[str]]:
    """Value → the people who have it, where several have."""
    found: dict[Value, list[str]] = defaultdict(list)
    for name, values in told.items():
        for value in values:
            found[value].append(name)
    return {value: names for value, names in found.items() if len(names) > 1}
