"""What a batch wants written, and what the store answers."""

from dataclasses import dataclass, field
from typing import NamedTuple

from unifier.profiles.store.layout import ERASED, HOLDER_BYTES, REFUSED, SHARED, TOMB, UNTIL_DIGITS


class IndexEntry(NamedTuple):
    """Who carries an identifier or blocking key."""

    shared: bool
    holders: list[bytes]  # fragment ids
    until: int = 0  # somebody who carried it was erased up to then, milliseconds; 0: nobody
    refused: bool = False  # for that reason it did not take the holder


@dataclass(slots=True)
class IndexWrite:
    """A fragment's entry under one key; beyond the limits the entry becomes shared."""

    place: bytes
    holder: bytes  # fragment id and person mark, 13 bytes
    most_people: int
    most_holders: int
    at: int  # time of the event that told it, milliseconds
    newest: int  # that of the newest event of the fragment


class Mark(NamedTuple):
    """A key of fragments that are being erased."""

    place: bytes
    exact: bool
    most_people: int
    most_holders: int


@dataclass(slots=True)
class Commit:
    """The write of one component."""

    cid: bytes
    head: bytes  # what must be there now: "L" and version; empty: nothing
    value: bytes  # new head and blob
    effects: bytes  # outbox entry; empty: none
    due: int | None
    absorbed: list[tuple[bytes, bytes]]  # (founder, head) of components that end in this one
    founded: list[bytes]  # new fragments, the founder aside
    index: list[IndexWrite] = field(default_factory=list)
    doubt: int | None = None  # how much a steward is needed, below 4,096; 0: not; None: as before
    unseen: bool = False  # no reader sees a difference: no snapshot is due because of it


@dataclass(slots=True)
class Result:
    """What became of a commit."""

    written: bool
    entries: dict[int, IndexEntry] = field(default_factory=dict)  # number of the index write → others there


def read_entry(entry: bytes) -> IndexEntry:
    """Decode a stored index entry."""
    flag = entry[0]
    if flag < ERASED:
        return IndexEntry(flag == SHARED, [entry[i : i + 12] for i in range(1, len(entry), HOLDER_BYTES)])
    first = 1 + UNTIL_DIGITS
    holders = [entry[i : i + 12] for i in range(first, len(entry), HOLDER_BYTES)]
    return IndexEntry(
        False, [fid for fid in holders if fid != TOMB], int(entry[1:first]), refused=flag == REFUSED
    )
