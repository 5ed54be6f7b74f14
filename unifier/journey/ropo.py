"""Research online, purchase offline (ROPO), and its mirror: looked at in the store, bought online.

A sale carries the touches on the other side before it, each with a weight that halves every HALF_LIFE: what a
person saw yesterday had more to do with it than what was seen three weeks ago.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from math import exp2
from typing import Any

from unifier.events.canonical import CHANNELS, Signal
from unifier.events.form import time_text
from unifier.profiles.marks import DAY_MS, Fields

WINDOW_MS = 30 * DAY_MS
HALF_LIFE_MS = 7 * DAY_MS
_STORE = CHANNELS.index("store")
_PURCHASE = int(Signal.PURCHASE)


@dataclass(frozen=True, slots=True)
class Crossing:
    """A sale with touches on the other side before it. Times in milliseconds UTC."""

    at: int
    event: bytes  # hash of the sale's event
    in_store: bool  # the sale
    touches: tuple[tuple[int, int], ...]  # (time, index in CHANNELS), ascending; at least one

    @property
    def weight(self) -> float:
        """Sum of the touches' weights."""
        return sum(exp2((at - self.at) / HALF_LIFE_MS) for at, _ in self.touches)

    def document(self) -> dict[str, Any]:
        """As a transition carries it."""
        channels = Counter(CHANNELS[channel] for _, channel in self.touches)
        return {
            "kind": "ropo" if self.in_store else "showrooming",
            "touches": len(self.touches),
            "by_channel": dict(sorted(channels.items())),
            "first_at": time_text(self.touches[0][0]),
            "last_at": time_text(self.touches[-1][0]),
            "weight": round(self.weight, 3),
        }


def crossings(marks: Sequence[Fields], undone: Set[bytes]) -> Iterator[Crossing]:
    """Every sale that stands with touches on the other side in the WINDOW before; marks in ascending order.

    Of the touches of one day only the first and the last are kept as marks (`profiles.marks`).
    """
    seen: set[bytes] = set()
    for place, (at, signal, channel, _, event, order) in enumerate(marks):
        if signal != _PURCHASE or order in undone or order in seen:
            continue
        seen.add(order)
        in_store = channel == _STORE
        start = bisect_left(marks, (at - WINDOW_MS,))
        touches = tuple(
            (before, by)
            for before, told, by, *_ in marks[start:place]
            if before < at and (by == _STORE) != in_store and told != _PURCHASE
        )
        if touches:
            yield Crossing(at, event, in_store, touches)
