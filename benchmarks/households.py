"""Who lives together, against the truth: of every two people, is it right whether they are one household?

"from the rows" is `unifier link --households`; "from the component" is what the stream says of a profile
without looking for the others. "within reach" asks only for the pairs whose rows say something of it: a house
(however its street is spelled) or one identifier told by both. People are the true ones, profiles as found.
The table goes to stderr, everything to stdout as JSON.
"""

import argparse
import json
import sys
from collections import defaultdict
from itertools import chain, combinations
from pathlib import Path
from typing import Any

from benchmarks._measuring import facts
from benchmarks.linkage.public import public
from benchmarks.linkage.sets import DataSet, generated
from benchmarks.match import CACHE
from benchmarks.people.kinds import KINDS
from unifier.linking.bar import Bar
from unifier.linking.found import Found, find_households, link, rules_for
from unifier.linking.records import Records
from unifier.matching.identity import Identity
from unifier.matching.quality import Quality, between, quality
from unifier.profiles.anchors import doorbell
from unifier.profiles.homes import Addresses
from unifier.settings import load_settings

Pairs = set[tuple[str, str]]
HOUSEHOLD = "household"
"""The column of the truth."""
MADE = ("retail_de", "traps", *(kind for kind in KINDS if kind.startswith("customers")))


def main() -> int:
    """`unifier bench households`."""
    parser = argparse.ArgumentParser(prog="unifier bench households", description=__doc__.split("\n")[0])
    parser.add_argument(
        "--data",
        type=Path,
        default=CACHE,
        metavar="DIR",
        help="where pseudopeople.csv.gz is or is made; an old one without households is passed over",
    )
    parser.add_argument("--made", nargs="*", default=list(MADE), choices=list(KINDS), metavar="KIND")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--size", type=float, default=1.0)
    args = parser.parse_args()
    made = generated(args.made, args.size, args.seed, CACHE / f"seed-{args.seed}-size-{args.size:g}")
    given = chain(public(args.data, ("pseudopeople",)), made)
    sets = {data.name: judged(data) for data in given if HOUSEHOLD in data.rows[0]}
    for name, found in sets.items():
        shown = [f"{how} {q['precision']:.3f} {q['recall']:.3f} {q['f1']:.3f}" for how, q in found.items()]
        print(f"{name:32} {'   '.join(shown)}", file=sys.stderr)
    print(json.dumps({"machine": facts(), "sets": sets}, indent=1))
    return 0


def judged(data: DataSet) -> dict[str, dict[str, float]]:
    """Precision, recall and F1 of each way."""
    homes = [row[HOUSEHOLD] for row in data.rows]
    records = Records([row[data.spec.id] for row in data.rows], data.truth, data.identities)
    found = link(records, rules_for(load_settings({}), data.spec, ""), Bar())
    find_households(found)
    profiles = [found.profile[fid] for fid in found.fragments]
    from_rows = [found.household[profile] for profile in profiles]
    told: dict[str, list[Identity]] = defaultdict(list)
    for profile, one in zip(profiles, data.identities, strict=True):
        told[profile].insert(0, one)  # the newest first
    from_component = [doorbell(told[profile]) or profile for profile in profiles]
    overall = between(data.truth, homes, from_rows)
    return {
        "from the rows": overall.figures(),
        "within reach": _within_reach(found, data.truth, homes, from_rows, overall).figures(),
        "from the component": between(data.truth, homes, from_component).figures(),
    }


def _within_reach(
    found: Found, people: list[str], homes: list[str], said: list[str], overall: Quality
) -> Quality:
    """The same precision; of the pairs within reach, how many were found."""
    addresses = Addresses(found.records.identities)
    told: dict[str, set[Any]] = defaultdict(set)
    for who, one in zip(people, found.records.identities, strict=True):
        told[who].update(one.ids)
        if (address := addresses.of(one)) and address.number:
            told[who].add(address)
    true = {pair for pair in _pairs(people, homes) if told[pair[0]] & told[pair[1]]}
    return quality(overall.precision, len(true & _pairs(people, said)) / max(1, len(true)))


def _pairs(people: list[str], groups: list[str]) -> Pairs:
    members: dict[str, set[str]] = defaultdict(set)
    for who, group in zip(people, groups, strict=True):
        members[group].add(who)
    return {pair for group in members.values() for pair in combinations(sorted(group), 2)}


if __name__ == "__main__":
    sys.exit(main())
