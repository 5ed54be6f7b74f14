"""Real workers, Kafka and Redis under load, while one thing after another dies; then what is stored and what
was told is held to what was sent.

    unifier bench soak --minutes 10 --seed 3
    unifier bench soak --faults killed-at-written,redis-full
    unifier bench soak --cluster --faults killed-at-frozen

Every run is an installation of its own: the simulated retailer publishes, a fault of the list happens in the
middle, all comes to rest by itself, and the judge reads topics and Redis whole. Exit code 1 if anything is
wrong.
"""

import argparse
import json
import random
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from benchmarks._measuring import facts
from tests.faults.run import ALL_FAULTS, EVENTS_A_SECOND, FSYNC, HARMLESS, WORKERS, Outcome, run
from unifier.devstack.stack import Stack

RUN_S = 60.0  # about what a run takes at most; none is begun that would go over the time


def main(argv: list[str] | None = None) -> int:
    """`unifier bench soak`."""
    parser = argparse.ArgumentParser(
        prog="unifier bench soak", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=10.0, metavar="M", help="begin no run after so long")
    parser.add_argument(
        "--seed", type=int, default=1, metavar="S", help="of the order, the moments, the events"
    )
    parser.add_argument(
        "--faults", default="", metavar="A,B", help="only these; `list` names them, and those of the settings"
    )
    parser.add_argument("--workers", type=int, default=WORKERS, metavar="N")
    parser.add_argument("--rate", type=int, default=EVENTS_A_SECOND, metavar="N", help="events a second")
    parser.add_argument("--cluster", action="store_true", help="on a Redis Cluster of three masters")
    args = parser.parse_args(argv)
    known = ALL_FAULTS[args.cluster]
    names = [name.strip() for name in args.faults.split(",") if name.strip()] or list(HARMLESS[args.cluster])
    if names == ["list"]:
        print("\n".join(known))
        return 0
    if unknown := [name for name in names if name not in known]:
        parser.error(f"no such fault: {', '.join(unknown)}; `--faults list` names them all")
    outcomes: list[Outcome] = []
    deadline = time.monotonic() + 60 * args.minutes
    with Stack(fsync=FSYNC) as stack:
        for seed, fault in _plan(names, args.seed):
            if outcomes and time.monotonic() + RUN_S > deadline:
                break
            outcome = run(stack, [fault], seed, args.workers, args.rate, cluster=args.cluster)
            outcomes.append(outcome)
            print(f"{fault:24} seed {seed} {outcome.seconds:5.0f} s", file=sys.stderr)
            if outcome.failed:
                print(outcome.failed, file=sys.stderr)
    print(table(outcomes), file=sys.stderr)
    print(json.dumps(report(outcomes, args.seed), indent=1))
    return 1 if any(outcome.failed for outcome in outcomes) else 0


def _plan(names: list[str], seed: int) -> Iterator[tuple[int, str]]:
    """(seed of the run, fault): all of them in a random order, then again in another, without end."""
    rng = random.Random(seed)
    number = seed * 1_000
    while True:
        for name in rng.sample(names, len(names)):
            number += 1
            yield number, name


def table(outcomes: list[Outcome]) -> str:
    """The figures for people, in Markdown."""
    columns = ("runs", "events", "lost", "doubled", "out of order", "wrong phase", "other", "not at rest")
    lines = [f"| fault | {' | '.join(columns)} |", "| --- " * (len(columns) + 1) + "|"]
    for fault, row in _rows(outcomes).items():
        lines.append(f"| {fault} | {' | '.join(f'{row[column]:,}' for column in columns)} |")
    return "\n".join(lines)


def _rows(outcomes: list[Outcome]) -> dict[str, dict[str, int]]:
    rows: defaultdict[str, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    for outcome in sorted(outcomes, key=lambda outcome: outcome.fault):
        verdict = outcome.verdict
        for row in (rows[outcome.fault], rows["all"]):
            row["runs"] += 1
            row["events"] += verdict.events
            row["lost"] += verdict.lost
            row["doubled"] += verdict.doubled
            row["out of order"] += verdict.out_of_order
            row["wrong phase"] += verdict.wrong_phase
            row["other"] += verdict.stale + verdict.wrong_sums + verdict.wrong_people
            row["other"] += verdict.unheeded + verdict.left
            row["not at rest"] += bool(outcome.failed and not verdict.wrong)
    everything = rows.pop("all", defaultdict(int))
    return {**rows, "**all**": everything}


def report(outcomes: list[Outcome], seed: int) -> dict[str, Any]:
    """The same for machines, every run with its seed."""
    runs = [
        {
            "fault": one.fault,
            "seed": one.seed,
            "seconds": round(one.seconds, 1),
            "failed": (one.failed.splitlines() or [""])[0],
            **one.verdict.figures(),
        }
        for one in outcomes
    ]
    return {"seed": seed, "machine": facts(), "rows": _rows(outcomes), "runs": runs}


if __name__ == "__main__":
    sys.exit(main())
