"""What a worker tells about itself over HTTP: /healthz, /readyz, /metrics."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from time import monotonic

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from unifier import metrics
from unifier.streams.app import UnifierApp

# Longer than any batch, retry or rebalance takes; a worker without progress for so long wants a restart.
STUCK_S = 120.0

Address = tuple[str, int]
"""Host and port."""


class Health:
    """The state of one worker; `stores_ready` says whether Redis takes what is written."""

    def __init__(self, app: UnifierApp, stores_ready: Callable[[], Awaitable[bool]]) -> None:
        self._app = app
        self._stores_ready = stores_ready

    async def alive(self) -> bool:
        """False when nothing is fetched or worked off, though Redis would take it: only a restart helps."""
        if monotonic() - self._app.consumer.progress_at < STUCK_S:
            return True
        return not await self._stores_ready()

    async def ready(self) -> bool:
        """True when the worker has partitions and works on them, and Redis takes what is written."""
        has_partitions = self._app.started and self._app.consumer.flow_active and self._app.consumer.assigned
        return bool(has_partitions) and await self._stores_ready()

    async def render_metrics(self) -> bytes:
        """The metrics of this process, with the lag as of now."""
        for topic, records in (await self._app.consumer.lag()).items():
            metrics.lag.labels(topic).set(records)
        return metrics.render()


@asynccontextmanager
async def http_server(health: Health, at: Address | None) -> AsyncIterator[None]:
    """Answer at an address while in the context; None: no server. Raises OSError when it cannot be had."""
    if at is None:
        yield
        return

    async def healthz(_request: web.Request) -> web.Response:
        return _verdict(await health.alive(), "no progress")

    async def readyz(_request: web.Request) -> web.Response:
        return _verdict(await health.ready(), "no partitions, or Redis does not answer or refuses writes")

    async def scrape(_request: web.Request) -> web.Response:
        return web.Response(body=await health.render_metrics(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    application = web.Application()
    application.router.add_get("/healthz", healthz)
    application.router.add_get("/readyz", readyz)
    application.router.add_get("/metrics", scrape)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, *at).start()
        yield
    finally:
        await runner.cleanup()


def _verdict(good: bool, otherwise: str) -> web.Response:
    return web.Response(text="ok\n") if good else web.Response(status=503, text=f"{otherwise}\n")
