"""Weak points of a simulated shop: found when planted, how late, for whom; and false alarms where none is.

    unifier bench weak-points [--shops N] [--shuffles N] [--json FILE]

Each shop has 180 days of about 300 visits and three planted faults: a checkout that breaks for one device for
two weeks, a payment outage of three days, and a campaign of ten days that brings a crowd which looks and
leaves. The shuffles put the days of a shop without faults in another order. All of it is done again with the
names of events, attributes and values replaced by random words.
"""

import argparse
import json
import platform
import random
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from benchmarks._clickstream import CAMPAIGNS, FUNNEL, PLATFORMS, REGIONS, START, Crowd, Fault, rows
from unifier.journey.steps import Visit, count, learned
from unifier.journey.weak_points import WeakPoint, weak_points

DAYS, VISITS = 180, 300


class Planted(NamedTuple):
    """What was planted, and how it ought to be told."""

    name: str
    step: str
    since: int
    until: int
    where: dict[str, str]


class Shop(NamedTuple):
    """A shop of one seed."""

    visits: list[Visit]
    renamed: list[Visit]  # the same in random words
    words: dict[str, str]
    planted: list[Planted]


def shop(seed: int, with_faults: bool) -> Shop:
    """Its visits, days from 0."""
    rng = random.Random(f"shop {seed}")
    checkout, outage, crowd = (first + rng.randrange(20) for first in (60, 100, 140))
    device = rng.choice(("ios", "android", "desktop"))
    faults = (
        Fault("payment_details", checkout, checkout + 14, 0.35, device),
        Fault("purchase", outage, outage + 3, 0.2),
    )
    crowds = (Crowd("winter_sale", crowd, crowd + 10, 300),)
    told = list(rows(seed, DAYS, VISITS, faults if with_faults else (), crowds if with_faults else ()))
    words = _words(rng)
    planted = [
        Planted("checkout", "shipping_details", checkout, checkout + 14, {"device": device}),
        Planted("outage", "payment_details", outage, outage + 3, {}),
        Planted("crowd", "product_view", crowd, crowd + 10, {"campaign": "winter_sale"}),
    ]
    return Shop([*_visits(told, {})], [*_visits(told, words)], words, planted if with_faults else [])


def _words(rng: random.Random) -> dict[str, str]:
    known = [*FUNNEL, "home", "search", "email_click", "device", "region", "campaign", "winter_sale"]
    known += [*PLATFORMS, *REGIONS, *CAMPAIGNS[2:]]
    return {word: f"{rng.randrange(16**8):08x}" for word in known}


def _visits(told: Sequence[tuple[str, ...]], words: dict[str, str]) -> Iterator[Visit]:
    sessions: dict[str, tuple[int, set[str], dict[str, str]]] = {}
    for _, _, session, at, name, *values in told:
        if session not in sessions:
            named = zip(("device", "region", "campaign"), values, strict=True)
            attributes = {words.get(key, key): words.get(value, value) for key, value in named if value}
            sessions[session] = (datetime.fromisoformat(at) - START).days, set(), attributes
        sessions[session][1].add(words.get(name, name))
    for day, names, attributes in sessions.values():
        yield Visit(day, frozenset(names), attributes)


def found_in(visits: Sequence[Visit]) -> list[WeakPoint]:
    """The weak points, steps learnt."""
    return weak_points(count(visits, learned(visits)))


def in_words(points: Sequence[WeakPoint], words: dict[str, str]) -> set[tuple[object, ...]]:
    """What was found, in other words."""
    return {
        (
            words.get(each.step, each.step),
            frozenset((words.get(key, key), words.get(value, value)) for key, value in each.where.items()),
            each.since,
            each.until,
            each.detected,
        )
        for each in points
    }


def shuffled(visits: Sequence[Visit], seed: int) -> list[Visit]:
    """The same days in another order."""
    order = list(range(DAYS))
    random.Random(f"shuffle {seed}").shuffle(order)
    return [Visit(order[visit.day], visit.names, visit.attributes) for visit in visits]


def judge(shops: int, shuffles: int) -> dict[str, Any]:
    """All figures."""
    faults: dict[str, dict[str, Any]] = {}
    false_in_shops = alike = 0
    for seed in range(shops):
        here = shop(seed, with_faults=True)
        points = found_in(here.visits)
        alike += in_words(points, here.words) == in_words(found_in(here.renamed), {})
        for each in here.planted:
            row = faults.setdefault(
                each.name, {"planted": 0, "found": 0, "right_whom": 0, "delays": [], "since_off": []}
            )
            row["planted"] += 1
            hits = [
                p
                for p in points
                if p.step == each.step and p.since < each.until and each.since <= (p.until or DAYS)
            ]
            points = [p for p in points if p not in hits]
            if hits:
                row["found"] += 1
                row["right_whom"] += hits[0].where == each.where
                row["delays"].append(hits[0].detected - each.since + 1)
                row["since_off"].append(abs(hits[0].since - each.since))
        false_in_shops += len(points)
    quiet = [shop(seed, with_faults=False) for seed in range(4)]
    false, renamed = (
        [len(found_in(shuffled(visits[seed % 4], seed))) for seed in range(shuffles)]
        for visits in ([each.visits for each in quiet], [each.renamed for each in quiet])
    )
    return {
        "faults": faults,
        "false_beside_faults": false_in_shops,
        "shops_alike_in_random_words": alike,
        "false_alarms_in_random_words": sum(renamed),
        "shuffles": shuffles,
        "shuffles_with_false_alarms": sum(1 for number in false if number),
        "false_alarms": sum(false),
        "days": DAYS,
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
    }


def main(argv: Sequence[str] | None = None) -> int:
    """`unifier bench weak-points`."""
    parser = argparse.ArgumentParser(
        prog="unifier bench weak-points",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--shops", type=int, default=20, help="shops with planted faults (default 20)")
    parser.add_argument("--shuffles", type=int, default=50, help="shuffles without faults (default 50)")
    parser.add_argument("--json", type=Path, help="write the figures there")
    args = parser.parse_args(argv)
    figures = judge(args.shops, args.shuffles)
    print("fault     planted  found  for whom  days to detection, median (most)  start off by, most")
    for name, row in figures["faults"].items():
        delays = f"{median(row['delays']):g} ({max(row['delays'])})" if row["delays"] else "-"
        off = max(row["since_off"], default=0)
        print(f"{name:<10}{row['planted']:>7}{row['found']:>7}{row['right_whom']:>10}  {delays:>33}{off:>20}")
    print(f"false alarms beside the faults: {figures['false_beside_faults']} in {args.shops} shops")
    print(
        f"false alarms: {figures['false_alarms']} in {args.shuffles} shuffles of {DAYS} days without faults"
    )
    print(
        f"in random words: the same in {figures['shops_alike_in_random_words']} of {args.shops} shops, "
        f"{figures['false_alarms_in_random_words']} false alarms in {args.shuffles} shuffles"
    )
    if args.json:
        args.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
