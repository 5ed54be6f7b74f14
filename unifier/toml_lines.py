"""Where something stands in a TOML text, for messages about what is wrong with it."""

import re
from collections.abc import Sequence

_HEADER = re.compile(r"\s*(\[\[?)\s*([^\]]+?)\s*\]")
_KEY = re.compile(r"""\s*((?:[A-Za-z0-9_.-]+|"[^"]*"|'[^']*'))\s*=\s*(.*)""")
_NOTHING = re.compile(r"\s*(#.*)?$")

Place = tuple[str | int, ...]


def line_of(text: str, place: Sequence[str | int]) -> int | None:
    """The line, from 1 on, of the innermost thing on the way to a place that there is; None: there is none.

    `place` is the path of keys and of numbers in lists, as validators tell it.
    """
    lines = _lines(text)
    for length in range(len(place), 0, -1):
        if (line := lines.get(tuple(place[:length]))) is not None:
            return line
    return None


def _lines(text: str) -> dict[Place, int]:
    """Path → line, of tables, keys, and of the elements of lists with a line each."""
    found: dict[Place, int] = {}
    tables: dict[Place, int] = {}  # lists of tables → how many there were
    table: Place = ()
    open_list: Place | None = None
    element = 0
    for number, line in enumerate(text.splitlines(), 1):
        if open_list is not None:
            if line.strip().startswith("]"):
                open_list = None
            elif not _NOTHING.match(line):
                found[*open_list, element] = number
                element += 1
        elif (header := _HEADER.match(line)) is not None:
            table = tuple(part.strip().strip("\"'") for part in header[2].split("."))
            if header[1] == "[[":
                tables[table] = tables.get(table, -1) + 1
                table = (*table, tables[table])
            for length in range(1, len(table) + 1):
                found.setdefault(table[:length], number)
        elif (key := _KEY.match(line)) is not None:
            path = (*table, key[1].strip("\"'"))
            found.setdefault(path, number)
            if key[2].split("#")[0].strip() == "[":
                open_list, element = path, 0
    return found
