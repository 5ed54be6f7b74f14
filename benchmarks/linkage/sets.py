"""The data sets, read or made from a seed, and their rows as the peers get them."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.linkage.rows import Row, read_rows
from benchmarks.people.kinds import make
from unifier.linking.records import read_spec
from unifier.matching.identity import Identity
from unifier.matching.spec import Spec

NAMES = ("first", "middle", "last", "birth", "street", "house_no", "postcode", "city", "region")
KINDS = dict(zip(NAMES, ("first_name", "middle_name", "last_name", "birth_date", *NAMES[4:]), strict=True))
"""Field of an identity → name of its kind."""


@dataclass(slots=True)
class DataSet:
    """Rows with truth, in order of time."""

    name: str
    people: Path
    spec_path: Path
    spec: Spec
    rows: list[Row]
    identities: list[Identity]

    @classmethod
    def read(cls, name: str, people: Path, spec_path: Path) -> "DataSet":
        """From its two files."""
        spec = read_spec(spec_path)
        rows = read_rows(people, spec)
        return cls(name, people, spec_path, spec, rows, [spec.identity(row) for row in rows])

    @property
    def truth(self) -> list[str]:
        """Who is who."""
        return [row[self.spec.truth] for row in self.rows]

    @property
    def traps(self) -> list[str]:
        """What was planted with each row's person, "" for nothing."""
        return [row.get("trap", "") for row in self.rows]

    def write_for_peers(self, folder: Path) -> None:
        """rows.csv: the same values that our side compares, under the names of their kinds; truth.csv."""
        texts = {column: kind for column, kind in self.spec.columns.items() if kind.startswith("attribute:")}
        told = [
            {"rec_id": str(number), **_values(identity), **_attributes(row, texts)}
            for number, (row, identity) in enumerate(zip(self.rows, self.identities, strict=True))
        ]
        columns = dict.fromkeys(name for row in told for name in row)
        used = [name for name in columns if any(row.get(name) for row in told)]
        with (folder / "rows.csv").open("w", newline="", encoding="utf-8") as text:
            writer = csv.DictWriter(text, used, restval="", extrasaction="ignore")
            writer.writeheader()
            writer.writerows(told)
        (folder / "truth.csv").write_text("\n".join(self.truth), encoding="utf-8")


def _values(identity: Identity) -> dict[str, str]:
    return {kind: getattr(identity, name) for name, kind in KINDS.items()} | dict(identity.ids)


def _attributes(row: Row, texts: dict[str, str]) -> dict[str, str]:
    return {kind.replace(":", "_"): row[column].strip().lower() for column, kind in texts.items()}


def generated(kinds: Sequence[str], size: float, seed: int, folder: Path) -> Iterator[DataSet]:
    """Made anew, kept in the folder."""
    for kind in kinds:
        people, spec = make(kind, size, seed).write(folder)
        yield DataSet.read(f"{kind} (seed {seed}, ×{size:g})", people, spec)
