"""How well the matching finds who is who: people files with known truth, in the order of time.

    python benchmarks/match_quality.py PEOPLE.csv.gz SPEC.toml

Each row is an event: identity → keys → candidates → links → component → partition, in memory and without
Kafka or Redis. At the end every component is partitioned once more, as the stream does when a key turns
out to be shared. Prints one JSON object: B-cubed and closure precision, recall and F1, what rules refused,
and the CPU time per event.
"""

import argparse
import csv
import gc
import gzip
import json
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean, quantiles
from time import thread_time_ns

from unifier.matching.blocking import blocking_keys
from unifier.matching.identity import Identity, exact_keys, identify, people, person_mark
from unifier.matching.scale import pair_bits
from unifier.profiles.partition import Member, Partition, partition
from unifier.rules import Rules, default_rules, load_rules

TRAIT_OF = {"postcode": "postal_code"}
IDENTIFIERS = ("email", "phone")

Row = dict[str, str]


@dataclass(slots=True)
class Spec:
    """What the columns of a file are."""

    id: str
    truth: str
    country: str
    time: str
    columns: dict[str, str]

    @classmethod
    def read(cls, path: Path) -> "Spec":
        told = tomllib.loads(path.read_text(encoding="utf-8"))
        return cls(told["id"], told["truth"], told.get("country", ""), told.get("time", ""), told["columns"])

    def identity(self, row: Row) -> Identity:
        """The row as an event would bring it."""
        identifiers, traits = [], []
        for column, kind in self.columns.items():
            value, (kind, _, name) = row[column], kind.partition(":")
            if not value or kind == "attribute":
                continue
            if kind == "identifier":
                identifiers.append((name, value))
            elif kind in IDENTIFIERS:
                identifiers.append((kind, value))
            else:
                traits.append((TRAIT_OF.get(kind, kind), value))
        return identify(tuple(identifiers), tuple(sorted(traits)), self.country)


@dataclass(slots=True)
class Index:
    """Fragments, the keys they are found by and the components that links make of them, in memory."""

    rules: Rules
    fids: dict[Identity, bytes] = field(default_factory=dict)
    members: dict[bytes, Member] = field(default_factory=dict)
    holders: dict[str, list[bytes]] = field(default_factory=lambda: defaultdict(list))
    marks: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    shared: set[str] = field(default_factory=set)
    links: list[tuple[bytes, bytes, str]] = field(default_factory=list)  # the key "": found by a score
    home: dict[bytes, bytes] = field(default_factory=dict)
    component: dict[bytes, list[bytes]] = field(default_factory=dict)

    def add(self, identity: Identity) -> bytes | None:
        """Take a fragment in; its id if it is new."""
        if identity in self.fids:
            return None
        fid = len(self.fids).to_bytes(8, "big")
        self.fids[identity] = fid
        self.members[fid] = Member(fid, identity)
        self.home[fid] = fid
        self.component[fid] = [fid]
        found: set[bytes] = set()
        for key in exact_keys(identity, self.rules):
            found.update(self._hold(key, fid, person_mark(identity)))
        for key in blocking_keys(identity):
            others = self.holders[key]
            if len(others) < self.rules.matching.block_cap:
                found.update(others)
            others.append(fid)
        for other in found:
            if self.home[other] != self.home[fid] and self._over_the_bar(fid, other):
                self._join(fid, other, "")
        return fid

    def _hold(self, key: str, fid: bytes, mark: int) -> Sequence[bytes]:
        """Enter an exact key: the others that hold it, none if it is shared."""
        others, marks = self.holders[key], self.marks[key]
        if mark:
            marks.add(mark)
        most = self.rules.identifiers[key.partition("|")[0]].shared_above
        if people(marks) > most or len(others) >= self.rules.matching.shared_holders:
            self.shared.add(key)
        if key in self.shared:
            return ()
        if others:
            self._join(fid, others[0], key)
        others.append(fid)
        return ()

    def _over_the_bar(self, a: bytes, b: bytes) -> bool:
        bits = pair_bits(self.members[a].identity, self.members[b].identity, self.rules)
        return bits >= self.rules.matching.link_bits

    def _join(self, a: bytes, b: bytes, key: str) -> None:
        self.links.append((a, b, key))
        self._unite(self.home, self.component, a, b)

    @staticmethod
    def _unite(home: dict[bytes, bytes], component: dict[bytes, list[bytes]], a: bytes, b: bytes) -> None:
        keep, gone = home[a], home[b]
        if keep == gone:
            return
        if len(component[keep]) < len(component[gone]):
            keep, gone = gone, keep
        for fid in component[gone]:
            home[fid] = keep
        component[keep] += component.pop(gone)

    def settle(self) -> None:
        """Components without the links that a key made before it turned out to be shared."""
        home = {fid: fid for fid in self.members}
        component = {fid: [fid] for fid in self.members}
        for a, b, key in self.links:
            if key not in self.shared:
                self._unite(home, component, a, b)
        self.home, self.component = home, component

    def partition(self, fids: Iterable[bytes]) -> Partition:
        """Who is who in one component."""
        members = [self.members[fid] for fid in fids]
        shared = frozenset(
            key for member in members for key in exact_keys(member.identity, self.rules) if key in self.shared
        )
        return partition(members, [], [], shared, self.rules)


