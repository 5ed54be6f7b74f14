"""Touchpoints: how much each is used, what comes of it, and where people fall silent: out of the counts."""

from collections import Counter
from typing import Any, NamedTuple

from unifier.journey.counts import ANYWHERE, WITHIN_DAYS, Counts, Touchpoint, median_s
from unifier.journey.wilson import interval

_OF_PLACES = frozenset({"touches", "people", "returns", "tried", "went_on", "silent", "stopped"})
_NORMAL = 1.959964  # standard normal quantile: two-sided 95 %


class Share(NamedTuple):
    """A share with its 95 % interval."""

    share: float
    low: float
    high: float
    of: int

    @classmethod
    def of_counts(cls, hits: int, of: int) -> "Share | None":
        """None: there is nothing to say."""
        if of <= 0:
            return None
        return cls(min(max(hits / of, 0.0), 1.0), *interval(hits, of, _NORMAL), of)

    def document(self) -> dict[str, Any]:
        """Plain values, rounded to what they can say."""
        return {
            "share": round(self.share, 4),
            "low": round(self.low, 4),
            "high": round(self.high, 4),
            "of": self.of,
        }


def touchpoints(counts: Counts, last: int) -> dict[str, Any]:
    """Intensity, resonance, last stop and response time of each touchpoint, the most touched first.

    resonance: of the stays in a phase that had a touch there within WITHIN_DAYS of their beginning, the
    share that went on to a later phase as soon; of stays that began WITHIN_DAYS or more before the day
    `last`. `base`: the same of a touch anywhere. last_stop: of the stays with a touch there that ended
    because nothing came, the share whose last touch was there. median_response_s: until the person's next
    touch anywhere.
    """
    each: dict[Touchpoint, Counter[str]] = {}
    returns: dict[Touchpoint, Counter[int]] = {}
    for (day, what, *rest), number in counts.items():
        if what not in _OF_PLACES:
            continue
        where = str(rest[0]), str(rest[1])
        if what == "returns":
            returns.setdefault(where, Counter())[int(rest[2])] += number
        elif what not in ("tried", "went_on") or int(day) + WITHIN_DAYS < last:
            each.setdefault(where, Counter())[str(what)] += number
    base = each.pop(ANYWHERE, Counter())
    return {
        "within_s": WITHIN_DAYS * 86_400,
        "base": _share(base["went_on"], base["tried"]),
        "each": [
            {
                "channel": where[0],
                "touchpoint": where[1],
                "touches": told["touches"],
                "people": told["people"],
                "resonance": _share(told["went_on"], told["tried"]),
                "last_stop": _share(told["stopped"], told["silent"]),
                "median_response_s": median_s(returns.get(where, {})),
            }
            for where, told in sorted(each.items(), key=lambda item: (-item[1]["touches"], item[0]))
            if told["touches"] > 0
        ],
    }


def _share(hits: int, of: int) -> dict[str, Any] | None:
    share = Share.of_counts(hits, of)
    return share and share.document()
