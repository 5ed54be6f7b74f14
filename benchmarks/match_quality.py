"""How well the matching finds who is who: people files with known truth, in the order of time.

    python benchmarks/match_quality.py PEOPLE.csv.gz SPEC.toml

Each row is an event: identity → keys → ties → component → partition, in memory, without Kafka or Redis. At
the end all is settled once more, as the stream does when a key turns out to be shared. Prints one JSON
object: B-cubed and closure precision, recall and F1, what rules refused, and the CPU time per event.
"""

import argparse
import gc
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from statistics import mean, quantiles
from time import thread_time_ns

from unifier.linking.records import read_spec
from unifier.linking.rows import Cells, rows_of
from unifier.matching.quality import b_cubed, closure
from unifier.matching.spec import Spec
from unifier.profiles.linkage import Linkage
from unifier.rules import Rules, load_rules


def rows_in_time(path: Path, spec: Spec) -> list[Cells]:
    rows = [row.cells for row in rows_of(path, spec.needed)]
    return sorted(rows, key=lambda row: float(row[spec.time])) if spec.time else rows


def measure(rows: Sequence[Cells], spec: Spec, rules: Rules) -> dict[str, object]:
    gc.disable()  # as a worker does: a collection over all that is remembered takes 200 ms
    linkage = Linkage(rules)
    spent, identified, parted = [], [], []
    fids: list[bytes] = []
    for row in rows:
        started = thread_time_ns()
        identity = spec.identity(row)
        known = thread_time_ns()
        fid, new = linkage.add(identity)
        if new:
            linkage.tie(fid)
        tied = thread_time_ns()
        if new:
            linkage.partition(linkage.component(fid))
        ended = thread_time_ns()
        fids.append(fid)
        identified.append(known - started)
        parted.append(ended - tied)
        spent.append(ended - started)
    linkage.settle()
    group_of: dict[bytes, bytes] = {}
    refused: Counter[str] = Counter()
    reviews = 0
    components = linkage.components()
    for component in components:
        outcome = linkage.partition(component)
        refused.update(entry.reason for entry in outcome.refused)
        reviews += len(outcome.reviews)
        for group in outcome.groups:
            group_of |= dict.fromkeys(group, group[0])
    truth = [row[spec.truth] for row in rows]
    found = [group_of[fid] for fid in fids]
    sizes = [len(component) for component in components]
    hundredths = quantiles(spent, n=100)
    return {
        "rows": len(rows),
        "b_cubed": b_cubed(truth, found).figures(),
        "closure": closure(truth, found).figures(),
        "people": len(set(truth)),
        "profiles": len(set(found)),
        "fragments": len(linkage.members),
        "component": {"mean": round(mean(sizes), 2), "max": max(sizes)},
        "refused": dict(sorted(refused.items())),
        "reviews": reviews,
        "shared_keys": len(linkage.shared),
        "us_per_event": {
            "mean": round(mean(spent) / 1e3, 1),
            "identify": round(mean(identified) / 1e3, 1),
            "partition": round(mean(parted) / 1e3, 1),
            "p50": round(hundredths[49] / 1e3, 1),
            "p99": round(hundredths[98] / 1e3, 1),
            "max": round(max(spent) / 1e3, 1),
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Quality of the matching on a people file with known truth.")
    parser.add_argument("people", type=Path, help="CSV, may be gzipped")
    parser.add_argument("spec", type=Path, help="TOML that names its columns")
    parser.add_argument("--rules", default="", help="rules file; default: the shipped one")
    parser.add_argument("--model", default="", help="model file; default: the shipped one")
    args = parser.parse_args()
    spec = read_spec(args.spec)
    rules = load_rules(args.rules, args.model).with_identifiers(spec.identifier_types)
    print(json.dumps(measure(rows_in_time(args.people, spec), spec, rules), indent=1))


if __name__ == "__main__":
    main()
