from time import monotonic
from types import SimpleNamespace
from typing import Any, cast

import pytest

from unifier.streams.app import UnifierApp
from unifier.streams.health import STUCK_S, Health


def health(*, idle_s: float = 0.0, redis: bool = True, **consumer: Any) -> Health:
    progress = {"progress_at": monotonic() - idle_s, "flow_active": True, "assigned": True}
    app = SimpleNamespace(started=True, consumer=SimpleNamespace(**progress | consumer))

    async def ready() -> bool:
        return redis

    return Health(cast(UnifierApp, app), ready)


@pytest.mark.parametrize(
    ("idle_s", "redis", "alive"),
    [(0, True, True), (STUCK_S + 1, True, False), (STUCK_S + 1, False, True)],
    ids=["progress", "stuck", "waits for Redis"],
)
async def test_a_worker_is_dead_only_when_it_makes_no_progress_though_it_could(
    idle_s: float, redis: bool, alive: bool
) -> None:
    assert await health(idle_s=idle_s, redis=redis).alive() is alive


@pytest.mark.parametrize(
    ("state", "ready"),
    [({}, True), ({"assigned": False}, False), ({"flow_active": False}, False), ({"redis": False}, False)],
    ids=["all well", "no partitions", "rebalance", "no Redis"],
)
async def test_a_worker_is_ready_when_it_has_partitions_and_redis(
    state: dict[str, bool], ready: bool
) -> None:
    assert await health(**state).ready() is ready
