"""The truth beside the simulated events: who is who, whose is what, and who stood in what phase when."""

import csv
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import orjson

from unifier.devstack.simulate.message import iso
from unifier.devstack.simulate.people import Person
from unifier.devstack.simulate.phases import Told, phases_of


class Truth:
    """Grows while the messages are drawn; complete when they have run out."""

    def __init__(self, end_ms: int) -> None:
        self.end_ms = end_ms
        self.people: dict[str, Person] = {}
        self.shared: set[tuple[str, str]] = set()
        self._owned: dict[str, set[tuple[str, str]]] = defaultdict(set)
        self._told: dict[str, list[Told]] = defaultdict(list)

    def add(self, person: Person) -> None:
        """Somebody lives."""
        self.people[person.person_id] = person

    def told(self, person: Person, told: Told) -> None:
        """An event of this person was published."""
        if told.at_ms <= self.end_ms:
            self._told[person.person_id].append(told)

    def identified(self, person: Person, kind: str, value: str) -> None:
        """An event of this person carried this identifier."""
        self._owned[person.person_id].add((kind, value))

    def identifiers(self, person_id: str) -> dict[str, list[str]]:
        """What a person's events carried, by type. The same value with two people is theirs together."""
        found: dict[str, list[str]] = {}
        for kind, value in sorted(self._owned[person_id]):
            found.setdefault(kind, []).append(value)
        return found

    def phases(self, person_id: str) -> list[tuple[int, str]]:
        """(time, phase) of the six-phase model over all of a person's events, whatever source told them."""
        return phases_of(self._told[person_id], self.end_ms)

    def write(self, path: Path) -> None:
        """JSON Lines: one person a line; the last line names what the shop itself shares with everybody."""
        with path.open("wb") as out:
            for person_id, person in self.people.items():
                line = {
                    "person": person_id,
                    "household": person.household_id,
                    "first_name": person.first_name,
                    "last_name": person.last_name,
                    "birth_date": person.birth_date,
                    "identifiers": self.identifiers(person_id),
                    "phases": [(iso(at), phase) for at, phase in self.phases(person_id)],
                }
                out.write(orjson.dumps(line) + b"\n")
            shared = [{"type": kind, "value": value} for kind, value in sorted(self.shared)]
            out.write(orjson.dumps({"person": None, "shared": shared}) + b"\n")


def write_who(path: Path, lines: Iterable[tuple[str, int, str]]) -> None:
    """CSV: which line of which file is about whom; empty: nobody."""
    with path.open("w", newline="", encoding="utf-8") as out:
        table = csv.writer(out)
        table.writerow(("file", "line", "person"))
        table.writerows(lines)
