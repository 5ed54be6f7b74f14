"""Clicks: rows of click-stream files by person and visit. A row that cannot be read is counted by reason."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from unifier.clickstream.spec import VISITOR, ClickSpec
from unifier.events.canonical import CHANNELS
from unifier.events.decode import AHEAD_MAX_MS
from unifier.events.errors import Unreadable
from unifier.events.fields import exact, parse_amount, parse_ms
from unifier.journey.steps import Visit
from unifier.linking.bar import Bar
from unifier.linking.rows import Cells, rows_of
from unifier.profiles.fragment import PAUSE_MS
from unifier.profiles.marks import DAY_MS

NAME_MAX = 200
"""Characters of a name or an attribute value; the rest is cut off."""


class Click(NamedTuple):
    """One event of one person."""

    at: int  # milliseconds UTC
    key: bytes  # 8 bytes: hash of the event's id
    name: str
    session: str
    product: bytes  # 8 bytes, b"" without
    channel: str
    attributes: tuple[str, ...]  # as in the spec, "" where the row has none
    order: bytes = b""  # 8 bytes, b"" without
    paid: int | None = None  # of an order, in 1/10000 of its currency's unit; None: nobody says


@dataclass(slots=True)
class Clicks:
    """What files told."""

    spec: ClickSpec
    of: dict[str, list[Click]] = field(default_factory=dict)  # by person, in order of time
    read: int = 0
    refused: Counter[str] = field(default_factory=Counter)

    def visits(self) -> Iterator[Visit]:
        """Every visit of everybody."""
        names = tuple(self.spec.attributes.values())
        for clicks in self.of.values():
            for number, visit in enumerate(_visits(clicks)):
                told = {VISITOR: "returning" if number else "new"}
                for place, name in enumerate(names):
                    value = next((click.attributes[place] for click in visit if click.attributes[place]), "")
                    if value:
                        told[name] = value
                yield Visit(visit[0].at // DAY_MS, frozenset(click.name for click in visit), told)


def read_clicks(paths: Sequence[Path], spec: ClickSpec, bar: Bar) -> Clicks:
    """Read files of one form. Raises InputError."""
    found = Clicks(spec)
    seen: set[bytes] = set()
    texts: dict[str, str] = {}  # each name and value once in memory
    latest = int(time.time() * 1000) + AHEAD_MAX_MS  # one clock that runs ahead would end the time of all
    for path in paths:
        size = path.stat().st_size if path.is_file() else 0
        for row in bar.reading(rows_of(path, spec.needed), size):
            found.read += 1
            user = exact(row.cells.get(spec.user, ""))
            click = _click(row.cells, spec, texts)
            if isinstance(click, str):
                found.refused[click] += 1
            elif click.at > latest:
                found.refused["future time"] += 1
            elif not user:
                found.refused["no user"] += 1
            elif click.key in seen:
                found.refused["repeated"] += 1
            else:
                seen.add(click.key)
                found.of.setdefault(user, []).append(click)
    for clicks in found.of.values():
        clicks.sort()
    return found


def _click(cells: Cells, spec: ClickSpec, texts: dict[str, str]) -> Click | str:
    """A row's event, or why it has none."""

    def text(column: str) -> str:
        told = cells.get(column, "")[:NAME_MAX] if column else ""
        return texts.setdefault(told, told)

    name, when = text(spec.event), cells.get(spec.time, "")
    if not name:
        return "no event"
    try:
        at = moment(when)
    except Unreadable:
        return "bad time"
    try:
        paid = _paid(cells, spec, name)
    except Unreadable:
        return "bad total"
    channel = text(spec.channel)
    order = exact(cells.get(spec.order, "")) if spec.order else ""
    return Click(
        at,
        hash_of(key_of(cells, spec)),
        name,
        cells.get(spec.session, "") if spec.session else "",
        hash_of(cells[spec.product]) if spec.product and cells.get(spec.product) else b"",
        channel if channel in CHANNELS else "web",
        tuple(text(column) for column in spec.attributes),
        hash_of(order) if order else b"",
        paid,
    )


def _paid(cells: Cells, spec: ClickSpec, name: str) -> int | None:
    """What a row says was paid or given back; only where it counts, for exports have all kinds of nothing."""
    told = cells.get(spec.total, "") if spec.total and spec.order_kind(name) not in ("", "fulfilment") else ""
    return parse_amount(told, "total") if told else None


def key_of(cells: Cells, spec: ClickSpec) -> str:
    """What names the event: its id, else the whole row."""
    if spec.id and cells.get(spec.id):
        return cells[spec.id]
    return "\x1f".join(cells.get(column, "") for column in spec.needed)


def moment(text: str) -> int:
    """ISO 8601, without a zone UTC; or seconds or milliseconds since 1970."""
    if text.replace(".", "", 1).isdecimal() and len(text) > 8:
        number = float(text)
        return int(number * 1000) if number < 1e11 else int(number)
    return parse_ms(text.strip(), UTC, "time")


def hash_of(text: str) -> bytes:
    """8 bytes."""
    return blake2b(text.encode(), digest_size=8).digest()


def _visits(clicks: Sequence[Click]) -> list[list[Click]]:
    """The visits of one person, by their first click; without a session, a pause ends one."""
    visits: list[list[Click]] = []
    newest: dict[str, list[Click]] = {}  # of each session; "": of clicks without one
    for click in clicks:
        visit = newest.get(click.session)
        if visit is None or (not click.session and click.at - visit[-1].at > PAUSE_MS):
            visit = newest[click.session] = []
            visits.append(visit)
        visit.append(click)
    return visits
