"""Who is in which phase, how far journeys got, which moves are made, how long stays last: out of the
counts.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from unifier.journey.counts import Counts, median_s
from unifier.journey.models import NONE, Model


def phases(now: Mapping[str, int], counts: Counts, model: Model) -> list[dict[str, Any]]:
    """Of each phase: people now, journeys that got at least so far, the share of them that got no further.

    `now`: people by phase. What was counted of phases that the rules no longer have is left out.
    """
    places = {phase: place for place, phase in enumerate(model.phases)} | {"none": NONE}
    reached: Counter[str] = Counter()
    for (_, what, *rest), number in counts.items():
        if what == "moves" and rest[0] == model.name and rest[6] and {*rest[1:3], rest[6]} <= places.keys():
            before, got = places[str(rest[6])], places[str(rest[1 if rest[3] == "lapse" else 2])]
            for phase in model.phases[before + 1 : got + 1]:
                reached[phase] += number
    found = []
    for place, name in enumerate(model.phases[:-1]):
        further = reached[model.phases[place + 1]] if place + 2 < len(model.phases) else 0
        stopped = 1 - further / reached[name] if reached[name] > 0 else None
        found.append(
            {
                "phase": name,
                "people_now": now.get(name, 0),
                "journeys": reached[name],
                "drop_off": None if stopped is None else round(min(max(stopped, 0.0), 1.0), 4),
            }
        )
    return [*found, {"phase": "none", "people_now": now.get("none", 0), "journeys": 0, "drop_off": None}]


def flows(counts: Counts, model: Model, channel: str = "") -> list[dict[str, Any]]:
    """Moves between phases, the most frequent first, with the median time spent before them.

    `channel`: only those that a touch in it caused; "": all, also those that time caused.
    """
    spans: dict[tuple[str, str, str], Counter[int]] = {}
    for (_, what, *rest), number in counts.items():
        if what == "moves" and rest[0] == model.name:
            _, source, to, direction, stay, by, _ = rest
            if channel in ("", by):
                spans.setdefault((str(source), str(to), str(direction)), Counter())[int(stay)] += number
    return [
        {
            "from": move[0],
            "to": move[1],
            "direction": move[2],
            "moves": stays.total(),
            "median_dwell_s": median_s(stays),
        }
        for move, stays in sorted(spans.items(), key=lambda item: (-item[1].total(), item[0]))
        if stays.total() > 0
    ]


def dwell(counts: Counts, model: Model) -> list[dict[str, Any]]:
    """How long the stays in each phase lasted, of those that are over."""
    stays: dict[str, Counter[int]] = {}
    for (_, what, *rest), number in counts.items():
        if what == "moves" and rest[0] == model.name and rest[1] != "none":
            stays.setdefault(str(rest[1]), Counter())[int(rest[4])] += number
    return [
        {
            "phase": phase,
            "stays": stays[phase].total(),
            "median_s": median_s(stays[phase]),
            "p90_s": median_s(stays[phase], 0.9),
        }
        for phase in model.phases
        if phase in stays and stays[phase].total() > 0
    ]
