import logging
from time import monotonic
from types import SimpleNamespace
from typing import Any, cast

import pytest

from unifier.streams.app import UnifierApp
from unifier.streams.health import STUCK_S, Health
from unifier.streams.process import Repeats


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


def test_a_warning_that_is_repeated_is_heard_once_in_a_while_and_news_always() -> None:
    repeats = Repeats()

    def heard(name: str, message: str, at: float, *args: object, level: int = logging.WARNING) -> bool:
        record = logging.LogRecord(name, level, "", 0, message, args, None)
        record.created = at
        return repeats.filter(record)

    assert [heard("aiokafka.client", "away %d", at, at) for at in (100.0, 100.1, 105.0, 110.2, 110.3)] == [
        True, False, False, True, False,
    ]  # fmt: skip
    assert heard("aiokafka.client", "something else", 110.4)
    assert [heard("unifier.streams", "relay group %d", 100.0, group) for group in (0, 1, 0)] == [
        True, True, False,
    ]  # fmt: skip
    assert all(heard("unifier.streams", "worker ready", 100.0, level=logging.INFO) for _ in range(2))


def test_an_error_of_a_library_is_told_in_a_line() -> None:
    broken = (ConnectionError, ConnectionError(), None)
    record = logging.LogRecord("kafka.net.transport", logging.ERROR, "", 1, "broken", (), broken)
    assert Repeats().filter(record)
    assert logging.Formatter().format(record) == "broken"
