"""Touchpoints: how much each is used, what comes of it, and where journeys end."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from math import sqrt
from statistics import median
from typing import Any, NamedTuple

from unifier.journey.models import Model
from unifier.journey.paths import Path, Touchpoint

WITHIN_MS = 7 * 86_400_000
"""How soon the next phase has to follow a touch for it to count as resonance."""
_NORMAL = 1.959964  # standard normal quantile: two-sided 95 %


class Share(NamedTuple):
    """A share with its 95 % interval (Wilson 1927)."""

    share: float
    low: float
    high: float
    of: int

    @classmethod
    def of_counts(cls, hits: int, of: int) -> "Share | None":
        """None: there is nothing to say."""
        if not of:
            return None
        share, square = hits / of, _NORMAL * _NORMAL
        middle = (share + square / (2 * of)) / (1 + square / of)
        spread = _NORMAL * sqrt(share * (1 - share) / of + square / (4 * of * of)) / (1 + square / of)
        return cls(share, max(0.0, middle - spread), min(1.0, middle + spread), of)

    def document(self) -> dict[str, Any]:
        """Plain values, rounded to what they can say."""
        return {
            "share": round(self.share, 4),
            "low": round(self.low, 4),
            "high": round(self.high, 4),
            "of": self.of,
        }


@dataclass(slots=True)
class _Met:
    touches: int = 0
    people: int = 0
    tried: int = 0
    went_on: int = 0
    journeys: int = 0
    ended: int = 0
    gaps: list[int] = field(default_factory=list)  # milliseconds to the next touch


def touchpoints(paths: Iterable[Path], model: Model, end: int) -> dict[str, Any]:
    """Intensity, resonance, last stop and response time of each touchpoint, the most touched first.

    resonance: of the stays in a phase with a touch there, the share that went on to a later phase within
    `within_s`; a stay counts once, from its first touch there. `base`: the same of a touch anywhere.
    last_stop: of the journeys that touched it and are without a purchase and without a touch since
    `within_s`, the share whose last touch it was. median_response_s: until the person's next touch.
    """
    known = [path for path in paths if path.touches]
    first = min((path.touches[0][0] for path in known), default=end)
    within = min(WITHIN_MS, (end - first) // 4)
    met: dict[Touchpoint, _Met] = {}
    base = _Met()
    for path in known:
        _resonance(path, end - within, within, met, base)
        _last_stops(path, model, end - within, met)
        for (at, place), (later, _) in pairwise(path.touches):
            met[place].gaps.append(later - at)
    rate = Share.of_counts(base.went_on, base.tried)
    return {
        "within_s": within // 1000,
        "base": rate.document() if rate else None,
        "each": [
            {
                "channel": channel,
                "touchpoint": touchpoint,
                "touches": one.touches,
                "people": one.people,
                "resonance": resonance.document()
                if (resonance := Share.of_counts(one.went_on, one.tried))
                else None,
                "last_stop": stop.document() if (stop := Share.of_counts(one.ended, one.journeys)) else None,
                "median_response_s": round(median(one.gaps) / 1000, 3) if one.gaps else None,
            }
            for (channel, touchpoint), one in sorted(met.items(), key=lambda m: (-m[1].touches, m[0]))
        ],
    }


def _resonance(path: Path, known: int, within: int, met: dict[Touchpoint, _Met], base: _Met) -> None:
    """Touches after `known` are counted, but what followed them cannot be judged yet."""
    moments = [step.at for step in path.steps]
    forward = [step.at for step in path.steps if step.to > step.source]
    there: set[tuple[int, Touchpoint | None]] = set()
    for place in {place for _, place in path.touches}:
        met.setdefault(place, _Met()).people += 1
    for at, place in path.touches:
        met[place].touches += 1
        if at > known:
            continue
        stay = bisect_right(moments, at)
        soonest = bisect_right(forward, at)
        went_on = soonest < len(forward) and forward[soonest] <= at + within
        for one, key in ((met[place], place), (base, None)):
            if (stay, key) not in there:
                there.add((stay, key))
                one.tried += 1
                one.went_on += went_on


def _last_stops(path: Path, model: Model, known: int, met: dict[Touchpoint, _Met]) -> None:
    moments = [step.at for step in path.steps]
    journeys: dict[int, list[tuple[int, Touchpoint]]] = {}
    for touch in path.touches:
        stay = bisect_right(moments, touch[0])
        journeys.setdefault(path.steps[stay - 1].journey if stay else 0, []).append(touch)
    bought = {step.journey for step in path.steps if step.to >= model.purchase and step.to > step.source}
    for journey, touches in journeys.items():
        last, place = touches[-1]
        if journey in bought or last > known:
            continue
        for each in {touched for _, touched in touches}:
            met[each].journeys += 1
        met[place].ended += 1
