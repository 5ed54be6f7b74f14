import csv
from collections.abc import Iterable
from pathlib import Path

from benchmarks._clickstream import HEAD, SPEC


def write(folder: Path, rows: Iterable[Iterable[str]]) -> tuple[str, str]:
    """A file of these rows and its spec; gives the paths of both."""
    with (folder / "clicks.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEAD)
        writer.writerows(rows)
    (folder / "spec.toml").write_text(SPEC, encoding="utf-8")
    return str(folder / "clicks.csv"), str(folder / "spec.toml")
