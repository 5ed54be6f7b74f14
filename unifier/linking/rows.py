"""Rows of files: CSV or JSON Lines, plain or gzipped, UTF-8. What cannot be read is named by its line."""

import csv
import gzip
import json
import re
import zlib
from collections.abc import Iterator, Sequence
from io import BufferedReader
from itertools import chain
from pathlib import Path
from typing import NamedTuple

Cells = dict[str, str]


class Row(NamedTuple):
    """One record of a file."""

    line: int
    read: int  # bytes of the file that are read
    cells: Cells


_JSON_LINES = (".jsonl", ".ndjson", ".json")
_DELIMITERS = ",;\t|"
_SURROGATE = re.compile("[\ud800-\udfff]")  # JSON can name half of a character, but no text can hold it
_LONGEST_CELL = 1 << 27  # characters; the reader must survive what the matching then leaves out


class InputError(ValueError):
    """A file cannot be used; the message names file, line and mend, and no value of a person."""


def rows_of(path: Path, needed: Sequence[str]) -> Iterator[Row]:
    """Every row of a file that has these columns. Raises InputError."""
    csv.field_size_limit(_LONGEST_CELL)
    try:
        with path.open("rb") as raw:
            is_json = any(suffix in _JSON_LINES for suffix in path.suffixes[-2:])
            read = raw.tell if raw.seekable() else lambda: 0  # a pipe does not say how far it is
            for line, cells in (_from_json if is_json else _from_csv)(_lines(raw, path), path, needed):
                yield Row(line, read(), cells)
    except OSError as error:
        reason = "not whole gzip" if isinstance(error, gzip.BadGzipFile) else error.strerror
        raise InputError(f"{path}: cannot be read ({reason})") from None
    except (EOFError, zlib.error):
        raise InputError(f"{path}: cannot be read (not whole gzip); compress it again") from None


def _lines(raw: BufferedReader, path: Path) -> Iterator[str]:
    packed = raw.peek(2)[:2] == b"\x1f\x8b"
    stream = gzip.GzipFile(fileobj=raw) if packed else raw
    for number, line in enumerate(stream, 1):
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError:
            raise InputError(f"{path}: line {number}: not UTF-8; save the file as UTF-8") from None


def _from_csv(lines: Iterator[str], path: Path, needed: Sequence[str]) -> Iterator[tuple[int, Cells]]:
    header = next(lines, "")
    if not header.strip():
        raise InputError(f"{path}: is empty; give a line of column names and a line for each record")
    if "\r" in header.rstrip("\r\n"):
        raise InputError(f"{path}: lines end as on an old Mac; save the file with line feeds")
    delimiter = max(_DELIMITERS, key=header.count)
    # Strict: a quote that nobody closes would swallow the rest of the file.
    reader = csv.reader(chain([header], lines), delimiter=delimiter, strict=True)
    count = 0
    try:
        names = next(reader)
        _has(path, names, needed)
        for cells in reader:
            if not cells:
                continue
            line = reader.line_num
            if len(cells) > len(names):
                raise InputError(f"{path}: line {line}: {len(cells)} cells for {len(names)} columns; mend it")
            count += 1
            yield line, dict(zip(names, cells, strict=False))  # a short row lacks its last cells
    except csv.Error as error:
        mend = "close each quote, and write one within a cell twice"
        raise InputError(f"{path}: line {reader.line_num}: not CSV ({error}); {mend}") from None
    if not count:
        raise InputError(f"{path}: has column names alone; give a line for each record")


def _from_json(lines: Iterator[str], path: Path, needed: Sequence[str]) -> Iterator[tuple[int, Cells]]:
    seen: set[str] = set()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            told = json.loads(line)
        except (ValueError, RecursionError):
            told = None
        if not isinstance(told, dict):
            raise InputError(f"{path}: line {number}: not a JSON object; give one record a line")
        if "\\u" in line and _SURROGATE.search(json.dumps(told, ensure_ascii=False)):
            raise InputError(f"{path}: line {number}: \\ud800 to \\udfff alone are half a character; mend it")
        for name, value in told.items():
            if isinstance(value, (dict, list)) and name in needed:
                raise InputError(f"{path}: line {number}: {name} is a list or an object; give one value")
        seen |= told.keys()
        yield number, {name: _text(value) for name, value in told.items()}
    if not seen:
        raise InputError(f"{path}: is empty; give a JSON object for each record")
    _has(path, list(seen), needed)


def _text(value: object) -> str:
    return "" if value is None else value if isinstance(value, str) else json.dumps(value)


def _has(path: Path, names: Sequence[str], needed: Sequence[str]) -> None:
    for name in needed:
        if name not in names:
            there = ", ".join(sorted(names)[:20])
            raise InputError(f"{path}: has no column {name!r}, which the spec names; it has {there}")
        if names.count(name) > 1:
            raise InputError(f"{path}: has several columns {name!r}; give each a name of its own")
