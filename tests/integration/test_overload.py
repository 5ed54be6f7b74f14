"""Producers that are faster than the worker: memory stays flat, the lag shows, the group stays together."""

import asyncio
import urllib.request
from collections.abc import Callable

from benchmarks._measuring import committed, rss_mb
from benchmarks.drain import week
from tests.integration.spine import Worker, drained
from tests.waiting import eventually
from unifier.devstack.server import free_port
from unifier.devstack.simulate.publish import KINDS, publish
from unifier.settings import Settings
from unifier.streams.topics import admin_client

EVENTS = 12_000
BEFORE = 3_000  # so that what a worker has at once is there
GROWS_MB = 100.0  # what the worker may still remember of so many events; what waits is not in it


def test_a_backlog_leaves_memory_flat_and_the_group_together(settings: Callable[..., Settings]) -> None:
    one, port = settings(), free_port()
    worker = Worker(one, "--http-port", str(port))
    try:
        asyncio.run(publish(week(BEFORE, 2), one))
        drained(one)
        before = rss_mb(worker.process.pid)
        asyncio.run(publish(week(EVENTS, 1), one))
        lags, most = [], 0.0
        with admin_client(one) as admin:
            joined = members(admin.describe_groups([one.group])[one.group])

            def worked_off() -> bool:
                nonlocal most
                lags.append(lag(port))
                most = max(most, rss_mb(worker.process.pid))
                assert members(admin.describe_groups([one.group])[one.group]) == joined
                return committed(admin, one.group, [one.topic(kind) for kind in KINDS]) >= BEFORE + EVENTS

            eventually(worked_off, 120)
        assert max(lags) > 0
        assert most - before < GROWS_MB
        eventually(lambda: lag(port) == 0)
        worker.stop()
    finally:
        if worker.process.poll() is None:
            worker.kill()


def members(told: dict[str, list[dict[str, str]]]) -> list[str]:
    """Who is in the group: whoever drops out comes back under another id."""
    return [member["member_id"] for member in told["members"]]


def lag(port: int) -> float:
    """Records that wait, as the worker tells."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith("unifier_lag{"))
