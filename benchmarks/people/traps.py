"""Planted traps among ordinary customers: several people whom a matcher would like to take for one.

The column `trap` says which. All of them are common in a shop's data: twins; father and son of one name; a
couple that shares everything; two strangers of one name in one town; a firm's mailbox; an office, a hall of
residence and a house of flats, each one address of many people.
"""

from collections.abc import Callable
from datetime import date

from benchmarks.people.hand import Hand
from benchmarks.people.labelled import Labelled, Row
from benchmarks.people.land import Home, Land
from benchmarks.people.retail import COLUMNS, ROWS_EACH, event, tidy
from benchmarks.people.society import Person, Society, rows_each

OF_EACH = 25
"""Times that each small trap is planted; the crowds three times."""
ROWS = ("web_order", "pos_form", "click_collect")
ALIKE = (
    ("Jan", "Jens"),
    ("Lena", "Lea"),
    ("Paul", "Peter"),
    ("Anna", "Antonia"),
    ("Tim", "Tom"),
    ("Marie", "Mara"),
)


def traps(people: int, seed: int, locale: str = "de_DE") -> Labelled:
    """So many ordinary customers, and the traps among them; columns as a German retailer has them."""
    land = Land(locale, seed)
    society, hands = Society(land), tidy(land)
    rows = [
        event(who, land.rng.choice(ROWS), land.rng.random(), *hands)
        for who, number in rows_each(land, society.people(people), ROWS_EACH[:5])
        for _ in range(number)
    ]
    for times, planted in ((OF_EACH, SMALL), (3, CROWDS)):
        for name, plant in planted.items():
            for _ in range(times):
                for who in plant(society, land):
                    who.trap = name
                    rows += _rows(who, land, hands, undated=name.endswith("undated"))
    rows.sort(key=lambda row: row["time"])
    for number, row in enumerate(rows):
        row["rec_id"] = f"T{number:06}"
    return Labelled("traps", land.country, COLUMNS, rows, "time", "channel")


def _rows(who: Person, land: Land, hands: tuple[Hand, Hand], *, undated: bool) -> list[Row]:
    """Three touches of a trapped person. All tell the name; one the birth date, unless nobody knows it."""
    rows = [event(who, channel, land.rng.random(), *hands) for channel in ROWS]
    for row in rows:
        row["first_name"], row["last_name"] = hands[0].names(who.first, who.lasts[0])
        row["birth_date"] = ""
    if not undated:
        rows[0]["birth_date"] = hands[0].birth_date(who.birth)
        rows[1]["birth_date"] = hands[0].birth_date(who.birth)
    return rows


def _home_of(society: Society, land: Land, firsts: list[str], lasts: list[str], home: Home) -> list[Person]:
    """Adults in one household, to whom nothing happens."""
    household = society.number()
    found = []
    for first, last in zip(firsts, lasts, strict=True):
        who = society.person(last, home, household)
        who.first, who.changed_at = first, 2.0
        who.emails, who.phones = [land.email(first, last)], [land.phone()]
        who.cards, who.loyalty = who.cards[:1], ""
        found.append(who)
    return found


def _pair(society: Society, land: Land, firsts: tuple[str, str]) -> list[Person]:
    last = land.last_name()
    return _home_of(society, land, list(firsts), [last, last], land.home())


def _two_firsts(land: Land, sexes: str) -> tuple[str, str]:
    """Two first names of different initials."""
    one, other = land.first_name(sexes[0]), land.first_name(sexes[1])
    while other[0] == one[0]:
        other = land.first_name(sexes[1])
    return one, other


def twins(society: Society, land: Land) -> list[Person]:
    """Surname, address, birth date and phone in common."""
    one, other = _pair(society, land, _two_firsts(land, "ff"))
    other.birth, other.phones = one.birth, one.phones
    return [one, other]


def twins_alike(society: Society, land: Land) -> list[Person]:
    """The same, and their first names begin alike."""
    one, other = _pair(society, land, land.rng.choice(ALIKE))
    other.birth, other.phones = one.birth, one.phones
    return [one, other]


def father_son(society: Society, land: Land) -> list[Person]:
    """One name, one address, two birth dates."""
    first = land.first_name("m")
    father, son = _pair(society, land, (first, first))
    father.birth, son.birth = land.birth(50, 80), land.birth(18, 30)
    return [father, son]


def couple(society: Society, land: Land) -> list[Person]:
    """All but first name and birth date in common: surname, address, mailbox, phone, card."""
    one, other = _pair(society, land, _two_firsts(land, "fm"))
    one.cards = one.cards or [f"tok_{land.rng.getrandbits(48):012x}"]
    other.emails, other.phones, other.cards = one.emails, one.phones, one.cards
    return [one, other]


def namesakes(society: Society, land: Land) -> list[Person]:
    """Strangers with one of the commonest names, in one town."""
    town = land.town()
    first = land.rng.choice(land.ways["first_f"] + land.ways["first_m"])
    last = land.rng.choice(land.ways["last"])
    both = []
    for _ in range(2):
        both += _home_of(society, land, [first], [last], land.home(town))
    return both


def work_mail(society: Society, land: Land) -> list[Person]:
    """Four to twenty colleagues order with the mailbox and the switchboard of their firm."""
    firm = land.last_name().lower().replace(" ", "")
    address, line = f"einkauf@{firm}-werk.example", land.phone("landline")
    found = []
    for _ in range(land.rng.randrange(4, 21)):
        (who,) = _home_of(
            society, land, [land.first_name(land.rng.choice("fm"))], [land.last_name()], land.home()
        )
        who.emails, who.phones = [address], [line, *who.phones]
        found.append(who)
    return found


def _crowd(society: Society, land: Land, size: int) -> list[Person]:
    """Strangers at one address; by chance some have a name in common."""
    home = land.home()
    found = []
    for _ in range(size):
        found += _home_of(society, land, [land.first_name(land.rng.choice("fm"))], [land.last_name()], home)
    return found


def office(society: Society, land: Land) -> list[Person]:
    """60 people have their parcels sent to work, where they share a switchboard."""
    found, line = _crowd(society, land, 60), land.phone("landline")
    for who in found:
        who.phones = [line, *who.phones]
    return found


def hall(society: Society, land: Land) -> list[Person]:
    """40 students of one house, all born within six years."""
    found = _crowd(society, land, 40)
    for who in found:
        who.birth = date(2000 + land.rng.randrange(6), land.rng.randrange(1, 13), land.rng.randrange(1, 29))
    return found


def flats(society: Society, land: Land) -> list[Person]:
    """20 parties behind one house number, some of them families, some namesakes of a family."""
    home, found = land.home(), []
    common = land.last_name()
    for party in range(20):
        last = common if party % 5 == 0 else land.last_name()
        size = land.rng.choice((1, 1, 2, 2, 3))
        firsts: list[str] = []
        while len(firsts) < size:
            first = land.first_name(land.rng.choice("fm"))
            firsts += [first] if first not in firsts else []
        found += _home_of(society, land, firsts, [last] * size, home)
    return found


Plant = Callable[[Society, Land], list[Person]]
SMALL: dict[str, Plant] = {
    "twins": twins,
    "twins_alike": twins_alike,
    "father_son": father_son,
    "father_son_undated": father_son,
    "couple": couple,
    "couple_undated": couple,
    "namesakes": namesakes,
    "namesakes_undated": namesakes,
}
CROWDS: dict[str, Plant] = {"work_mail": work_mail, "office": office, "hall": hall, "flats": flats}
