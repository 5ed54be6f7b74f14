"""Homes: which addresses are one household's, and which are a house of many parties, an office, a hall.

What tells them apart is the surnames of the people seen there. A home has few, whatever its size: k of them
with probability (1 - b) b^(k-1). Where parties live or work side by side any number is as likely as another.
How many addresses of a size are homes is learnt from the data themselves by expectation maximisation
(Dempster, Laird & Rubin 1977), from a cautious start: where most people at one address have different
surnames, a different surname means a neighbour; where few do, a partner.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import inf
from typing import NamedTuple

from rapidfuzz.distance import JaroWinkler

from unifier.matching.addresses import BOXES
from unifier.matching.compare import last_names
from unifier.matching.identity import Identity

ANOTHER_SURNAME = 0.22
"""b: how likely a home with k surnames has one more. A fifth of couples keep their names."""
NAMESAKES = 0.03
"""Chance that parties that have nothing to do with each other have one surname."""
SIZES = (2, 4, 8, inf)
AT_FIRST = (0.8, 0.7, 0.4, 0.05)
"""Share of homes among addresses where so many were seen, before there are data; worth `BELIEVED` of them."""
BELIEVED = 10
TURNS = 30
CROWD = 60
"""People at one address above which surnames must be equal to the letter: comparing all would take long."""
ALIKE = 0.93
_AGREE = ("equal", "nearly equal", "part of a double name equal")


@dataclass(slots=True, frozen=True)
class Place:
    """A house, with the people seen there by surname."""

    families: tuple[tuple[str, ...], ...]
    people: int  # whose surname is known
    home: float  # the probability that it is one household's


def surnames_agree(one: frozenset[str], other: frozenset[str]) -> bool:
    """One of each is the same name, a misspelling, or half of a double name."""
    return not one.isdisjoint(other) or any(last_names(a, b) in _AGREE for a in one for b in other)


def flats_agree(one: frozenset[str], other: frozenset[str]) -> bool | None:
    """The same flat, or another; None where one is told by its floor and the other by its number."""
    if not one.isdisjoint(other):
        return True
    kinds = [{flat.startswith("floor") for flat in flats} for flats in (one, other)]
    return None if kinds[0].isdisjoint(kinds[1]) else False


class Address(NamedTuple):
    """Where somebody was said to live."""

    where: str  # postcode, else city
    street: str
    number: str  # "" if it was not told


class Addresses:
    """The addresses of many identities, each in one form."""

    def __init__(self, identities: Iterable[Identity]) -> None:
        self._where: dict[tuple[str, str, str], set[str]] = defaultdict(set)
        told = {identity for identity in identities if _has_home(identity)}
        for identity in told:
            if identity.postcode:
                for city in {"", identity.city}:
                    self._where[city, identity.street, identity.house_no].add(identity.postcode)
            elif identity.city:
                self._where["", identity.street, identity.house_no].add(identity.city)
        streets: dict[tuple[str, str, str], set[str]] = defaultdict(set)
        for identity in told:
            if where := self._place(identity):
                streets[where, identity.house_no, identity.street[0]].add(identity.street)
        self._spelling: dict[Address, str] = {}
        for (where, number, _), names in streets.items():
            self._spell(where, number, sorted(names))

    def of(self, identity: Identity) -> Address | None:
        """The address of one of the identities. None where it is not told, or is a box at the post office."""
        where = self._place(identity) if _has_home(identity) else ""
        if not where:
            return None
        told = Address(where, identity.street, identity.house_no)
        return told._replace(street=self._spelling[told])

    def _place(self, identity: Identity) -> str:
        """The postcode; where it is not told, the only one of that house in that city, or the city."""
        if identity.postcode:
            return identity.postcode
        known = self._where.get((identity.city, identity.street, identity.house_no), ())
        return next(iter(known)) if len(known) == 1 else identity.city

    def _spell(self, where: str, number: str, streets: list[str]) -> None:
        """Streets almost alike, in one place and with one number, are one street."""
        told: list[str] = []
        for street in streets:
            like = next((s for s in told if JaroWinkler.similarity(s, street) >= ALIKE), street)
            told += [street] if like == street else []
            self._spelling[Address(where, street, number)] = like


def _has_home(identity: Identity) -> bool:
    return bool(identity.street) and identity.street not in BOXES


def places(at: Mapping[Address, Iterable[str]], lasts: Mapping[str, frozenset[str]]) -> dict[Address, Place]:
    """Where several people with a surname were seen; `at`: address → people, `lasts`: their surnames."""
    families = {}
    for place, people in at.items():
        named = [person for person in sorted(people) if lasts[person]]
        if len(named) > 1:
            families[place] = _families(named, lasts)
    counts = {place: (sum(map(len, found)), len(found)) for place, found in families.items()}
    shares = _shares_of_homes(list(counts.values()))
    return {
        place: Place(families[place], people, _is_home(people, surnames, shares))
        for place, (people, surnames) in counts.items()
    }


def _families(people: list[str], lasts: Mapping[str, frozenset[str]]) -> tuple[tuple[str, ...], ...]:
    """People whose surnames agree, each with one of the others at least."""
    found: list[list[str]] = []
    for person in people:
        mine = lasts[person]
        near = [
            family
            for family in found
            if any(
                not mine.isdisjoint(lasts[other])
                if len(people) > CROWD
                else surnames_agree(mine, lasts[other])
                for other in family
            )
        ]
        found = [family for family in found if family not in near]
        found.append([*[other for family in near for other in family], person])
    return tuple(sorted(tuple(sorted(family)) for family in found))


def _shares_of_homes(counts: list[tuple[int, int]]) -> list[float]:
    """Of each size the share of homes, from (people, surnames) of each place."""
    often: dict[tuple[int, int], int] = defaultdict(int)
    for count in counts:
        often[count] += 1
    shares = list(AT_FIRST)
    for _ in range(TURNS):
        homes, total = [share * BELIEVED for share in AT_FIRST], [float(BELIEVED)] * len(SIZES)
        for (people, surnames), times in sorted(often.items()):
            homes[_size(people)] += times * _is_home(people, surnames, shares)
            total[_size(people)] += times
        shares = [home / all_ for home, all_ in zip(homes, total, strict=True)]
    return shares


def _size(people: int) -> int:
    return next(number for number, most in enumerate(SIZES) if people <= most)


def _is_home(people: int, surnames: int, shares: list[float]) -> float:
    """By Bayes."""
    share = shares[_size(people)]
    home = share * (1 - ANOTHER_SURNAME) * ANOTHER_SURNAME ** (surnames - 1)
    parties = (1 - share) * (NAMESAKES if surnames == 1 else (1 - NAMESAKES) / (people - 1))
    return home / (home + parties)
