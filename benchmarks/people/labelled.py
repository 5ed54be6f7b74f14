"""Rows with their truth, and the spec that says what the columns are."""

import csv
import gzip
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import TextIOWrapper
from pathlib import Path

Row = dict[str, str]
TRUTH = ("rec_id", "person", "household", "trap")
"""Columns before the data: the row, who it is, with whom they live, what was planted with them."""


@dataclass(slots=True)
class Labelled:
    """A data set. `columns` says what each column is: "first_name", "identifier:loyalty_id", …"""

    name: str
    country: str
    columns: dict[str, str]
    rows: list[Row] = field(default_factory=list)
    time: str = ""  # the column that orders the rows
    source: str = ""

    def spec(self) -> str:
        """The spec, TOML."""
        head = {"id": "rec_id", "truth": "person", "household": "household", "country": self.country}
        head |= {key: value for key, value in (("time", self.time), ("source", self.source)) if value}
        return f"{_table(head)}\n[columns]\n{_table(self.columns)}"

    def write(self, folder: Path) -> tuple[Path, Path]:
        """NAME.csv.gz and NAME.toml in the folder; the same bytes for the same rows."""
        folder.mkdir(parents=True, exist_ok=True)
        people, spec = folder / f"{self.name}.csv.gz", folder / f"{self.name}.toml"
        with (
            people.open("wb") as raw,
            gzip.GzipFile("", "wb", mtime=0, fileobj=raw) as packed,
            TextIOWrapper(packed, encoding="utf-8", newline="") as text,
        ):
            writer = csv.DictWriter(text, list(self.rows[0]))
            writer.writeheader()
            writer.writerows(self.rows)
        spec.write_text(self.spec(), encoding="utf-8")
        return people, spec


def _table(values: Mapping[str, str]) -> str:
    return "".join(f'{key} = "{value}"\n' for key, value in values.items())
