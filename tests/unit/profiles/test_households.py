"""Who lives together: homes, and what only looks like one."""

from collections.abc import Iterable
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from unifier.matching.identity import Identity, identify
from unifier.profiles.households import households
from unifier.rules import default_rules

RULES = default_rules()
_ENDS = ("el", "osch", "ulin", "iker", "yma")
NAMES = [f"{start}{end}" for start in ("Ab", "Bart", "Cord", "Diet", "Fuch", "Grot", "Jahn") for end in _ENDS]


def person(first: str, last: str, home: str = "", **identifiers: str) -> list[Identity]:
    """Home: "street, number, postcode"."""
    told = {"first_name": first, "last_name": last}
    if home:
        street, number, postcode = home.split(", ")
        told |= {"street": street, "house_no": number, "postal_code": postcode}
    return [identify(tuple(identifiers.items()), tuple(sorted(told.items())), "DE")]


def town(couples: int = 60) -> dict[str, list[Identity]]:
    """Couples with one surname and a few with two, in homes of their own."""
    people = {}
    for number in range(couples):
        home = f"Lindenweg, {number + 1}, 50667"
        last = f"{NAMES[number % 35]}{NAMES[number // 7].lower()}"
        people[f"h{number:03}a"] = person("Anna", last, home)
        people[f"h{number:03}b"] = person("Bernd", "Wagner" if number % 6 == 0 else last, home)
    return people


def homes(people: dict[str, list[Identity]]) -> dict[str, str]:
    return households(people, RULES)


def together(people: dict[str, list[Identity]], names: Iterable[str]) -> bool:
    found = homes(people)
    return len({found[name] for name in names}) == 1


def test_a_couple_of_one_surname_at_one_address_is_a_household() -> None:
    people = {
        "a": person("Anna", "Jagemann", "Ulmenstr., 4a, 50667"),
        "b": person("Bernd", "Jageman", "Ulmenstraße, 4 a, 50667"),
        "c": person("Carla", "Jagemann", "Ulmenstr., 6, 50667"),
    }
    assert homes(people) == {"a": "a", "b": "a", "c": "c"}


def test_one_house_is_known_by_a_street_misspelt_or_a_city_in_place_of_the_postcode() -> None:
    def living(street: str, number: str, **place: str) -> list[Identity]:
        told = {"last_name": "Jagemann", "street": street, "house_no": number, **place}
        return [identify((), tuple(sorted(told.items())), "DE")]

    house = {"a": living("Ulmenallee", "4", postal_code="50667", city="Köln")}
    assert together(house | {"b": living("Ulmenalle", "4", postal_code="50667")}, "ab")
    assert together(house | {"b": living("Ulmenallee", "4", city="Köln")}, "ab")
    assert together({name: living("Ulmenallee", "4", city="Köln") for name in "ab"}, "ab")
    assert not together(house | {"b": living("Ulmenallee", "4", city="Bonn")}, "ab")
    assert not together(house | {"b": living("Ulmenalle", "5", postal_code="50667")}, "ab")
    two = house | {"c": living("Ulmenallee", "4", postal_code="51065", city="Köln")}
    assert not together(two | {"b": living("Ulmenallee", "4", city="Köln")}, "ab")


def test_who_tells_no_house_number_lives_with_whom_of_the_street_has_the_surname() -> None:
    people = town()
    people |= {"a": person("Anna", "Jagemann", "Ulmenstr., 4, 50667"), "b": person("Bernd", "Jagemann")}
    told = {"last_name": "Jagemann", "street": "Ulmenstr.", "postal_code": "50667"}
    assert not together(people, "ab")
    assert together(people | {"b": [identify((), tuple(sorted(told.items())), "DE")]}, "ab")
    stranger = told | {"last_name": "Wagner"}
    assert not together(people | {"b": [identify((), tuple(sorted(stranger.items())), "DE")]}, "ab")


def test_where_homes_are_the_rule_partners_with_two_surnames_are_a_household() -> None:
    assert together(town(), ["h000a", "h000b"])


def test_where_neighbours_are_the_rule_two_surnames_at_one_address_are_neighbours() -> None:
    people = town()
    for number in range(100):
        home = f"Hafenring, {number + 1}, 20457"
        people[f"x{number:03}a"] = person("Clara", NAMES[number % 35], home)
        people[f"x{number:03}b"] = person("Dirk", NAMES[(number + 3) % 35], home)
    assert not together(people, ["x000a", "x000b"])


def test_nobody_in_an_office_or_a_hall_is_a_household() -> None:
    people = town()
    crowd = {f"o{number:02}": person("Eva", last, "Am Werk, 1, 50667") for number, last in enumerate(NAMES)}
    found = homes(people | crowd)
    assert all(found[name] == name for name in crowd)
    assert found["h001b"] == "h001a"


