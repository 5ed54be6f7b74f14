"""Marks: the journey-relevant moments of a fragment, packed newest-last into one bytes value.

A mark is 28 bytes. Touches that say nothing more than "was here" keep only the first and the last of
each UTC day: lapses are counted in days, so the ones between change no phase. At most `MARKS_MAX` marks
are kept; of what is older, the newest mark of each signal stays (the opening), so a long history still
has a phase. Adding marks in any order gives the same bytes.
"""

import struct
from collections.abc import Iterable
from typing import NamedTuple

from unifier.events.canonical import Signal

MARKS_MAX = 200
DAY_MS = 86_400_000
_FORM = struct.Struct("<qBBH8s8s")
SIZE = _FORM.size


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


def pack_marks(marks: Iterable[Mark]) -> bytes:
    """Inverse of `unpack_marks`; the marks must be sorted."""
    return b"".join([_FORM.pack(*mark) for mark in marks])


def add_marks(packed: bytes, new: list[Mark]) -> bytes:
    """Put new marks in; the result depends on the set of marks alone, not on their order of arrival."""
    marks = unpack_marks(packed)
    marks += new
    marks.sort()
    return pack_marks(_bounded(_thinned(marks)))


def _thinned(marks: list[Mark]) -> list[Mark]:
    """Drop plain touches that are neither the first nor the last touch of their day."""
    touches = [mark for mark in marks if mark.signal == Signal.TOUCH]
    kept = set()
    for index, mark in enumerate(touches):
        day = mark.at // DAY_MS
        if (
            index == 0
            or index == len(touches) - 1
            or touches[index - 1].at // DAY_MS != day
            or touches[index + 1].at // DAY_MS != day
        ):
            kept.add(mark)
    return [mark for mark in dict.fromkeys(marks) if mark.signal != Signal.TOUCH or mark in kept]


def _bounded(marks: list[Mark]) -> list[Mark]:
    """The newest MARKS_MAX, and of the older ones the newest of each signal."""
    excess = len(marks) - MARKS_MAX
    if excess <= 0:
        return marks
    opening = {mark.signal: mark for mark in marks[:excess]}
    return sorted(opening.values()) + marks[excess:]
