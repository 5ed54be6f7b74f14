"""A country to draw people from: names, towns, homes, phones, mailboxes. All invented, all from one seed."""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from itertools import accumulate
from random import Random
from typing import Any, NamedTuple
from unicodedata import normalize

from faker import Faker

COMMON = 25
"""Weight of the n-th name is 1 / (n + COMMON): the commonest surname has about 1 % of the people."""
RARE_SURNAME = 0.35
"""Share of the people whose surname is put together from two, so that names have their long tail."""
FANCY = ("stern", "hase", "garten", "tiger", "blume", "sunny", "luna", "rocky", "papa", "bike")
_SPELLED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ø": "o", "æ": "ae", "ł": "l"})


class Home(NamedTuple):
    """A postal address."""

    street: str
    house_no: str
    postcode: str
    city: str


class Pool:
    """Different values, the first of them drawn most often."""

    def __init__(self, values: list[str], common: int = COMMON) -> None:
        self.values = list(dict.fromkeys(values))
        self._weights = list(accumulate(1 / (rank + common) for rank in range(len(self.values))))

    def draw(self, rng: Random) -> str:
        """One value."""
        return rng.choices(self.values, cum_weights=self._weights)[0]


@dataclass(slots=True)
class Town:
    """A place with its streets."""

    city: str
    postcodes: list[str]
    streets: Pool


class Land:
    """People's surroundings in one country; every draw comes from the generator it was made with."""

    def __init__(self, locale: str, seed: int, towns: int = 400) -> None:
        self.locale, self.country = locale, locale[3:]
        self.rng = rng = Random(f"{locale} {seed}")
        self.ways: dict[str, Any] = ways_of(locale)
        fake = Faker(locale)
        fake.seed_instance(rng.getrandbits(32))
        provider: Any = getattr(fake.city, "__self__", None)
        if hasattr(provider, "cities"):  # Faker's Italian ones come out of a set, in another order each time
            provider.cities = sorted(provider.cities)
        self._firsts = {
            "f": Pool(self.ways["first_f"] + _drawn(fake.first_name_female, 1_500)),
            "m": Pool(self.ways["first_m"] + _drawn(fake.first_name_male, 1_500)),
        }
        self._lasts = Pool(self.ways["last"] + _drawn(fake.last_name, 3_000))
        rare = _drawn(fake.street_name, 3 * towns)
        self._towns = [
            Town(
                fake.city(),
                [fake.postcode() for _ in range(rng.choice((1, 1, 1, 2, 4)))],
                Pool(rng.sample(self.ways["streets"], 5) + rng.sample(rare, 12), 3),
            )
            for _ in range(towns)
        ]
        self._size = list(accumulate(1 / (rank + 4) for rank in range(towns)))

    def first_name(self, sex: str) -> str:
        """Of a woman ("f") or a man ("m"); now and then a double one."""
        name = self._firsts[sex].draw(self.rng)
        if " " in name or "-" in name or self.rng.random() > 0.03:
            return name
        return f"{name}-{self._firsts[sex].draw(self.rng)}"

    def last_name(self) -> str:
        """A surname; two in countries where everybody has two."""
        names = [self._surname() for _ in range(2 if self.ways.get("double_surname") else 1)]
        return " ".join(names)

    def _surname(self) -> str:
        one = self._lasts.draw(self.rng)
        if self.rng.random() > RARE_SURNAME:
            return one
        other = self._lasts.draw(self.rng)
        return one[: (len(one) + 1) // 2] + other[len(other) // 2 :].lower()

    def home(self, town: Town | None = None) -> Home:
        """An address, in a town of the reader's choice or any."""
        rng = self.rng
        town = town or self.town()
        number = str(int(rng.expovariate(1 / 30)) + 1) + rng.choice(("", "", "", "", "", "", " a", "b"))
        return Home(town.streets.draw(rng), number, rng.choice(town.postcodes), town.city)

    def town(self) -> Town:
        """A town, the bigger the likelier."""
        return self.rng.choices(self._towns, cum_weights=self._size)[0]

    def phone(self, kind: str = "mobile") -> str:
        """A national number without the leading 0; kind "mobile" or "landline"."""
        pattern: str = self.rng.choice(self.ways[kind])
        return "".join(str(self.rng.randrange(10)) if sign == "#" else sign for sign in pattern)

    def email(self, first: str, last: str) -> str:
        """A mailbox as people choose them."""
        rng = self.rng
        one, other = (plain(name) for name in (first, last))
        year, long = str(rng.randrange(40, 100)), str(rng.randrange(100, 6_000))
        local = rng.choice(
            (
                f"{one}.{other}",
                f"{one}.{other}",
                f"{one}.{other}{year}",
                f"{one}_{other}",
                f"{one}{other}",
                f"{other}.{one}",
                f"{one[:1]}.{other}",
                f"{one[:1]}{other}{year}",
                f"{one}{long}",
                f"{rng.choice(FANCY)}{long}",
            )
        )
        return f"{local}@{rng.choice(self.ways['mail'])}"

    def birth(self, youngest: int = 18, oldest: int = 88) -> date:
        """A day of birth, seen from the end of 2025."""
        rng = self.rng
        return date(2025, 12, 31) - timedelta(days=rng.randrange(youngest * 365, oldest * 365))

    def digits(self, count: int) -> str:
        """A number of so many digits, the first not 0."""
        return str(self.rng.randrange(10 ** (count - 1), 10**count))


def plain(name: str) -> str:
    """Lower-case ASCII letters only, as in a mailbox."""
    folded = normalize("NFKD", name.lower().translate(_SPELLED)).encode("ascii", "ignore").decode()
    return "".join(sign for sign in folded if sign.isalpha()) or "x"


@cache
def ways_of(locale: str) -> dict[str, Any]:
    """What `locales.toml` says of a country. Raises KeyError for one that it does not know."""
    text = (files(__package__) / "locales.toml").read_text(encoding="utf-8")
    ways: dict[str, Any] = tomllib.loads(text)[locale]
    return ways


def _drawn(draw: Callable[[], str], count: int) -> list[str]:
    drawn = (draw() for _ in range(count))
    return [name for name in drawn if " auch " not in f" {name} "]  # "X auch Y" is Faker's note on a spelling
