"""The clock stands still for the actors of the checker."""

from types import SimpleNamespace

import pytest

from unifier.profiles.store.outbox import Outbox
from unifier.streams import pipeline, relay


@pytest.fixture(autouse=True)
def still_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    still = SimpleNamespace(monotonic=lambda: 1.0, time=lambda: 0.0, thread_time=lambda: 0.0)
    monkeypatch.setattr(relay, "time", still)

    async def untold(_: Outbox) -> tuple[int, int]:
        """Gauges, of which nothing follows."""
        return 0, 0

    monkeypatch.setattr(Outbox, "depth", untold)
    monkeypatch.setattr(pipeline, "REDIS_RETRY_S", 0)
