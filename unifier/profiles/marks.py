"""Marks: the journey-relevant moments of a fragment, packed newest-last into one bytes value.

A mark is 28 bytes. Touches that say nothing more than "was here" keep only the first and the last of each
UTC day: lapses are whole days, so the ones between change no phase. Of each signal the newest `KEPT` stay,
so that a week of browsing does not push out last month's purchase. Both are functions of the set of marks
ever added: any order and any batching gives the same bytes, late marks included. A mark older than the
kept ones of its signal falls out at once and changes no phase.
"""

import struct
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from unifier.events.canonical import Signal

DAY_MS = 86_400_000
NO_DETAIL = bytes(8)  # the `detail` of a mark that names no product and no order
KEPT = (40, 48, 32, 24, 24, 16, 8, 8)  # marks kept of each Signal, in its order

_FORM = struct.Struct("<qBBH8s8s")
_TIME = struct.Struct("<q")
SIZE = _FORM.size
_TIMES = struct.Struct(f"<q{SIZE - _TIME.size}x")
_WHEN_AND_WHAT = struct.Struct(f"<qB{SIZE - _TIME.size - 1}x")
SIGNAL_AT, CHANNEL_AT = 8, 9  # places of these bytes in a packed mark
_TOUCH = int(Signal.TOUCH)
Fields = tuple[Any, ...]
"""A Mark, or its fields as unpacked: the two compare and hash alike."""


class Mark(NamedTuple):
    """One moment. Sorts by time, then by content, so that ties do not depend on arrival."""

    at: int  # milliseconds UTC
    signal: int  # a Signal
    channel: int  # index in CHANNELS
    spare: int
    event: bytes  # hash of the event id, 8 bytes
    detail: bytes  # hash of the product (interest) or of the order (purchase, fulfilment, trouble), 8 bytes


def unpack_marks(packed: bytes) -> list[Mark]:
    """Marks in ascending order."""
    return [Mark._make(fields) for fields in _FORM.iter_unpack(packed)]


def pack_marks(marks: Iterable[Fields]) -> bytes:
    """Inverse of `unpack_marks`; the marks must be sorted."""
    return b"".join([_FORM.pack(*mark) for mark in marks])


def fields_of(packed: bytes) -> list[Fields]:
    """The fields of each mark, in ascending order; a third of the time that marks take."""
    return list(_FORM.iter_unpack(packed))


def all_times(packed: bytes) -> list[int]:
    """When there were marks, in the order of the marks."""
    return [at for (at,) in _TIMES.iter_unpack(packed)]


def when_and_what(packed: bytes) -> Iterator[tuple[int, int]]:
    """(time, signal) of each mark, in the order of the marks."""
    return _WHEN_AND_WHAT.iter_unpack(packed)


def times_of(packed: bytes, signal: int) -> list[int]:
    """When there were marks of one signal, in ascending order; without unpacking the others."""
    signals, found = packed[SIGNAL_AT::SIZE], []
    place = signals.find(signal)
    while place >= 0:
        found.append(_time(packed, place * SIZE))
        place = signals.find(signal, place + 1)
    return found


def add_marks(packed: bytes, new: list[Mark]) -> bytes:
    """Put new marks in; the result depends on the set of marks alone, not on their order of arrival."""
    if len(new) == 1 and (not packed or new[0].at > _time(packed, len(packed) - SIZE)):
        return _appended(packed, new[0])
    return pack_marks(_kept(_thinned(sorted({*_FORM.iter_unpack(packed), *new}))))


def _time(packed: bytes, offset: int) -> int:
    at: int = _TIME.unpack_from(packed, offset)[0]
    return at


def _appended(packed: bytes, mark: Mark) -> bytes:
    """The same as putting it in among all, for one mark later than the others: most are."""
    signals = packed[SIGNAL_AT::SIZE]
    signal = mark.signal
    drop = -1
    if signal == _TOUCH:
        last = signals.rfind(_TOUCH)
        first = signals.rfind(_TOUCH, 0, last) if last > 0 else -1
        if first >= 0 and _time(packed, first * SIZE) // DAY_MS == mark.at // DAY_MS:
            drop = last  # it was the last touch of this day, and not the first
    if drop < 0 and signals.count(signal) >= KEPT[signal]:
        drop = signals.find(signal)
    if drop >= 0:
        packed = packed[: drop * SIZE] + packed[(drop + 1) * SIZE :]
    return packed + _FORM.pack(*mark)


def _thinned(marks: list[Fields]) -> list[Fields]:
    """Drop touches that are neither the first nor the last touch of their day."""
    ends: dict[int, list[Fields]] = {}
    for mark in marks:
        if mark[1] == _TOUCH:
            ends.setdefault(mark[0] // DAY_MS, [])[1:] = [mark]
    kept = {mark for pair in ends.values() for mark in pair}
    return [mark for mark in marks if mark[1] != _TOUCH or mark in kept]


def _kept(marks: list[Fields]) -> list[Fields]:
    """The newest of each signal."""
    room = list(KEPT)
    kept = []
    for mark in reversed(marks):
        signal = mark[1]
        if room[signal]:
            room[signal] -= 1
            kept.append(mark)
    kept.reverse()
    return kept
