"""Our side of the comparison, in a process of its own: rows in order of time through the product's matching.

    python -m benchmarks.linkage.ours PEOPLE.csv.gz SPEC.toml RESULT.json [--shuffles K] [--streams K] …

This module alone knows how the product is asked.
"""

import argparse
import gc
import json
import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import perf_counter, thread_time_ns
from typing import Any

from benchmarks.linkage.rows import Row, read_rows
from benchmarks.linkage.stream import streamed
from unifier.linking.found import rules_for
from unifier.linking.records import read_spec
from unifier.matching.blocking import tells_nobody
from unifier.matching.identity import Identity
from unifier.matching.spec import Spec
from unifier.profiles.linkage import Linkage
from unifier.profiles.members import Separation
from unifier.profiles.partition import partition
from unifier.rules import Rules
from unifier.settings import load_settings

Rows = list[int]


@dataclass(slots=True)
class Found:
    """What came out, in row numbers of the file in its order of time."""

    labels: Rows
    fragments: Rows  # of each row the first that tells the same
    links: list[tuple[int, int, float]]  # (row, row, probability) of what holds profiles together
    reviews: list[tuple[Rows, Rows, float]]  # (rows, rows, bits), as a steward lists them
    pairs: list[tuple[int, int, float]]  # every pair that was scored
    latency_us: list[float]  # CPU time in the matcher, per row
    predict_s: float
    train_s: float = 0.0
    peak_mb: float = 0.0
    checks: dict[str, int] = field(default_factory=dict)


class Run:
    """The rows one after the other, as the stream takes them; each is partitioned with what it belongs to."""

    def __init__(self, rows: Sequence[Row], spec: Spec, rules: Rules) -> None:
        self.rules, self.linkage = rules, Linkage(rules)
        self.fids: list[bytes] = []
        self.latency_us: list[float] = []
        began = perf_counter()
        for row in rows:
            started = thread_time_ns()
            self._take(spec.identity(row), row[spec.id])
            self.latency_us.append((thread_time_ns() - started) / 1e3)
        self.linkage.settle()
        self.predict_s = perf_counter() - began

    def _take(self, identity: Identity, record: str) -> None:
        fid, new = self.linkage.add(identity, record if tells_nobody(identity, self.linkage.rules) else "")
        self.fids.append(fid)
        if new:
            self.linkage.tie(fid)
            self.linkage.partition(self.linkage.component(fid))

    def labels(self, separations: Sequence[Separation] = ()) -> Rows:
        """A label per row: the first row of its profile."""
        profile: dict[bytes, bytes] = {}
        shared = frozenset(self.linkage.shared)
        for fids in self.linkage.components():
            members = [self.linkage.members[fid] for fid in fids]
            for group in partition(members, [], separations, shared, self.rules).groups:
                profile |= dict.fromkeys(group, group[0])
        first: dict[bytes, int] = {}
        return [first.setdefault(profile[fid], row) for row, fid in enumerate(self.fids)]

    def found(self) -> Found:
        """Everything that is judged."""
        rows_of: dict[bytes, Rows] = defaultdict(list)
        for row, fid in enumerate(self.fids):
            rows_of[fid].append(row)
        links: list[tuple[int, int, float]] = []
        asked: list[tuple[float, list[tuple[Rows, Rows, float]]]] = []
        pairs: list[tuple[int, int, float]] = []
        for fids in self.linkage.components():
            outcome = self.linkage.partition(fids)
            links += [(rows_of[a][0], rows_of[b][0], _probability(bits)) for a, b, _, bits in outcome.links]
            if outcome.reviews:
                told = [(_rows(rows_of, a), _rows(rows_of, b), bits) for a, b, bits, _ in outcome.reviews]
                asked.append((-outcome.reviews[0].doubt, told))
            pairs += self._scored(fids, rows_of)
        for rows in rows_of.values():
            pairs += [(a, b, 1.0) for number, a in enumerate(rows) for b in rows[:number]]
        reviews = [review for _, of_component in sorted(asked) for review in of_component]
        fragments = [rows_of[fid][0] for fid in self.fids]
        return Found(self.labels(), fragments, links, reviews, pairs, self.latency_us, self.predict_s)

    def _scored(self, fids: Sequence[bytes], rows_of: dict[bytes, Rows]) -> list[tuple[int, int, float]]:
        evidence = self.linkage.evidence(fids)
        scored = []
        for a, b in evidence.candidates(self.rules.matching.block_cap):
            probability = _probability(evidence.pair(a, b)[0])
            left, right = (rows_of[evidence.members[number].fid] for number in (a, b))
            scored += [(x, y, probability) for x in left for y in right]
        return scored


