"""What pending timers cost while they wait, and how late they fire.

    unifier bench timers [--timers N] [--fired N]

Memory, and the looks of a relay that owns all shards; the same looks are taken first without timers. A relay
looks four times a second. Then till sales that count as fulfilled within the next half minute go through a
real worker on Kafka and Redis: a reader downstream notes each transition that its timer makes. Once the
worker runs all the time, once it is down while half of them are due.
"""

import argparse
import asyncio
import os
import platform
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

import orjson
from redis.asyncio import Redis

from benchmarks._downstream import hearing
from benchmarks._in_process import redis_server
from benchmarks._installation import READY_S, Installation, installed, until
from benchmarks._measuring import committed, quantile
from unifier.devstack.simulate import Message
from unifier.devstack.simulate.message import iso
from unifier.devstack.simulate.publish import publish
from unifier.profiles.store import Store, connect
from unifier.profiles.store.outbox import Outbox
from unifier.settings import load_settings
from unifier.streams.topics import admin_client

LOOKS = 400
AT_ONCE = 10_000
HOUR_MS, WEEK_MS = 3_600_000, 7 * 86_400_000
LEAD_MS, SPREAD_MS, LISTEN_ON_MS = 20_000, 20_000, 5_000


class Cost(NamedTuple):
    """Of one look, in milliseconds of CPU; and of all timers, in bytes."""

    worker_ms: float
    redis_ms: float
    memory: int


class Fired(NamedTuple):
    """Timers that made a transition."""

    told: int
    twice: int
    late_ms: list[float]  # from when each was due, or the worker ready, until the reader had it


def main(argv: Sequence[str] | None = None) -> int:
    """`unifier bench timers`."""
    parser = argparse.ArgumentParser(
        prog="unifier bench timers",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--timers", type=int, default=1_000_000, metavar="N", help="that wait")
    parser.add_argument("--fired", type=int, default=2_000, metavar="N", help="that fire")
    args = parser.parse_args(argv)
    print(f"{platform.machine()}, Python {platform.python_version()}")
    print(f"{'timers':>12}{'bytes each':>12}{'worker, ms a look':>20}{'Redis, ms a look':>20}")
    for number in (0, args.timers):
        with redis_server() as server:
            cost = asyncio.run(_measured(server.url, number))
        each = cost.memory / number if number else 0
        print(f"{number:>12,}{each:>12.0f}{cost.worker_ms:>20.2f}{cost.redis_ms:>20.2f}")
    print(f"\n{'while the worker':<26}{'told':>8}{'twice':>8}{'late, ms: p50':>16}{'p99':>8}{'most':>8}")
    with installed() as servers:
        for name, down in (("runs", False), ("is down, or runs again", True)):
            one = servers.another("down" if down else "up")
            fired = asyncio.run(_fired(one, args.fired, down))
            late = sorted(fired.late_ms)
            shown = [quantile(late, 0.5), quantile(late, 0.99), late[-1]]
            cells = "".join(f"{each:>{width}.0f}" for each, width in zip(shown, (16, 8, 8), strict=True))
            print(f"{name:<26}{fired.told:>8,}{fired.twice:>8,}{cells}")
    return 0


async def _fired(one: Installation, number: int, down: bool) -> Fired:
    """Of so many sales; of those due while the worker is down, lateness counts from when it is ready."""
    settings, ready_ms = one.settings, 0.0
    async with AsyncExitStack() as ending:
        with one.worker() as worker:
            await asyncio.to_thread(worker.wait_ready)
            heard = await ending.enter_async_context(hearing(settings, settings.topic("journey")))
            first = int(time.time() * 1000) + LEAD_MS
            dues = [first + each * SPREAD_MS // number for each in range(number)]
            await publish([_sale(each, due - HOUR_MS) for each, due in enumerate(dues)], settings)
            with admin_client(settings) as admin:
                done = partial(committed, admin, settings.group, one.inputs)
                await asyncio.to_thread(until, lambda: done() >= number, worker.process, READY_S)
            await asyncio.to_thread(worker.wait_told)
            if not down:
                await _wait(dues[-1] + LISTEN_ON_MS)
        if down:
            await _wait((dues[0] + dues[-1]) // 2)
            with one.worker() as worker:
                await asyncio.to_thread(worker.wait_ready)
                ready_ms = time.time() * 1000
                await _wait(max(dues[-1], ready_ms) + LISTEN_ON_MS)
    late, told = [], Counter[str]()
    for value, at in heard:
        data = orjson.loads(value or b"{}").get("data", {})
        if data.get("model") == "six-phase" and data["cause"] == {"timer": "fulfilled"}:
            due = datetime.fromisoformat(data["at"]).timestamp() * 1000
            told[data["profile_id"]] += 1
            late.append(max(0.0, at - max(due, ready_ms)))
    return Fired(len(told), told.total() - len(told), late)


def _sale(number: int, at_ms: int) -> Message:
    body = {
        "store_id": "1",
        "workstation_id": "1",
        "business_day": iso(at_ms)[:10],
        "sequence_number": number + 1,
        "kind": "sale",
        "occurred_at": iso(at_ms),
        "total": "9.90",
        "currency": "EUR",
        "customer": {"loyalty_id": f"timer-{number}"},
    }
    return Message("pos", f"{number}".encode(), orjson.dumps(body), at_ms, None)


async def _wait(at_ms: float) -> None:
    await asyncio.sleep(max(0.0, at_ms / 1000 - time.time()))


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
