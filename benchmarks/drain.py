"""How fast one worker drains a backlog, beside a stock Faust worker that only parses the same messages.

Both read the same records of the same topics, each in a group of its own, turn about, one at a time, on the
same machine, committing as often; with `--peer-loop uvloop` the peer gets our event loop too. Time and CPU
count from the first commit to the last: start-up is not in them.
"""

import argparse
import asyncio
import statistics
import sys
import time
from collections.abc import Sequence
from itertools import islice
from typing import Any

from benchmarks._installation import Installation, installed
from benchmarks._measuring import Drain
from benchmarks._report import Found, parser_of, rows_of, tell
from benchmarks._svg import Panel
from unifier.devstack.simulate import Message, simulate
from unifier.devstack.simulate.publish import publish

EVENTS_A_PERSON = 18  # in a week, at least
COUNTS = ("events", "dead_letters", "duplicates", "merges", "splits", "transitions", "commits", "lost_races")


def parser() -> argparse.ArgumentParser:
    """`unifier bench drain`."""
    one = parser_of("drain", __doc__)
    one.add_argument("--events", type=int, default=200_000, metavar="N")
    one.add_argument("--partitions", type=int, default=4)
    one.add_argument("--repeats", type=int, default=3, metavar="K")
    one.add_argument(
        "--peer-loop", choices=("aio", "uvloop"), default="aio", help="event loop of stock Faust"
    )
    return one


def measure(args: argparse.Namespace) -> Found:
    """The whole benchmark on a stack of its own."""
    with installed(args.partitions) as one:
        began = time.monotonic()
        counts = asyncio.run(publish(week(args.events, args.seed), one.settings))
        published_s = time.monotonic() - began
        runs: dict[str, list[dict[str, Any]]] = {"stock": [], "worker": []}
        drains: dict[str, list[Drain]] = {"stock": [], "worker": []}
        for number in range(args.repeats):
            group = f"bench-stock-{number}"
            with one.stock(group, args.peer_loop) as process:
                drains["stock"].append(one.drained(process, group, args.events))
            runs["stock"].append(_figures(drains["stock"][-1]))
            drained, more = _worker(one, f"bench-worker-{number}", args.events)
            drains["worker"].append(drained)
            runs["worker"].append({**_figures(drained), **more})
            print(table(runs), file=sys.stderr)
    ratio = {
        "clock": _ratio(runs, "events_a_second"),
        "cpu": round(1 / _ratio(runs, "cpu_us"), 2),
    }
    figures = {
        "events": dict(counts),
        "published_a_second": round(args.events / published_s),
        "runs": runs,
        "ratio": ratio,
    }
    words = (
        f"worker over stock: {ratio['clock']} by the clock, {ratio['cpu']} by CPU (medians of adjacent pairs)"
    )
    return Found(figures, f"{table(runs)}\n{words}", [over_time(drains)])


def week(events: int, seed: int) -> "islice[Message]":
    """So many events of a simulated week that ends now."""
    return islice(simulate(events // EVENTS_A_PERSON + 50, 7, seed, int(time.time() * 1000)), events)


def _worker(one: Installation, group: str, events: int) -> tuple[Drain, dict[str, Any]]:
    """One run on an empty Redis, left empty; also how long the outbox took after the last event."""
    with one.worker(group) as worker:
        drained = one.drained(worker.process, group, events)
        done = time.monotonic()
        worker.wait_told()
        after_s, state = round(time.monotonic() - done, 2), worker.metrics()
    one.empty()
    counts = {name: round(state.get(f"unifier_{name}_total", 0)) for name in COUNTS}
    return drained, {"outbox_after_s": after_s, "counts": counts}


def _figures(one: Drain) -> dict[str, Any]:
    kafka, redis = (round(cpu_s / one.events * 1e6, 1) for cpu_s in one.others_cpu_s)
    return {
        "events": one.events,
        "seconds": round(one.seconds, 2),
        "events_a_second": round(one.events_a_second),
        "cpu_us": round(one.cpu_us, 1),
        "kafka_cpu_us": kafka,
        "redis_cpu_us": redis,
    }


def _ratio(runs: dict[str, list[dict[str, Any]]], figure: str) -> float:
    """The median over the adjacent pairs of runs of worker / stock."""
    pairs = zip(runs["worker"], runs["stock"], strict=True)
    return round(statistics.median([float(ours[figure] / theirs[figure]) for ours, theirs in pairs]), 2)


def table(runs: dict[str, list[dict[str, Any]]]) -> str:
    """The figures for people."""
    columns = ("events_a_second", "cpu_us", "kafka_cpu_us", "redis_cpu_us", "seconds", "outbox_after_s")
    return rows_of(
        [{"": name, **{c: run.get(c, "") for c in columns}} for name in runs for run in runs[name]]
    )


def over_time(drains: dict[str, list[Drain]]) -> Panel:
    """Events a second in the course of each drain, over windows of a second."""
    lines = [(name, _speeds(one)) for name, each in drains.items() for one in each]
    longest = max(one.seconds for each in drains.values() for one in each)
    highest = max([speed for _, points in lines for _, speed in points], default=1.0)
    panel = Panel("Throughput", (0, longest), (0, highest * 1.05), "seconds", "thousand events a second")
    panel.lines = lines
    return panel


def _speeds(one: Drain, window_s: float = 1.0) -> list[tuple[float, float]]:
    points, (since, before) = [], (0.0, 0)
    for at, done in one.course:
        if at - since >= window_s:
            points.append((at, (done - before) / (at - since) / 1000))
            since, before = at, done
    return points


def main(argv: Sequence[str] | None = None) -> int:
    """`unifier bench drain`."""
    return tell("drain", parser().parse_args(argv), measure)


if __name__ == "__main__":
    sys.exit(main())