def test_flats_tell_households_of_one_house_apart_if_both_are_told() -> None:
    def living(first: str, last: str, number: str) -> list[Identity]:
        return person(first, last, f"Ulmenstr., {number}, 50667")

    people = town() | {
        "a": living("Anna", "Jagemann", "4 Whg. 12"),
        "b": living("Bernd", "Jagemann", "4 Wohnung 12"),
        "c": living("Carla", "Jagemann", "4 Whg. 7"),
    }
    found = homes(people)
    assert found["a"] == found["b"] != found["c"]
    assert together(people | {"c": living("Carla", "Jagemann", "4")}, "abc")
    assert together(people | {"c": living("Carla", "Jagemann", "4 2. OG")}, "abc")


def test_a_family_in_a_house_of_flats_is_a_household_and_its_neighbours_are_not() -> None:
    people = town()
    for number, last in enumerate(NAMES[:12]):
        for first in ("Frieda", "Georg"):
            people[f"f{number:02}{first}"] = person(first, last, "Hochhaus, 9, 50667")
    found = homes(people)
    assert all(found[f"f{number:02}Georg"] == f"f{number:02}Frieda" for number in range(12))


def test_a_parcel_locker_is_nobodys_home() -> None:
    locker = "Packstation, 101, 50667"
    people = town() | {"p": person("Anna", "Abel", locker), "q": person("Otto", "Abel", locker)}
    assert not together(people, ["p", "q"])


def test_what_names_nobody_ties_nobody() -> None:
    for mailbox, one in (("abel@example.org", True), ("noreply@example.org", False)):
        people = {name: person(name, "Abel", email=mailbox) for name in ("Anna", "Bernd")}
        assert together(people, people) is one


def test_a_telephone_ties_people_unless_surname_and_address_speak_against_it() -> None:
    people = {
        "a": person("Anna", "Abel", "Ulmenstr., 4, 50667", phone="0221 445566"),
        "b": person("Bernd", "Bartsch", phone="0221 445566"),
        "c": person("Carla", "Cordes", "Ulmenstr., 4, 10115", phone="030 998877"),
        "d": person("Dirk", "Dietz", "Am Werk, 9, 20457", phone="030 998877"),
    }
    found = homes(people)
    assert found["b"] == "a"
    assert found["c"] != found["d"]


def test_a_switchboard_makes_no_household() -> None:
    people = {last: person("Eva", last, phone="0221 4455660") for last in NAMES[:10]}
    assert len(set(homes(people).values())) == 10


def test_a_chain_of_weak_ties_makes_no_household() -> None:
    numbers = [f"0221 44556{number}" for number in range(10)]
    links = list(pairwise(numbers))
    people = {
        f"p{place}": [*person("Eva", NAMES[place], phone=one), *person("Eva", NAMES[place], phone=other)]
        for place, (one, other) in enumerate(links)
    }
    assert not together(people, ["p0", "p8"])


def test_a_thousand_of_one_surname_at_one_address_make_no_household() -> None:
    people = {f"p{number}": person("Eva", "Abel", "Am Werk, 1, 50667") for number in range(1_000)}
    assert len(set(homes(people).values())) == 1_000


def test_a_firm_lives_with_nobody() -> None:
    home = "Ulmenstr., 4, 50667"
    people = {"a": person("Anna", "Abel", home), "f": person("", "Abel Bau GmbH", home)}
    assert not together(people, ["a", "f"])


LASTS = st.sampled_from([*NAMES[:4], "Abel-Dietz", ""])
HOMES = st.sampled_from(["", "Ulmenstr., 4, 50667", "Ulmenstrasse, 4, 50667", "Am Werk, 1, 50667"])
IDS = st.dictionaries(
    st.sampled_from(["phone", "payment_account"]), st.sampled_from(["0221 445566", "0221 998877"])
)
PEOPLE = st.dictionaries(
    st.sampled_from([f"p{number}" for number in range(12)]),
    st.builds(
        lambda first, last, home, ids: person(first, last, home, **ids),
        st.sampled_from(["Anna", "Otto", ""]),
        LASTS,
        HOMES,
        IDS,
    ),
)


@given(PEOPLE, st.randoms(use_true_random=False))
def test_the_order_of_people_and_of_what_they_told_changes_nothing(
    people: dict[str, list[Identity]], random: object
) -> None:
    before = homes(people)
    names = list(people)
    random.shuffle(names)  # type: ignore[attr-defined]
    assert homes({name: people[name][::-1] for name in names}) == before
    assert set(before) == set(people)
    assert all(before[home] == home for home in before.values())


@given(PEOPLE)
def test_who_comes_and_goes_leaves_no_trace(people: dict[str, list[Identity]]) -> None:
    before = homes(people)
    homes(people | {"guest": person("Gast", "Abel", "Ulmenstr., 4, 50667")})
    assert homes(people) == before
