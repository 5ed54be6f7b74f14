"""`unifier import`: people from a file, as CRM records on a topic; or click-streams, as online events.

Each row is read as the stream will read it before it is published, so what would be a dead letter is refused
here, with its line. The id of an event is made of the row: importing a file again counts nothing twice.
"""

import asyncio
import sys
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar

import orjson

from unifier.clickstream.messages import online_event
from unifier.clickstream.spec import ClickSpec, is_of_clicks, read_click_spec
from unifier.events.decode import Decoder, TopicKind
from unifier.events.errors import Unreadable
from unifier.events.form import time_text
from unifier.events.person import person_of
from unifier.linking.bar import Bar
from unifier.linking.records import read_spec
from unifier.linking.rows import Cells, InputError, rows_of
from unifier.matching.spec import CELL_MAX, IDENTIFIERS, Spec, SpecError
from unifier.outages import MissingError
from unifier.rules import Rules, load_rules
from unifier.settings import Settings
from unifier.streams.bulk import BulkPublisher, Outgoing
from unifier.streams.topics import existing_topics

CHUNK = 5_000  # records confirmed together
SOURCE = "crm"
"""Of rows whose spec names no column for it."""
LINES_TOLD = 3
"""Refused rows of one reason that are told with their lines."""


@dataclass(slots=True)
class Refused:
    """Rows of one reason."""

    count: int = 0
    told: list[str] = field(default_factory=list)  # what is wrong in the first of them


class Importer(ABC):
    """Makes messages of rows, and counts what becomes of them."""

    kind: ClassVar[TopicKind]

    def __init__(self, rules: Rules, settings: Settings, now: int) -> None:
        """`now`: milliseconds UTC, the time of records whose spec names no column for it."""
        self.published = 0
        self.too_long = 0  # cells left out
        self.refused: dict[str, Refused] = {}
        self._decode = Decoder(rules, settings.timezone).decode
        self._now = now

    @property
    @abstractmethod
    def needed(self) -> list[str]:
        """Columns that the file must have."""

    @abstractmethod
    def message(self, cells: Cells) -> tuple[str, dict[str, Any]]:
        """The key and the message of a row; a repeat of it has the same event id."""

    def records(self, path: Path, topic: str, bar: Bar) -> Iterator[Outgoing]:
        """Every row that the stream will be able to read, ready for the topic. Raises InputError."""
        size = path.stat().st_size if path.is_file() else 0
        for row in bar.reading(rows_of(path, self.needed), size):
            key, message = self.message(row.cells)
            value = orjson.dumps(message)
            try:
                self._decode(self.kind, value, (), "", self._now)
            except Unreadable as error:
                refused = self.refused.setdefault(error.reason, Refused())
                refused.count += 1
                if len(refused.told) < LINES_TOLD:
                    refused.told.append(f"{path}: line {row.line}: {error.field}: {error}")
                continue
            self.published += 1
            yield Outgoing(topic, key.encode(), value)


class People(Importer):
    """Rows of people as CRM records."""

    kind = "crm"

    def __init__(self, spec: Spec, rules: Rules, settings: Settings, now: int) -> None:
        super().__init__(rules, settings, now)
        self._spec = spec
        self._country = settings.country

    @property
    def needed(self) -> list[str]:
        """As the spec says."""
        return self._spec.needed

    def message(self, cells: Cells) -> tuple[str, dict[str, Any]]:
        """A row as a record."""
        spec = self._spec
        identifiers, traits = spec.told(cells)
        self.too_long += sum(len(cells.get(column, "")) > CELL_MAX for column in spec.columns)
        record_id = cells.get(spec.id, "")
        source = cells.get(spec.source, "") if spec.source else SOURCE
        time = cells.get(spec.time, "") if spec.time else ""
        row = orjson.dumps([source, record_id, time, identifiers, traits])
        told = dict(traits)
        if spec.country and spec.country != self._country:  # that phones and addresses are read by
            told.setdefault("country", spec.country)
        contacts: dict[str, str] = {}
        others: dict[str, str] = {}
        for kind, value in identifiers:
            (contacts if kind in IDENTIFIERS and kind not in contacts else others)[kind] = value
        return record_id, {
            "record_id": record_id,
            "source": source,
            "occurred_at": time if spec.time else time_text(self._now),
            "event_id": blake2b(row, digest_size=16).hexdigest(),
            "traits": person_of(told | contacts),
            "identifiers": others,
        }


