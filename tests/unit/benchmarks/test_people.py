"""Labelled people data: the same seed makes the same rows, and the truth is what was planted."""

import csv
import gzip
import tomllib
from collections import defaultdict
from pathlib import Path

import pytest

from benchmarks.people.kinds import KINDS, make
from benchmarks.people.labelled import Labelled, Row
from benchmarks.people.traps import CROWDS, SMALL

SIZE = 0.05


@pytest.fixture(scope="module")
def trapped() -> Labelled:
    return make("traps", SIZE, 4)


def _people(made: Labelled, trap: str) -> dict[str, list[Row]]:
    found = defaultdict(list)
    for row in made.rows:
        if row["trap"] == trap:
            found[row["person"]].append(row)
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_makes_the_same_rows_and_another_seed_others(kind: str) -> None:
    made = make(kind, SIZE, 1)
    assert made.rows == make(kind, SIZE, 1).rows
    assert made.rows != make(kind, SIZE, 2).rows


@pytest.mark.parametrize("kind", KINDS)
def test_every_row_has_an_id_of_its_own_and_a_person_of_one_household(kind: str) -> None:
    made = make(kind, SIZE, 1)
    households = defaultdict(set)
    for row in made.rows:
        households[row["person"]].add(row["household"])
        assert made.columns.keys() <= row.keys()
    assert len({row["rec_id"] for row in made.rows}) == len(made.rows)
    assert all(len(found) == 1 for found in households.values())


def test_a_file_and_its_spec_say_what_was_made(tmp_path: Path) -> None:
    made = make("retail_de", SIZE, 3)
    people, spec = made.write(tmp_path)
    with gzip.open(people, "rt", encoding="utf-8", newline="") as text:
        assert list(csv.DictReader(text)) == made.rows
    told = tomllib.loads(spec.read_text(encoding="utf-8"))
    assert told["columns"] == made.columns
    assert (told["truth"], told["time"], told["country"]) == ("person", "time", "DE")
    assert people.read_bytes() == make("retail_de", SIZE, 3).write(tmp_path / "again")[0].read_bytes()


def test_rows_with_a_time_come_in_its_order() -> None:
    times = [float(row["time"]) for row in make("retail_de", SIZE, 3).rows]
    assert times == sorted(times)


def test_size_multiplies_the_people() -> None:
    small, large = (len({row["person"] for row in make("dirty", size, 1).rows}) for size in (0.1, 1.0))
    assert 9 < large / small < 11


def test_every_trap_is_planted(trapped: Labelled) -> None:
    assert {row["trap"] for row in trapped.rows} == {"", *SMALL, *CROWDS}


def test_twins_have_surname_home_and_phone_in_common_and_no_first_name(trapped: Labelled) -> None:
    homes = defaultdict(list)
    for rows in _people(trapped, "twins").values():
        homes[rows[0]["household"]].append({row["first_name"].lower() for row in rows})
    assert homes
    assert all(len(both) == 2 and both[0].isdisjoint(both[1]) for both in homes.values())


def test_undated_traps_tell_no_birth_date_and_dated_ones_do(trapped: Labelled) -> None:
    for name in ("father_son", "couple", "namesakes"):
        assert not any(
            row["birth_date"] for rows in _people(trapped, f"{name}_undated").values() for row in rows
        )
        assert all(any(row["birth_date"] for row in rows) for rows in _people(trapped, name).values())


def test_an_office_is_sixty_people_at_one_address(trapped: Labelled) -> None:
    office = _people(trapped, "office")
    cities = defaultdict(set)
    for person, rows in office.items():
        for row in rows:
            if row["postcode"]:
                cities[row["postcode"]].add(person)
    assert len(office) == 3 * 60
    assert max(map(len, cities.values())) >= 55  # some rows have a slip in the postcode
