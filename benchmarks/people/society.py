"""People in their homes: couples, families, singles, flats; who moved, who married, what they share."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import count

from benchmarks.people.land import Home, Land

MOVES, MARRIES, NEW_MAILBOX, NEW_PHONE, SECOND_CARD = 0.06, 0.03, 0.09, 0.08, 0.17
"""Shares of the people to whom it happens while they are watched."""
YOUNGEST = 2011
"""Year of birth of the youngest customers."""


@dataclass(slots=True)
class Person:
    """Somebody. Where there are several homes, surnames or mailboxes, the later ones replace the earlier."""

    pid: str
    household: str
    first: str
    sex: str
    lasts: list[str]
    birth: date
    homes: list[Home]
    emails: list[str] = field(default_factory=list)
    phones: list[str] = field(default_factory=list)
    cards: list[str] = field(default_factory=list)
    loyalty: str = ""
    changed_at: float = (
        1.0  # when the second home, surname or mailbox came: share of the time that is watched
    )
    trap: str = ""  # what was planted with this person


class Society:
    """Makes people of one country, household by household."""

    def __init__(self, land: Land) -> None:
        self.land = land
        self._pids, self._households = count(), count()

    def people(self, at_least: int) -> list[Person]:
        """Whole households until there are so many people."""
        found: list[Person] = []
        while len(found) < at_least:
            found += self.household()
        return found

    def household(self) -> list[Person]:
        """One to six people at one address."""
        rng = self.land.rng
        home, name, number = self.land.home(), self.land.last_name(), self.number()
        size = rng.choices((1, 2, 3, 4, 5, 6), (36, 34, 13, 11, 4, 2))[0]
        sex = rng.choice("fm")
        head = self.person(name, home, number, sex)
        members = [head]
        if size > 1:
            alike = rng.random() < 0.8
            sex = "fm"[sex == "f"] if rng.random() < 0.95 else sex
            partner = self.person(
                name if alike else self.land.last_name(), home, number, sex, near=head.birth
            )
            members.append(partner)
            self._share(head, partner)
        members += self._children(members, size - len(members))
        return members

    def _children(self, parents: list[Person], number: int) -> list[Person]:
        rng, head = self.land.rng, parents[0]
        children: list[Person] = []
        for _ in range(number):
            child = self.person(head.lasts[0], head.homes[0], head.household)
            year = max(parent.birth.year for parent in parents) + rng.randrange(19, 38)
            if year > YOUNGEST:
                continue
            child.birth = child.birth.replace(year=year, day=min(28, child.birth.day))
            if children and rng.random() < 0.05:
                child.birth = children[-1].birth  # twins
            if rng.random() < 0.3:
                child.phones = list(rng.choice(parents).phones)
            children.append(child)
        return children

    def _share(self, one: Person, other: Person) -> None:
        """What couples have together: a landline, a mailbox, a card."""
        rng = self.land.rng
        if rng.random() < 0.18:
            line = self.land.phone("landline")
            one.phones, other.phones = [line, *one.phones], [line, *other.phones]
        if rng.random() < 0.06 and one.emails:
            other.emails = list(one.emails)
        if rng.random() < 0.12 and one.cards:
            other.cards = [one.cards[0], *other.cards]

    def person(
        self, last: str, home: Home, household: str, sex: str = "", near: date | None = None
    ) -> Person:
        """Somebody with mailbox, phone and cards, and with what happens to them; `near` an age."""
        land, rng = self.land, self.land.rng
        sex = sex or rng.choice("fm")
        first, birth = land.first_name(sex), land.birth()
        if near is not None:
            birth = date(near.year + rng.randrange(-6, 7), rng.randrange(1, 13), rng.randrange(1, 29))
        who = Person(f"P{next(self._pids):06}", household, first, sex, [last], birth, [home])
        who.emails = [land.email(first, last)] if rng.random() < 0.92 else []
        who.phones = [land.phone()] if rng.random() < 0.8 else []
        who.cards = [f"tok_{rng.getrandbits(48):012x}"] if rng.random() < 0.93 else []
        who.loyalty = land.digits(12) if rng.random() < 0.42 else ""
        self._live(who)
        return who

    def _live(self, who: Person) -> None:
        land, rng = self.land, self.land.rng
        who.changed_at = rng.random()
        if rng.random() < MOVES:
            who.homes.append(land.home())
        if rng.random() < MARRIES:
            new = land.last_name()
            who.lasts.append(f"{who.lasts[0]}-{new}" if rng.random() < 0.3 else new)
        if who.emails and rng.random() < NEW_MAILBOX:
            who.emails.append(land.email(who.first, who.lasts[-1]))
        if who.phones and rng.random() < NEW_PHONE:
            who.phones.append(land.phone())
        if who.cards and rng.random() < SECOND_CARD:
            who.cards.append(f"tok_{rng.getrandbits(48):012x}")

    def number(self) -> str:
        """A new household's."""
        return f"H{next(self._households):06}"


def rows_each(land: Land, people: list[Person], weights: tuple[float, ...]) -> Iterator[tuple[Person, int]]:
    """How many rows of each person: one with the first weight, two with the second, …"""
    numbers = land.rng.choices(range(1, len(weights) + 1), weights, k=len(people))
    yield from zip(people, numbers, strict=True)
