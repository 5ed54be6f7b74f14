"""What an event, a profile and a match cost while the number of profiles grows.

The worker's own pipeline in one process over a real Redis, as behind Kafka but without it; what is published
is taken to be published. At each size: CPU of an event of a steady mix (visits of shoppers drawn at random,
one event in ten of a shopper who is new), CPU of an event that tells everything and comes alone, the memory
of Redis and of the process. Beside it, over the same shoppers, a JSON document a browser, read, changed and
written back.
"""

import argparse
import asyncio
import os
import random
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple

from redis import Redis

from benchmarks._crowd import Crowd
from benchmarks._documents import Documents
from benchmarks._in_process import Feed, feeding, redis_server, rules_for
from benchmarks._measuring import cpu_seconds, quantile, rss_mb
from benchmarks._report import Found, parser_of, rows_of, tell
from benchmarks._svg import Panel
from unifier.devstack.redis import RedisServer
from unifier.event_loop import EventLoop
from unifier.profiles.store import connect
from unifier.streams.memory import keep_what_is_there

SIZES = (10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000)
NEW = 0.1  # of the events of the steady mix, those of shoppers who are new
PEER_MOST = 100_000  # profiles up to which the peer is taken along
SHARES = (0.5, 0.99)

Give = Callable[[Sequence[bytes]], Awaitable[None]]


class Size(NamedTuple):
    """What was measured at one size."""

    profiles: int
    event_us: float  # CPU of the process, an event of the steady mix
    redis_us: float  # CPU of Redis, an event
    match_us: dict[str, float]  # CPU of a whole event that tells everything and comes alone
    redis_mb: float
    process_mb: float

    def row(self) -> dict[str, Any]:
        """The figures."""
        match = {f"match {share} µs": value for share, value in self.match_us.items()}
        bytes_each = round(self.redis_mb * 1e6 / self.profiles)
        return {
            "profiles": self.profiles,
            "CPU µs an event": self.event_us,
            "Redis µs": self.redis_us,
            **match,
            "Redis MB": self.redis_mb,
            "bytes a profile": bytes_each,
            "process MB": self.process_mb,
        }


def parser() -> argparse.ArgumentParser:
    """`unifier bench growth`."""
    one = parser_of("growth", __doc__)
    one.add_argument("--profiles", type=int, default=100_000, metavar="N", help="up to so many (1000000)")
    one.add_argument("--events", type=int, default=20_000, metavar="N", help="of the steady mix, a size")
    one.add_argument("--matches", type=int, default=2_000, metavar="N", help="a size")
    return one


def measure(args: argparse.Namespace) -> Found:
    """Ours, then the peer, each on a Redis of its own that writes no file."""
    with asyncio.Runner(loop_factory=EventLoop) as runner:
        with redis_server(appendonly="no") as server:
            ours = runner.run(_ours(server, args))
        with redis_server(appendonly="no") as server:
            theirs = runner.run(_theirs(server, args))
    rows = [{"": "unifier", **size.row()} for size in ours] + [
        {"": "documents", **size.row()} for size in theirs
    ]
    runs = {"unifier": ours, "documents": theirs}
    figures = {
        "growth_of_cpu": round(ours[-1].event_us / ours[0].event_us, 2),
        "runs": {name: [size.row() for size in run] for name, run in runs.items()},
    }
    return Found(figures, rows_of(rows), _curves(runs))


def _sizes(most: int) -> list[int]:
    return [size for size in SIZES if size < most] + [most]


async def _ours(server: RedisServer, args: argparse.Namespace) -> list[Size]:
    now_ms = int(time.time() * 1000)
    crowd, found = Crowd(args.seed, now_ms), list[Size]()
    async with feeding(server.url, rules_for(args.profiles), now_ms) as feed:
        keep_what_is_there()
        before = _redis_mb(server)
        for number, size in enumerate(_sizes(args.profiles)):
            await feed.take_in(crowd, size - crowd.number)
            await feed.told()
            memory = _redis_mb(server) - before
            some = _Some(crowd, number, now_ms)
            cpu = await _cost(feed.give, some.mix(args.events), server)
            match = await _alone(feed, some.whole(args.matches))
            found.append(Size(size, *cpu, match, round(memory, 1), round(rss_mb(os.getpid()))))
            print(found[-1].row(), file=sys.stderr)
    return found


