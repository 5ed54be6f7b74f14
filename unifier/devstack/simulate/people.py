"""The people of the simulated retailer: households of Germans and Britons.

Names and places come from Faker's German and British word lists. All people are invented.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from random import Random

from faker import Faker

LOCALES = {"DE": "de_DE", "GB": "en_GB"}
SHARE_GERMAN = 0.7
TOWNS = 120  # a country; few enough that streets and surnames meet


@dataclass(slots=True)
class Address:
    """Where a household lives."""

    street: str
    house_no: str
    postal_code: str
    city: str
    country: str  # ISO 3166: DE or GB


@dataclass(slots=True)
class Device:
    """A browser or a telephone. `device_id` is empty for a browser; a cookie can be lost and replaced."""

    cookie: str
    agent: str
    ip: str
    device_id: str = ""
    user: str = ""  # the account that is signed in here


@dataclass(slots=True)
class Person:
    """One person, as the truth knows them. Empty text: they have none."""

    person_id: str
    household_id: str
    female: bool
    first_name: str
    last_name: str
    birth_date: date
    home: Address
    online: float  # how much they like to shop online, 0 to 1
    hour: int  # favourite hour of the day, UTC
    store: int  # index of the nearest store
    email: str = ""
    phone: str = ""
    account_id: str = ""
    loyalty_id: str = ""
    crm_id: str = ""
    cards: list[str] = field(default_factory=list)
    devices: list[Device] = field(default_factory=list)
    consents: dict[str, bool] = field(default_factory=dict)


class Population:
    """Founds households until there are enough people."""

    def __init__(self, rng: Random, stores: dict[str, list[int]]) -> None:
        """`stores`: the indexes of the stores of each country."""
        self._rng = rng
        self._stores = stores
        self._people = count(1)
        self._homes = count(1)
        self._books: dict[str, Faker] = {}
        self._towns: dict[str, list[tuple[str, str]]] = {}
        for country, locale in LOCALES.items():
            book = self._books[country] = Faker(locale, use_weighting=False)
            book.seed_instance(rng.getrandbits(32))
            self._towns[country] = [(book.city(), book.postcode()) for _ in range(TOWNS)]

    def household(self) -> list[Person]:
        """The people of one new household."""
        kinds = (self._single, self._couple, self._family, self._flat_share, self._twins, self._namesakes)
        people = self._rng.choices(kinds, weights=(40, 26, 20, 8, 3, 3))[0](self._country())
        household_id = f"H{next(self._homes):06d}"
        for person in people:
            person.household_id = household_id
        return people

    def address(self, country: str) -> Address:
        """A place to live; also where somebody moves to."""
        book, (city, postal_code) = self._books[country], self._rng.choice(self._towns[country])
        house_no = str(self._rng.randint(1, 140)) + self._rng.choice(("", "", "", "", "a", "b"))
        return Address(book.street_name(), house_no, postal_code, city, country)

    def surname(self, country: str) -> str:
        """A family name; also the one somebody takes on marriage."""
        return str(self._books[country].last_name())

    # --- kinds of household -----------------------------------------------------------------------------

    def _single(self, country: str) -> list[Person]:
        return [self._person(self.address(country), self.surname(country), self._born(18, 85))]

    def _couple(self, country: str) -> list[Person]:
        home, surname = self.address(country), self.surname(country)
        other = surname if self._rng.random() < 0.8 else self.surname(country)
        return [
            self._person(home, surname, self._born(25, 80), female=False),
            self._person(home, other, self._born(25, 80), female=True),
        ]

    def _family(self, country: str) -> list[Person]:
        parents = self._couple(country)
        home, surname = parents[0].home, parents[0].last_name
        children = self._rng.choice((1, 1, 2))
        return parents + [self._person(home, surname, self._born(14, 24)) for _ in range(children)]

    def _flat_share(self, country: str) -> list[Person]:
        home = self.address(country)
        mates = self._rng.choice((2, 3))
        return [self._person(home, self.surname(country), self._born(19, 32)) for _ in range(mates)]

    def _twins(self, country: str) -> list[Person]:
        """Surname, address, birth date and sex are the same: only the first name tells them apart."""
        home, surname, born = self.address(country), self.surname(country), self._born(18, 60)
        female = self._rng.random() < 0.5
        one, other = (self._person(home, surname, born, female=female) for _ in range(2))
        while other.first_name == one.first_name:
            other.first_name = self._first_name(country, female)
        return [one, other]

    def _namesakes(self, country: str) -> list[Person]:
        """Father and son of one name: only the birth date tells them apart."""
        home, surname = self.address(country), self.surname(country)
        father = self._person(home, surname, self._born(50, 75), female=False)
        son = self._person(home, surname, self._born(20, 30), female=False)
        son.first_name = father.first_name
        return [father, son]

    # --- one person ---------------------------------------------------------------------------------------

    def _country(self) -> str:
        return "DE" if self._rng.random() < SHARE_GERMAN else "GB"

    def _first_name(self, country: str, female: bool) -> str:
        book = self._books[country]
        return str(book.first_name_female() if female else book.first_name_male())

    def _born(self, youngest: int, oldest: int) -> date:
        """A birth date for an age in years, counted in 2026: a fixed year keeps a seed's people the same."""
        return date(2026 - self._rng.randint(youngest, oldest), 1, 1) + timedelta(self._rng.randrange(365))

    def _person(self, home: Address, surname: str, born: date, female: bool | None = None) -> Person:
        rng = self._rng
        female = rng.random() < 0.5 if female is None else female
        return Person(
            person_id=f"P{next(self._people):06d}",
            household_id="",
            female=female,
            first_name=self._first_name(home.country, female),
            last_name=surname,
            birth_date=born,
            home=home,
            online=rng.betavariate(2.0, 1.5),
            hour=rng.choice((7, 9, 12, 13, 16, 18, 19, 20, 20, 21, 21, 22)),
            store=rng.choice(self._stores[home.country]),
        )
