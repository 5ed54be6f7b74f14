"""Response times: how long an order waits for its parcel, a complaint for its answer.

Of an order that is until the first word of its fulfilment. Of what [responses] in the rules file names, until
the first answer after it; what is asked again before that does not count anew. Of each day the first question
and the first answer are known.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from unifier.events.canonical import Signal
from unifier.journey.counts import Counts, add, median_s, span
from unifier.profiles.fragment import Fragment, marks_of
from unifier.profiles.marks import DAY_MS, NO_DETAIL, SIGNAL_AT, SIZE
from unifier.profiles.topics import ANSWERED, ASKED, answers, met
from unifier.rules.measures import ORDER

_PURCHASE, _FULFILMENT = int(Signal.PURCHASE), int(Signal.FULFILMENT)


class Response(NamedTuple):
    """An answer, and how long it took."""

    at: int  # of the answer, milliseconds UTC
    kind: str
    after_ms: int

    def add_to(self, into: Counts, sign: int = 1) -> None:
        """Add it to the counts: (day of the answer, "answered", kind, span)."""
        add(into, {(self.at // DAY_MS, "answered", self.kind, span(self.after_ms)): 1}, sign)


def responses(fragments: Sequence[Fragment]) -> list[Response]:
    """All of one person's, in no order."""
    return [*_parcels(fragments), *_answers(fragments)]


def _parcels(fragments: Sequence[Fragment]) -> list[Response]:
    if _FULFILMENT not in b"".join([fragment.marks[SIGNAL_AT::SIZE] for fragment in fragments]):
        return []
    ordered: dict[bytes, int] = {}
    found: dict[bytes, Response] = {}
    for at, signal, _, _, _, order in marks_of(fragments):
        if signal == _PURCHASE and order != NO_DETAIL:
            ordered.setdefault(order, at)
        elif signal == _FULFILMENT and order in ordered:
            found.setdefault(order, Response(at, ORDER, at - ordered[order]))
    return list(found.values())


def _answers(fragments: Sequence[Fragment]) -> list[Response]:
    if not any([answers(fragment.topics) for fragment in fragments]):  # noqa: C419 - half the time
        return []
    open_: dict[str, int] = {}
    found = []
    for at, side, _, kind in sorted(met(fragment.topics for fragment in fragments)):
        if side == ASKED:
            open_.setdefault(kind, at)
        elif side == ANSWERED and kind in open_:
            found.append(Response(at, kind, at - open_.pop(kind)))
    return found


def response_times(counts: Counts) -> list[dict[str, Any]]:
    """Of each kind how many answers there were, and the median and the ninth decile of the time they took."""
    spans: dict[str, Counter[int]] = {}
    for (_, what, *rest), number in counts.items():
        if what == "answered":
            spans.setdefault(str(rest[0]), Counter())[int(rest[1])] += number
    return [
        {"kind": kind, "answers": of.total(), "median_s": median_s(of), "p90_s": median_s(of, 0.9)}
        for kind, of in sorted(spans.items())
        if of.total() > 0
    ]