async def _theirs(server: RedisServer, args: argparse.Namespace) -> list[Size]:
    now_ms = int(time.time() * 1000)
    crowd, found = Crowd(args.seed, now_ms), list[Size]()
    client = connect(server.url)
    give, before = Documents(client).give, _redis_mb(server)
    try:
        for number, size in enumerate(_sizes(min(args.profiles, PEER_MOST))):
            while crowd.number < size:
                await give([value for _ in range(100) for value in crowd.shopper()])
            memory = _redis_mb(server) - before
            cpu = await _cost(give, _Some(crowd, number, now_ms).mix(args.events), server)
            found.append(Size(size, *cpu, {}, round(memory, 1), round(rss_mb(os.getpid()))))
    finally:
        await client.aclose()
    return found


class _Some:
    """Messages to measure with, other ones at each size."""

    def __init__(self, crowd: Crowd, number: int, now_ms: int) -> None:
        self._crowd = crowd
        self._number = number
        self._rng = random.Random(number)
        self._new = Crowd(1_000_000 + number, now_ms)

    def mix(self, events: int) -> list[bytes]:
        """Visits of known shoppers, and the first days of new ones."""
        told: list[bytes] = []
        while len(told) < events:
            if self._rng.random() < NEW / 3:  # they bring three times as many events as a visit
                told += self._new.shopper()
            else:
                shopper = 1 + self._rng.randrange(self._crowd.number)
                told += self._crowd.again(shopper, f"again-{self._number}-{len(told)}")
        return told

    def whole(self, number: int) -> list[bytes]:
        """New people who tell everything."""
        return [self._new.whole(f"whole-{self._number}-{one}") for one in range(number)]


async def _cost(give: Give, values: Sequence[bytes], server: RedisServer) -> tuple[float, float]:
    """CPU µs an event: of this process, of Redis."""
    own, redis = time.process_time(), cpu_seconds(server.pid)
    await give(values)
    own, redis = time.process_time() - own, cpu_seconds(server.pid) - redis
    return round(own / len(values) * 1e6, 1), round(redis / len(values) * 1e6, 1)


async def _alone(feed: Feed, values: Sequence[bytes]) -> dict[str, float]:
    """CPU µs of events that come one by one, by percentile."""
    taken = []
    for value in values:
        began = time.thread_time()
        await feed.give([value])
        taken.append((time.thread_time() - began) * 1e6)
    taken.sort()
    return {f"p{100 * share:g}": round(quantile(taken, share)) for share in SHARES}


def _redis_mb(server: RedisServer) -> float:
    with Redis.from_url(server.url) as client:
        told: Any = client.info("memory")
        return float(told["used_memory"]) / 1e6


def _curves(runs: dict[str, list[Size]]) -> list[Panel]:
    """CPU of an event, and memory of a profile, by the number of profiles."""
    sizes = [size.profiles for run in runs.values() for size in run]
    x = (1_000.0 if min(sizes) < 10_000 else 10_000.0, 10.0 * max(sizes) / 10)
    panels = []
    for title, told in (
        ("CPU µs an event", "CPU µs an event"),
        ("Redis: bytes a profile", "bytes a profile"),
    ):
        curves = [
            (name, [(float(size.profiles), float(size.row()[told])) for size in run])
            for name, run in runs.items()
        ]
        most = max(value for _, points in curves for _, value in points)
        panel = Panel(title, x, (0.0, most * 1.1), "profiles", told, log_x=True)
        panel.lines, panel.dots = curves, curves
        panels.append(panel)
    return panels


def main(argv: Sequence[str] | None = None) -> int:
    """`unifier bench growth`."""
    return tell("growth", parser().parse_args(argv), measure)


if __name__ == "__main__":
    sys.exit(main())
