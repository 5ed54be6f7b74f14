"""Rows of a file in the order of their time, with every column, also those the spec does not name."""

from pathlib import Path

from unifier.linking.rows import rows_of
from unifier.matching.spec import Spec

Row = dict[str, str]


def read_rows(path: Path, spec: Spec) -> list[Row]:
    """Raises InputError."""
    rows = [row.cells for row in rows_of(path, spec.needed)]
    return sorted(rows, key=lambda row: float(row[spec.time])) if spec.time else rows
