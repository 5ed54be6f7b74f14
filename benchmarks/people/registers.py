"""Registers of other kinds: filthy, of three columns, with many rows a person, of other countries."""

from collections.abc import Sequence

from benchmarks.people.hand import Dirt, Hand
from benchmarks.people.labelled import TRUTH, Labelled, Row
from benchmarks.people.land import Land, ways_of
from benchmarks.people.society import Person, Society, rows_each

NAMES = {"first_name": "first_name", "last_name": "last_name"}
HOME = {"street": "street", "postcode": "postcode", "city": "city"}
DIRTY = NAMES | {"birth_date": "birth_date", "city": "city", "email": "email", "phone": "phone"}
FEW = NAMES | {"birth_date": "birth_date"}
BIG = {
    "name": "full_name",
    "birth_date": "birth_date",
    "postcode": "postcode",
    "city": "city",
    "job": "attribute:job",
}
CUSTOMERS = NAMES | {"email": "email", "phone": "phone"} | HOME | {"birth_date": "birth_date"}
JOBS = (
    "teacher",
    "farmer",
    "clerk",
    "nurse",
    "baker",
    "painter",
    "engineer",
    "singer",
    "lawyer",
    "pilot",
    "smith",
    "cook",
)


def dirty(people: int, seed: int, locale: str = "en_GB") -> Labelled:
    """Every third value has a slip, every fourth is missing: names, birth date, city, e-mail, phone."""
    dirt = Dirt(
        typo=0.35, more=0.4, case=0.2, accents=0.6, nickname=0.1, initial=0.08, title=0.05, swapped=0.06
    )
    return _register("dirty", locale, DIRTY, people, seed, dirt, 0.25, (25, 20, 15, 12, 10, 8, 6, 4))


def few_fields(people: int, seed: int, locale: str = "de_DE") -> Labelled:
    """Names and birth date, nothing else."""
    dirt = Dirt(typo=0.09, more=0.15, nickname=0.05, initial=0.02, swapped=0.01, wrong_day=0.02)
    return _register("few_fields", locale, FEW, people, seed, dirt, 0.12, (45, 30, 15, 10))


def big_clusters(people: int, seed: int, locale: str = "en_GB") -> Labelled:
    """Up to 25 rows a person: titles, nicknames, initials, moves; the whole name in one column."""
    dirt = Dirt(typo=0.08, more=0.1, nickname=0.25, initial=0.12, title=0.15, wrong_day=0.03)
    falling = tuple(1 / (number + 4) for number in range(25))
    return _register("big_clusters", locale, BIG, people, seed, dirt, 0.12, falling)


def customers(people: int, seed: int, locale: str) -> Labelled:
    """A customer file of one country with the usual columns and errors."""
    columns = dict(CUSTOMERS)
    if not ways_of(locale).get("one_line"):
        columns["house_no"] = "house_no"
    name = f"customers_{locale[3:].lower()}"
    return _register(name, locale, columns, people, seed, Dirt().times(2), 0.25, (40, 28, 16, 10, 6))


def _register(
    name: str,
    locale: str,
    columns: dict[str, str],
    people: int,
    seed: int,
    dirt: Dirt,
    missing: float,
    weights: Sequence[float],
) -> Labelled:
    """Each person's rows, each written anew, then in any order."""
    land = Land(locale, seed)
    hand = Hand(land, dirt)
    rows: list[Row] = []
    for who, number in rows_each(land, Society(land).people(people), tuple(weights)):
        job = land.rng.choice(JOBS)
        for _ in range(number):
            told = record(who, hand) | {"job": job}
            kept = {key: told[key] if _keeps(key, hand, missing) else "" for key in columns}
            rows.append(
                {"rec_id": "", "person": who.pid, "household": who.household, "trap": who.trap} | kept
            )
    land.rng.shuffle(rows)
    for number, row in enumerate(rows):
        row["rec_id"] = f"R{number:06}"
    assert tuple(rows[0])[: len(TRUTH)] == TRUTH
    return Labelled(name, land.country, columns, rows)


def _keeps(key: str, hand: Hand, missing: float) -> bool:
    """Names are rarely left out, everything else as often as the register does."""
    return not hand.often(missing / 3 if "name" in key else missing)


def record(who: Person, hand: Hand) -> Row:
    """All that a form may ask of this person, as written once."""
    rng, now = hand.rng, (-1 if hand.rng.random() >= who.changed_at else 0)
    first, last = hand.names(who.first, who.lasts[now])
    home = who.homes[now]
    street, house_no = hand.street(home.street, home.house_no)
    return {
        "first_name": first,
        "last_name": last,
        "name": f"{last}, {first}" if hand.often(0.1) else f"{first} {last}",
        "email": hand.email(who.emails[now]) if who.emails else "",
        "phone": hand.phone(rng.choice(who.phones)) if who.phones else "",
        "street": street,
        "house_no": house_no,
        "postcode": hand.postcode(home.postcode),
        "city": hand.name(home.city),
        "birth_date": hand.birth_date(who.birth),
    }
