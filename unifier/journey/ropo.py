"""Research online, purchase offline (ROPO), and its mirror: looked at in the store, bought online.

A sale carries the touches on the other side before it, each with a weight that halves with every half-life:
what a person saw yesterday had more to do with it than what was seen three weeks ago. Campaigns and
categories that were met before it share the credit for it by the same weights; one of the category that
was bought counts more.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from math import exp2
from typing import Any

from unifier.events.canonical import CHANNELS, Signal
from unifier.events.form import time_text
from unifier.journey.counts import Counts, add
from unifier.profiles.fragment import Fragment, marks_of
from unifier.profiles.marks import CHANNEL_AT, DAY_MS, NO_DETAIL, SIGNAL_AT, SIZE, Fields
from unifier.profiles.orders import settled
from unifier.profiles.topics import BOUGHT, ONLINE, STORE, Met, met
from unifier.rules.measures import RopoRules

CREDIT = 1000
"""Of a sale, to be shared out."""
NAMES_MOST = 100
"""Campaigns, and categories, of all people that are named at once."""
NAMES_TOLD = 10
"""Campaigns that a transition names, those with the most weight."""
_STORE = CHANNELS.index("store")
_PURCHASE = int(Signal.PURCHASE)


@dataclass(frozen=True, slots=True)
class Crossing:
    """A sale with touches on the other side before it. Times in milliseconds UTC."""

    at: int
    event: bytes  # hash of the sale's event
    in_store: bool  # the sale
    touches: tuple[tuple[int, int], ...]  # (time, index in CHANNELS), ascending; at least one
    campaigns: dict[str, float]  # that were met before it, by weight
    categories: dict[str, float]
    weight: float  # of all touches

    @property
    def kind(self) -> str:
        """What it is called."""
        return "ropo" if self.in_store else "showrooming"

    def document(self) -> dict[str, Any]:
        """As a transition carries it."""
        channels = Counter(CHANNELS[channel] for _, channel in self.touches)
        first = sorted(self.campaigns.items(), key=lambda item: (-item[1], item[0]))[:NAMES_TOLD]
        return {
            "kind": self.kind,
            "touches": len(self.touches),
            "by_channel": dict(sorted(channels.items())),
            "by_campaign": {name: round(weight, 3) for name, weight in first},
            "first_at": time_text(self.touches[0][0]),
            "last_at": time_text(self.touches[-1][0]),
            "weight": round(self.weight, 3),
        }

    def add_to(self, into: Counts, sign: int = 1) -> None:
        """Add it to the counts of its day:

        sales, kind, "", ""             a sale with touches on the other side before it
        sales, kind, what, name         one that met this campaign or category there; what: which of the two
        credit, kind, what, name        the share of it, in thousandths
        """
        day, kind = self.at // DAY_MS, self.kind
        told: Counts = {(day, "sales", kind, "", ""): 1}
        for what, weights in (("campaign", self.campaigns), ("category", self.categories)):
            total, shared, given = sum(weights.values()), 0.0, 0
            for name, weight in weights.items():
                shared += weight
                upto = round(CREDIT * shared / total)  # so the rounded shares add up to the whole
                told[day, "sales", kind, what, name] = 1
                told[day, "credit", kind, what, name] = upto - given
                given = upto
        add(into, told, sign)


def crossings(fragments: Sequence[Fragment], rules: RopoRules) -> list[Crossing]:
    """Every sale of a person that stands with touches on the other side in the window before.

    Of the touches of one day only the first and the last are kept as marks (`profiles.marks`).
    """
    signals = b"".join([fragment.marks[SIGNAL_AT::SIZE] for fragment in fragments])
    if _PURCHASE not in signals:
        return []
    channels = b"".join([fragment.marks[CHANNEL_AT::SIZE] for fragment in fragments])
    if channels.count(_STORE) in (0, len(channels)):
        return []  # most buyers: all on one side
    marks = marks_of(fragments)
    undone = settled([fragment.orders for fragment in fragments if fragment.orders is not None]).undone()
    return list(_crossings(marks, undone, fragments, rules))


def _crossings(
    marks: Sequence[Fields], undone: Set[bytes], fragments: Sequence[Fragment], rules: RopoRules
) -> Iterator[Crossing]:
    known: list[Met] = []
    seen: set[bytes] = set()
    for place, (at, signal, channel, _, event, order) in enumerate(marks):
        if signal != _PURCHASE or order in undone or order in seen:
            continue
        if order != NO_DETAIL:
            seen.add(order)
        in_store = channel == _STORE
        start = bisect_left(marks, (at - rules.window,))
        touches = tuple(
            (before, by)
            for before, told, by, *_ in marks[start:place]
            if before < at and (by == _STORE) != in_store and told != _PURCHASE
        )
        if touches:
            known = known or sorted(met(fragment.topics for fragment in fragments))
            campaigns, categories = _weights(at, in_store, known, rules)
            weight = sum(_weight(before, at, rules) for before, _ in touches)
            yield Crossing(at, event, in_store, touches, campaigns, categories, weight)


def _weights(
    at: int, in_store: bool, known: Sequence[Met], rules: RopoRules
) -> tuple[dict[str, float], dict[str, float]]:
    """Weights of the campaigns and the categories that were met on the other side before a sale."""
    other = ONLINE if in_store else STORE
    day = at // DAY_MS * DAY_MS
    bought = {each.category for each in known if each.side == BOUGHT and day <= each.at <= at} - {""}
    campaigns: dict[str, float] = {}
    categories: dict[str, float] = {}
    for before, side, campaign, category in known:  # in order: sums of floats depend on it
        if side != other or not at - rules.window <= before < at:
            continue
        weight = _weight(before, at, rules) * (rules.same_category if category in bought else 1)
        for name, weights in ((campaign, campaigns), (category, categories)):
            if name:
                weights[name] = weights.get(name, 0.0) + weight
    return campaigns, categories


def _weight(before: int, at: int, rules: RopoRules) -> float:
    return exp2((before - at) / rules.half_life)


def credited(counts: Counts, kind: str) -> dict[str, Any]:
    """Sales of a kind, and the campaigns and categories that were met before them, the NAMES_MOST with the
    most credit."""
    sales: Counter[tuple[str, str]] = Counter()
    credit: Counter[tuple[str, str]] = Counter()
    for (_, what, *rest), number in counts.items():
        if what in ("sales", "credit") and rest[0] == kind:
            (sales if what == "sales" else credit)[str(rest[1]), str(rest[2])] += number
    first = sorted(credit.items(), key=lambda item: (-item[1], item[0]))
    return {
        "sales": sales["", ""],
        **{
            f"by_{what}": [
                {what: name, "sales": sales[of, name], "credit": number / CREDIT}
                for (of, name), number in first
                if of == what and sales[of, name] > 0
            ][:NAMES_MOST]
            for what in ("campaign", "category")
        },
    }
