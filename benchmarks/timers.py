"""What pending timers cost while they wait: memory, and the looks of a relay that owns all shards.

    unifier bench timers [--timers N]

The same looks are taken first without timers. A relay looks four times a second.
"""

import argparse
import asyncio
import os
import platform
import sys
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

from redis.asyncio import Redis

from benchmarks._in_process import redis_server
from unifier.profiles.store import Store, connect
from unifier.profiles.store.outbox import Outbox
from unifier.settings import load_settings

LOOKS = 400
AT_ONCE = 10_000
WEEK_MS = 7 * 86_400_000


class Cost(NamedTuple):
    """Of one look, in milliseconds of CPU; and of all timers, in bytes."""

    worker_ms: float
    redis_ms: float
    memory: int


def main(argv: Sequence[str] | None = None) -> int:
    """`unifier bench timers`."""
    parser = argparse.ArgumentParser(
        prog="unifier bench timers",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--timers", type=int, default=1_000_000, metavar="N")
    args = parser.parse_args(argv)
    print(f"{platform.machine()}, Python {platform.python_version()}")
    print(f"{'timers':>12}{'bytes each':>12}{'worker, ms a look':>20}{'Redis, ms a look':>20}")
    for number in (0, args.timers):
        with redis_server() as server:
            cost = asyncio.run(_measured(server.url, number))
        each = cost.memory / number if number else 0
        print(f"{number:>12,}{each:>12.0f}{cost.worker_ms:>20.2f}{cost.redis_ms:>20.2f}")
    return 0


async def _measured(url: str, number: int) -> Cost:
    redis = connect(url)
    try:
        store, now = Store(redis, load_settings({}).shards), int(time.time() * 1000)
        before = await _info(redis, "memory", "used_memory")
        await _fill(store, number, now + WEEK_MS)
        memory = int(await _info(redis, "memory", "used_memory") - before)
        outbox = Outbox(redis, store.layout, range(store.layout.shards))
        await outbox.take_over()
        await outbox.read(1, 1, now)
        served, worked = await _served(redis), time.process_time()
        for _ in range(LOOKS):
            await outbox.read(1, 1, now)
        worked = time.process_time() - worked
        served = await _served(redis) - served
        return Cost(worked / LOOKS * 1000, served / LOOKS * 1000, memory)
    finally:
        await redis.aclose()


async def _fill(store: Store, number: int, due: int) -> None:
    layout = store.layout
    for start in range(0, number, AT_ONCE):
        timers: dict[int, dict[bytes, int]] = {}
        for at in range(start, min(start + AT_ONCE, number)):
            component = os.urandom(12)
            timers.setdefault(layout.shard(component), {})[component] = due + at
        async with store.redis.pipeline(transaction=False) as pipe:
            for shard, some in timers.items():
                pipe.zadd(layout.timers(shard), some)
            await pipe.execute()


async def _served(redis: Redis) -> float:
    """CPU seconds of the server."""
    return await _info(redis, "cpu", "used_cpu_user") + await _info(redis, "cpu", "used_cpu_sys")


async def _info(redis: Redis, section: str, name: str) -> float:
    told: Any = await redis.info(section)
    return float(told[name])


if __name__ == "__main__":
    sys.exit(main())
