"""Several workers on one backlog: events a second, and CPU an event, of one, two and four.

They share nothing but Kafka and Redis, which run on the same cores; where there are fewer cores than workers,
CPU an event tells what the clock cannot. Beside them as many stock Faust workers that only parse messages.
Time and CPU count from when all have partitions until the backlog is committed.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

from benchmarks._installation import Installation, Start, installed, until
from benchmarks._measuring import BenchmarkError, committed, cpu_seconds
from benchmarks._report import Found, parser_of, rows_of, tell
from benchmarks._svg import Panel
from benchmarks.drain import week
from unifier.devstack.simulate.publish import publish
from unifier.streams.topics import admin_client

GIVE_UP_S = 900.0


def parser() -> argparse.ArgumentParser:
    """`unifier bench workers`."""
    one = parser_of("workers", __doc__)
    one.add_argument("--events", type=int, default=200_000, metavar="N")
    one.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4], metavar="W")
    one.add_argument("--partitions", type=int, default=4)
    return one


def measure(args: argparse.Namespace) -> Found:
    """Each number of workers, ours and the peer's turn about."""
    runs: dict[str, list[dict[str, Any]]] = {"worker": [], "stock Faust": []}
    with installed(args.partitions) as one:
        asyncio.run(publish(week(args.events, args.seed), one.settings))
        for number in args.workers:
            runs["stock Faust"].append(_drained(one, one.stock, f"stock-{number}", number, args.events))
            runs["worker"].append(_drained(one, one.working, f"ours-{number}", number, args.events))
            one.empty()
            print(runs["worker"][-1], file=sys.stderr)
    rows = []
    for name, run in runs.items():
        speed, cpu = run[0]["events/s"], run[0]["CPU µs"]
        for row in run:
            ratios = {
                "× events/s": round(row["events/s"] / speed, 2),
                "× CPU an event": round(row["CPU µs"] / cpu, 2),
            }
            rows.append({"": name, **row, **ratios})
    return Found({"runs": runs}, rows_of(rows), [_picture(runs, args.workers)])


def _drained(one: Installation, start: Start, group: str, number: int, events: int) -> dict[str, Any]:
    """So many workers, started at once, work the backlog off."""
    with ExitStack() as stack, admin_client(one.settings) as admin:
        workers = [stack.enter_context(start(group)) for _ in range(number)]
        pids = [*(worker.pid for worker in workers), *one.servers]
        until(lambda: one.shared_out(admin, group, number), workers[0], GIVE_UP_S)
        until(lambda: committed(admin, group, one.inputs) > 0, workers[0], GIVE_UP_S)
        began, first = time.monotonic(), committed(admin, group, one.inputs)
        before = [cpu_seconds(pid) for pid in pids]
        until(lambda: committed(admin, group, one.inputs) >= events, workers[0], GIVE_UP_S)
        seconds, done = time.monotonic() - began, events - first
        if not done:
            raise BenchmarkError("too few events: all were committed before all workers were there")
        used = [(cpu_seconds(pid) - cpu) / done * 1e6 for pid, cpu in zip(pids, before, strict=True)]
    return {
        "workers": number,
        "events/s": round(done / seconds),
        "CPU µs": round(sum(used[:number]), 1),
        "Kafka µs": round(used[-2], 1),
        "Redis µs": round(used[-1], 1),
    }


def _picture(runs: dict[str, list[dict[str, Any]]], numbers: Sequence[int]) -> Panel:
    most = max(row["events/s"] for run in runs.values() for row in run) / 1000
    panel = Panel("Throughput", (0, max(numbers)), (0, most * 1.1), "workers", "thousand events a second")
    for name, run in runs.items():
        points = [(float(row["workers"]), row["events/s"] / 1000) for row in run]
        panel.lines.append((name, points))
        panel.dots.append((name, points))
    return panel


def main(argv: Sequence[str] | None = None) -> int:
    """`unifier bench workers`."""
    return tell("workers", parser().parse_args(argv), measure)


if __name__ == "__main__":
    sys.exit(main())
