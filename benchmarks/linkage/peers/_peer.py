"""What the peers' scripts share: the rows, what to compare and block on, the result. Standard library only.

python by_PEER.py FOLDER      reads FOLDER/rows.csv and truth.csv, writes FOLDER/result.json
"""

import csv
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import combinations
from pathlib import Path

Row = dict[str, str]
Key = tuple[str, ...]
FOLDER = Path(sys.argv[1])
JARO, LEVENSHTEIN, EXACT = "jaro", "levenshtein", "exact"
PARTS = ("rec_id", "street", "house_no", "region", "postcode")
"""Columns that are compared as part of others, or say next to nothing."""
COMPARED = {
    "first_name": JARO,
    "middle_name": JARO,
    "last_name": JARO,
    "birth_date": LEVENSHTEIN,
    "email": JARO,
    "phone": LEVENSHTEIN,
    "national_id": LEVENSHTEIN,
    "address": JARO,
    "city": JARO,
}
"""Comparator per column; other columns must be equal."""
WIDE_KEYS = (
    ("first_name", "last_name"),
    ("last_name", "birth_date"),
    ("first_name", "birth_date"),
    ("birth_date",),
    ("last_name", "postcode"),
    ("first_name", "postcode"),
    ("address",),
    ("last_name", "city"),
    ("first_name", "city"),
    ("first_name", "birth_date:4"),
    ("last_name", "birth_date:4"),
    ("first_name:3", "last_name:3", "birth_date:4"),
    ("first_name:3", "last_name:4"),
    ("email:6",),
    ("last_name",),
)
"""Blocking keys; "column:n" is its first n characters."""
MOST_PAIRS = 25
"""A key that makes more pairs a row than this is left out: it would cost all the time and find little."""


def rows() -> tuple[list[Row], list[str]]:
    """(rows, columns with any value); `address` is street, number and postcode in one."""
    with (FOLDER / "rows.csv").open(newline="", encoding="utf-8") as text:
        read = list(csv.DictReader(text))
    for row in read:
        parts = [row.get(name, "") for name in ("street", "house_no", "postcode")]
        row["address"] = " ".join(part for part in parts if part) if parts[0] else ""
    columns = [name for name in read[0] if any(row[name] for row in read)]
    return read, [name for name in columns if name not in PARTS]


def truth() -> list[str]:
    """Who is who, for the peers that need labels."""
    return (FOLDER / "truth.csv").read_text(encoding="utf-8").splitlines()


def identifiers(columns: list[str]) -> list[str]:
    """Columns that should name one person exactly."""
    return [name for name in columns if name not in COMPARED and not name.startswith("attribute_")] + [
        name for name in ("email", "phone", "national_id") if name in columns
    ]


def blocking(read: list[Row], columns: list[str]) -> list[Key]:
    """The blocking keys for these columns that do not make too many pairs."""
    wide = [(name,) for name in identifiers(columns)] + list(WIDE_KEYS)
    present = [key for key in wide if all(part.partition(":")[0] in read[0] for part in key)]
    return [key for key in present if 0 < pairs_of(read, key) <= MOST_PAIRS * len(read)]


def value(row: Row, key: Key) -> Key | None:
    """The row's value under a blocking key, None if a part is missing."""
    found = []
    for part in key:
        name, _, length = part.partition(":")
        if not row[name]:
            return None
        found.append(row[name][: int(length)] if length else row[name])
    return tuple(found)


def pairs_of(read: list[Row], key: Key) -> int:
    """Pairs of rows that the key makes."""
    counts = Counter(value(row, key) for row in read)
    counts.pop(None, None)
    return sum(count * (count - 1) // 2 for count in counts.values())


def candidates(read: list[Row], columns: list[str]) -> list[tuple[int, int]]:
    """All pairs of rows with a blocking key in common, sorted."""
    found = set()
    for key in blocking(read, columns):
        holders = defaultdict(list)
        for number, row in enumerate(read):
            holders[value(row, key)].append(number)
        holders.pop(None, None)
        for numbers in holders.values():
            found.update(combinations(numbers, 2))
    return sorted(found)


def peak_mb() -> float:
    """This program's largest memory; unlike `ru_maxrss` it does not begin with that of who started it."""
    told = Path("/proc/self/status").read_text(encoding="ascii")
    return int(told.partition("VmHWM:")[2].split()[0]) / 1024


def done(
    version: str,
    train_s: float,
    predict_s: float,
    pairs: Iterable[tuple[int, int, float]],
    bar: float,
    labels: list[int] | None = None,
) -> None:
    """Write the result: scored pairs (a, b, 0 to 1), the tool's own bar, its own grouping if it makes one."""
    result = {
        "version": version,
        "train_s": train_s,
        "predict_s": predict_s,
        "peak_mb": peak_mb(),
        "pairs": [[int(a), int(b), round(float(score), 6)] for a, b, score in pairs if score > 0.001],
        "bar": bar,
        "labels": labels,
    }
    (FOLDER / "result.json").write_text(json.dumps(result), encoding="utf-8")