class ClickRows(Importer):
    """Rows of click-streams as online events of browsers."""

    kind = "online"

    def __init__(self, spec: ClickSpec, rules: Rules, settings: Settings, now: int) -> None:
        super().__init__(rules, settings, now)
        self._spec = spec
        self._rules = rules

    @property
    def needed(self) -> list[str]:
        """As the spec says."""
        return self._spec.needed

    def message(self, cells: Cells) -> tuple[str, dict[str, Any]]:
        """A row as an event."""
        return cells.get(self._spec.user, ""), online_event(cells, self._spec, self._rules)


def run(settings: Settings, file: str, spec_file: str, topic: str) -> int:
    """The command. Raises SpecError, InputError and RulesError; gives the exit code."""
    rules, now = load_rules(settings.rules, settings.model), int(datetime.now(UTC).timestamp() * 1000)
    importer: Importer
    if is_of_clicks(Path(spec_file)):
        importer = ClickRows(read_click_spec(Path(spec_file)), rules, settings, now)
    else:
        spec = read_spec(Path(spec_file))
        _carried(spec, spec_file)
        if left_out := _left_out(spec, rules):
            sys.stderr.write(f"left out, since a record does not carry them: {', '.join(left_out)}\n")
        importer = People(spec, rules, settings, now)
    name = topic or settings.topic(importer.kind)
    try:
        existing_topics(settings, [name])
    except MissingError:
        if not topic:
            raise
        raise InputError(f"--topic {name}: the broker has no such topic; make it, or name another") from None
    bar = Bar()
    try:
        asyncio.run(_publish(importer.records(Path(file), name, bar), name, settings))
    finally:
        bar.clear()
    return _told(importer)


async def _publish(records: Iterator[Outgoing], topic: str, settings: Settings) -> None:
    async with BulkPublisher(settings, [topic]) as publisher:
        while chunk := list(islice(records, CHUNK)):
            await publisher.send(chunk)


def _told(importer: Importer) -> int:
    """Say what became of the rows: counts on stdout, words on stderr. 1 if some were refused."""
    refused = {reason: rows.count for reason, rows in sorted(importer.refused.items())}
    counts = {"published": importer.published, "refused": refused, "cells_left_out": importer.too_long}
    sys.stdout.write(f"{orjson.dumps(counts).decode()}\n")
    for rows in importer.refused.values():
        for line in rows.told:
            sys.stderr.write(f"{line}\n")
        if rows.count > len(rows.told):
            sys.stderr.write(f"… and {rows.count - len(rows.told):,} more like these\n")
    return 1 if refused else 0


def _carried(spec: Spec, name: str) -> None:
    """A record has room for each value of a row. Raises SpecError."""
    kinds = Counter(kind.removeprefix("identifier:") for kind in spec.columns.values())
    for kind, count in kinds.items():
        most = 2 if kind in IDENTIFIERS else 1
        if count > most:
            mend = f"a record carries {most}, take the others out"
            raise SpecError(f"{name}: columns: {count} are the {kind}; {mend}")


def _left_out(spec: Spec, rules: Rules) -> list[str]:
    """Columns that the stream knows nothing to do with."""
    kinds = {column: kind.partition(":") for column, kind in spec.columns.items()}
    return [
        column
        for column, (group, _, kind) in kinds.items()
        if group == "attribute" or (group == "identifier" and kind not in rules.identifiers)
    ]