def b_cubed(truth: Sequence[str], found: Sequence[bytes]) -> dict[str, float]:
    """Mean over the rows of the share of their group that is right, and of their person that is found."""
    both, mine, theirs = Counter(zip(truth, found, strict=True)), Counter(found), Counter(truth)
    rows = len(truth)
    precision = sum(count * count / mine[group] for (_, group), count in both.items()) / rows
    recall = sum(count * count / theirs[person] for (person, _), count in both.items()) / rows
    return _scores(precision, recall)


def closure(truth: Sequence[str], found: Sequence[bytes]) -> dict[str, float]:
    """The same over all pairs of rows."""

    def pairs(counts: Iterable[int]) -> int:
        return sum(count * (count - 1) // 2 for count in counts)

    both = pairs(Counter(zip(truth, found, strict=True)).values())
    mine, theirs = pairs(Counter(found).values()), pairs(Counter(truth).values())
    return _scores(both / max(1, mine), both / max(1, theirs))


def _scores(precision: float, recall: float) -> dict[str, float]:
    total = precision + recall
    f1 = 2 * precision * recall / total if total else 0.0
    return {"precision": round(precision, 4), "recall": round(recall, 4), "f1": round(f1, 4)}


def rows_of(path: Path, spec: Spec) -> list[Row]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") if path.suffix == ".gz" else path.open() as text:
        rows = list(csv.DictReader(text))
    return sorted(rows, key=lambda row: float(row[spec.time])) if spec.time else rows


def measure(rows: Sequence[Row], spec: Spec, rules: Rules) -> dict[str, object]:
    gc.disable()  # as a worker does: a collection over all that is remembered takes 200 ms
    index = Index(rules)
    spent, identified, parted = [], [], []
    fids: list[bytes] = []
    for row in rows:
        started = thread_time_ns()
        identity = spec.identity(row)
        known = thread_time_ns()
        fid = index.add(identity)
        linked = thread_time_ns()
        if fid is not None:
            index.partition(index.component[index.home[fid]])
        ended = thread_time_ns()
        fids.append(index.fids[identity])
        identified.append(known - started)
        parted.append(ended - linked)
        spent.append(ended - started)
    index.settle()
    group_of: dict[bytes, bytes] = {}
    refused: Counter[str] = Counter()
    reviews = 0
    for component in index.component.values():
        outcome = index.partition(component)
        refused.update(entry.reason for entry in outcome.refused)
        reviews += len(outcome.reviews)
        for group in outcome.groups:
            group_of |= dict.fromkeys(group, group[0])
    truth = [row[spec.truth] for row in rows]
    found = [group_of[fid] for fid in fids]
    sizes = [len(component) for component in index.component.values()]
    hundredths = quantiles(spent, n=100)
    return {
        "rows": len(rows),
        "b_cubed": b_cubed(truth, found),
        "closure": closure(truth, found),
        "people": len(set(truth)),
        "profiles": len(set(found)),
        "fragments": len(index.fids),
        "component": {"mean": round(mean(sizes), 2), "max": max(sizes)},
        "refused": dict(sorted(refused.items())),
        "reviews": reviews,
        "shared_keys": len(index.shared),
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
    parser.add_argument("--rules", type=Path, help="rules file; default: the shipped one")
    args = parser.parse_args()
    spec = Spec.read(args.spec)
    rules = load_rules(args.rules) if args.rules else default_rules()
    print(json.dumps(measure(rows_of(args.people, spec), spec, rules), indent=1))


if __name__ == "__main__":
    main()