def _rows(rows_of: Mapping[bytes, Rows], fids: Iterable[bytes]) -> Rows:
    return [row for fid in fids for row in rows_of[fid]]


def peak_mb() -> float:
    """This program's largest memory; unlike `ru_maxrss` it does not begin with that of who started it."""
    told = Path("/proc/self/status").read_text(encoding="ascii")
    return int(told.partition("VmHWM:")[2].split()[0]) / 1024


def _probability(bits: float) -> float:
    return 1 / (1 + 2 ** -max(-60.0, min(60.0, bits)))


def differing(one: Sequence[int], other: Sequence[int]) -> int:
    """Profiles of the first labelling that the second does not have."""

    def profiles(labels: Sequence[int]) -> set[tuple[int, ...]]:
        rows: dict[int, Rows] = defaultdict(list)
        for row, label in enumerate(labels):
            rows[label].append(row)
        return set(map(tuple, rows.values()))

    return len(profiles(one) - profiles(other))


def shuffled(rows: Sequence[Row], spec: Spec, rules: Rules, labels: Rows, seed: int) -> int:
    """Profiles that are others when the rows come in another order."""
    order = list(range(len(rows)))
    random.Random(seed).shuffle(order)
    again = Run([rows[number] for number in order], spec, rules).labels()
    back = [0] * len(rows)
    for place, number in enumerate(order):
        back[number] = again[place]
    return differing(labels, back)


def undone(run: Run, labels: Rows, separations: int, seed: int = 1) -> tuple[int, int]:
    """Cut profiles at random: (separations not obeyed, profiles that differ once all are taken back)."""
    rng = random.Random(seed)
    profiles: dict[int, list[bytes]] = defaultdict(list)
    for fid, label in dict(zip(run.fids, labels, strict=True)).items():
        profiles[label].append(fid)
    divisible = [fids for fids in profiles.values() if len(fids) > 1]
    words = []
    for number, fids in enumerate(rng.sample(divisible, min(separations, len(divisible)))):
        rng.shuffle(fids)
        cut = rng.randrange(1, len(fids))
        words.append(
            Separation(frozenset(fids[:cut]), frozenset(fids[cut:]), f"cut-{number}", "bench", number)
        )
    cut_labels = dict(zip(run.fids, run.labels(words), strict=True))
    disobeyed = sum(
        not {cut_labels[fid] for fid in word.a}.isdisjoint(cut_labels[fid] for fid in word.b)
        for word in words
    )
    return disobeyed, differing(labels, run.labels())


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("people", type=Path)
    parser.add_argument("spec", type=Path)
    parser.add_argument("result", type=Path)
    parser.add_argument("--shuffles", type=int, default=0)
    parser.add_argument("--streams", type=int, default=0)
    parser.add_argument("--undo", type=int, default=0)
    parser.add_argument("--model", default="", help="model file; default: the shipped one")
    args = parser.parse_args()
    gc.disable()  # as a worker does: a collection over all that is remembered takes 200 ms
    spec = read_spec(args.spec)
    rules = rules_for(load_settings({}), spec, args.model)
    rows = read_rows(args.people, spec)
    run = Run(rows, spec, rules)
    peak = peak_mb()  # before anything is kept for judging
    found = run.found()
    found.peak_mb = peak
    for seed in range(args.shuffles):
        found.checks[f"differ_in_shuffle_{seed}"] = shuffled(rows, spec, rules, found.labels, seed)
    for number, labels in enumerate(streamed(rows, spec, rules, args.streams) if args.streams else []):
        found.checks[f"differ_in_stream_{number}"] = differing(found.labels, labels)
    if args.undo:
        disobeyed, left = undone(run, found.labels, args.undo)
        found.checks |= {"separations_disobeyed": disobeyed, "differ_after_undo": left}
    told: dict[str, Any] = asdict(found)
    args.result.write_text(json.dumps(told), encoding="utf-8")


if __name__ == "__main__":
    main()
