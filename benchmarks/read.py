"""How fast the HTTP service gives profiles by id, on one core: at a steady rate, and at most.

The service has one core to itself. The peer, on the same core, is a FastAPI service that gives the very same
documents, stored ready under one key each, without looking at them.
"""

import argparse
import asyncio
import os
import random
import sys
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson
import uvloop
from redis import Redis

from benchmarks._calling import Call, at_rate, connections, flat_out
from benchmarks._crowd import Crowd
from benchmarks._in_process import SECRET, filled, redis_server, rules_for
from benchmarks._installation import Process
from benchmarks._measuring import cpu_seconds, quantile, running
from benchmarks._report import Found, parser_of, rows_of, tell
from benchmarks._svg import Panel
from unifier.devstack.server import free_port
from unifier.journey.profile import document
from unifier.profiles.ids import Keys
from unifier.profiles.store import Store, connect
from unifier.serving.keys import KeyBook
from unifier.serving.reader import StoreReader
from unifier.settings import load_settings

CORE = 0
CONNECTIONS = 32
WARM_S = 2.0
SHARES = (0.5, 0.9, 0.99, 0.999)


class Run(NamedTuple):
    """What one service did."""

    calls: list[Call]
    most: float  # requests a second
    cpu_us: float  # CPU of the service, a request, at the most

    def row(self) -> dict[str, Any]:
        """The figures."""
        waits = sorted(call.took_ms for call in self.calls)
        shares = {f"p{100 * share:g} ms": round(quantile(waits, share), 2) for share in SHARES}
        return {**shares, "most requests/s": round(self.most), "CPU µs a request": round(self.cpu_us)}


def parser() -> argparse.ArgumentParser:
    """`unifier bench read`."""
    one = parser_of("read", __doc__)
    one.add_argument("--profiles", type=int, default=10_000, metavar="N")
    one.add_argument("--rate", type=float, default=500, metavar="R", help="requests a second")
    one.add_argument("--seconds", type=float, default=15, metavar="S", help="of each of the two loads")
    return one


def measure(args: argparse.Namespace) -> Found:
    """Ours and the peer, one after the other, over the same profiles."""
    now_ms = int(time.time() * 1000)
    rules = rules_for(args.profiles)
    with redis_server() as redis:
        ids = filled(redis.url, rules, Crowd(args.seed, now_ms), args.profiles, now_ms)
        mean = asyncio.run(_ready_documents(redis.url, ids, now_ms))
        with Redis.from_url(redis.url) as client:
            key = KeyBook(client, SECRET).add("bench", ("profiles:read",))
        settings = {"UNIFIER_REDIS": redis.url, "UNIFIER_SECRET": SECRET, "UNIFIER_API_RATE": "0"}
        ours = [sys.executable, "-m", "unifier", "api", "--port"]
        bare = [sys.executable, "-m", "benchmarks._bare_api"]
        runs = {
            "unifier api": _run(ours, [], settings, ids, key, args),
            "ready documents": _run(bare, [redis.url], {}, ids, "", args),
        }
    rows = [{"": name, **run.row()} for name, run in runs.items()]
    figures = {
        "document_bytes_mean": round(mean),
        "requests_a_second": args.rate,
        "runs": {name: run.row() for name, run in runs.items()},
    }
    return Found(figures, rows_of(rows), [_percentiles(runs)])


async def _ready_documents(url: str, ids: Sequence[str], now_ms: int) -> float:
    """Store the documents for the peer; gives their mean size."""
    settings, client = load_settings({}), connect(url)
    try:
        keys, rules = Keys(SECRET), rules_for(len(ids))
        reader = StoreReader(Store(client, settings.shards), keys, rules, settings.country)
        places = await reader.places(ids)
        made = {pid: document(*places[pid], rules, keys, now_ms) for pid in ids}
        documents = {f"document:{pid}": orjson.dumps(told) for pid, told in made.items()}
        await client.mset(documents)
        return sum(map(len, documents.values())) / len(documents)
    finally:
        await client.aclose()


def _run(
    command: list[str],
    more: list[str],
    settings: dict[str, str],
    ids: Sequence[str],
    key: str,
    args: argparse.Namespace,
) -> Run:
    port, rng = free_port(), random.Random(args.seed)
    rest = f" HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n\r\n".encode()
    asked = [b"GET /v1/profiles/" + pid.encode() + rest for pid in ids]

    def request() -> bytes:
        return rng.choice(asked)

    async def load(pid: int) -> Run:
        async with connections(port, CONNECTIONS) as pool:
            await flat_out(pool, request, min(WARM_S, args.seconds))
            calls = await at_rate(pool, request, args.rate, args.seconds, args.seed)
            began, before = time.perf_counter(), cpu_seconds(pid)
            answered = await flat_out(pool, request, args.seconds)
            seconds, cpu_s = time.perf_counter() - began, cpu_seconds(pid) - before
        return Run(calls, answered / seconds, cpu_s / answered * 1e6)

    env = {**os.environ, **settings}
    with running([*command, str(port), *more], env, CORE) as process:
        Process(process, port).wait_ready()
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(load(process.pid))


def _percentiles(runs: dict[str, Run]) -> Panel:
    panel = Panel("Share of requests that took at most so long", (0.1, 100.0), (0.0, 1.0), log_x=True)
    panel.x_label, panel.y_label = "milliseconds", "share"
    for name, run in runs.items():
        waits = sorted(call.took_ms for call in run.calls)
        panel.lines.append((name, [(max(0.1, quantile(waits, n / 200)), n / 200) for n in range(1, 201)]))
    return panel


def main(argv: Sequence[str] | None = None) -> int:
    """`unifier bench read`."""
    return tell("read", parser().parse_args(argv), measure)


if __name__ == "__main__":
    sys.exit(main())
