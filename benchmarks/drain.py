"""How fast one worker drains a backlog, beside a stock Faust worker that only parses the same messages.

Both read the same records of the same topics, each in a group of its own, turn about, one at a time, on the
same machine, committing as often; with `--peer-loop uvloop` the peer gets our event loop too. Time and CPU
count from the first commit to the last: start-up is not in them.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import defaultdict
from collections.abc import Mapping
from itertools import islice
from typing import Any

from redis import Redis

from benchmarks._measuring import BenchmarkError, Drain, committed, drain, facts, running
from unifier.devstack.server import free_port
from unifier.devstack.simulate import simulate
from unifier.devstack.simulate.publish import KINDS, publish
from unifier.devstack.stack import Stack
from unifier.settings import Settings, load_settings
from unifier.streams.topics import admin_client, create_topics

EVENTS_A_PERSON = 18  # in a week, at least
COUNTS = ("events", "dead_letters", "duplicates", "merges", "splits", "transitions", "commits", "lost_races")


def main(argv: list[str] | None = None) -> int:
    """`unifier bench drain`."""
    parser = argparse.ArgumentParser(prog="unifier bench drain", description=__doc__)
    parser.add_argument("--events", type=int, default=200_000, metavar="N")
    parser.add_argument("--partitions", type=int, default=4)
    parser.add_argument("--repeats", type=int, default=3, metavar="K")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--peer-loop", choices=("aio", "uvloop"), default="aio", help="event loop of stock Faust"
    )
    args = parser.parse_args(argv)
    try:
        report = run(args.events, args.partitions, args.repeats, args.seed, args.peer_loop)
    except BenchmarkError as error:
        print(f"unifier bench drain: {error}", file=sys.stderr)
        return 1
    print(table(report), file=sys.stderr)
    print(json.dumps(report, indent=1))
    return 0


def run(events: int, partitions: int, repeats: int, seed: int, peer_loop: str) -> dict[str, Any]:
    """The whole benchmark on a stack of its own; the report as it is printed."""
    with Stack() as stack:
        env = {**os.environ, **stack.env(), "UNIFIER_PARTITIONS": str(partitions)}
        settings = load_settings(env)
        create_topics(settings)
        messages = simulate(events // EVENTS_A_PERSON + 50, 7, seed, int(time.time() * 1000))
        began = time.monotonic()
        counts = asyncio.run(publish(islice(messages, events), settings))
        published_s = time.monotonic() - began
        runs: dict[str, list[dict[str, Any]]] = {"stock": [], "worker": []}
        for number in range(repeats):
            runs["stock"].append(_stock(stack, env, settings, events, number, peer_loop))
            runs["worker"].append(_worker(stack, env, settings, events, number))
            print(table({"runs": runs}), file=sys.stderr)
        return {
            "events": dict(counts),
            "partitions": partitions,
            "seed": seed,
            "peer_loop": peer_loop,
            "published_a_second": round(events / published_s),
            "machine": facts(),
            "runs": runs,
            "ratio": {
                "clock": _ratio(runs, "events_a_second"),
                "cpu": round(1 / _ratio(runs, "cpu_us"), 2),
            },
        }


def _stock(
    stack: Stack, env: Mapping[str, str], settings: Settings, events: int, number: int, loop: str
) -> dict[str, Any]:
    group = f"bench-stock-{number}"
    command = [sys.executable, "-m", "benchmarks._stock_faust", group]
    with tempfile.TemporaryDirectory() as folder, running([*command, folder, loop], env) as process:
        return _figures(_measure(stack, settings, process, group, events))


def _worker(
    stack: Stack, env: Mapping[str, str], settings: Settings, events: int, number: int
) -> dict[str, Any]:
    """One run on an empty Redis, left empty; also how long the outbox took after the last event."""
    group, port = f"bench-worker-{number}", free_port()
    own = {**env, "UNIFIER_GROUP": group}
    command = [sys.executable, "-m", "unifier.cli", "worker", "--http-port", str(port)]
    with running(command, own) as process:
        figures = _figures(_measure(stack, settings, process, group, events))
        done, tick, deadline = time.monotonic(), threading.Event(), time.monotonic() + 120
        while (state := _metrics(port))["unifier_relay_lag_entries"] and time.monotonic() < deadline:
            tick.wait(0.1)
        counts = {name: round(state.get(f"unifier_{name}_total", 0)) for name in COUNTS}
        after_s = round(time.monotonic() - done, 2)
    with Redis.from_url(stack.redis_url) as client:
        client.flushdb()
    return {**figures, "outbox_after_s": after_s, "counts": counts}


def _measure(
    stack: Stack, settings: Settings, process: subprocess.Popen[bytes], group: str, events: int
) -> Drain:
    topics = [settings.topic(kind) for kind in KINDS]
    with admin_client(settings) as admin:
        servers = (stack.kafka_server.pid, stack.redis_server.pid)
        return drain(process, lambda: committed(admin, group, topics), events, servers)


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


def _metrics(port: int) -> dict[str, float]:
    """The worker's metrics, each summed over its labels."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    sums: defaultdict[str, float] = defaultdict(float)
    for line in text.splitlines():
        if not line.startswith("#"):
            name, _, value = line.rpartition(" ")
            sums[name.partition("{")[0]] += float(value)
    return sums


def _ratio(runs: dict[str, list[dict[str, Any]]], figure: str) -> float:
    """The median over the adjacent pairs of runs of worker / stock."""
    pairs = zip(runs["worker"], runs["stock"], strict=True)
    return round(statistics.median([float(ours[figure] / theirs[figure]) for ours, theirs in pairs]), 2)


def table(report: dict[str, Any]) -> str:
    """The figures for people."""
    columns = ("events_a_second", "cpu_us", "kafka_cpu_us", "redis_cpu_us", "seconds", "outbox_after_s")
    lines = [f"{'':8}" + "".join(f"{name:>17}" for name in columns)]
    for name, runs in report["runs"].items():
        lines += [f"{name:8}" + "".join(f"{run.get(c, ''):>17}" for c in columns) for run in runs]
    if "ratio" in report:
        clock, cpu = report["ratio"]["clock"], report["ratio"]["cpu"]
        lines.append(f"worker over stock: {clock} by the clock, {cpu} by CPU (medians of adjacent pairs)")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
