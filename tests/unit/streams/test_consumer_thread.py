"""The consumer's own thread never outlives the worker."""

import asyncio
import threading

from mode.threads import WorkerThread

from unifier.event_loop import EventLoop
from unifier.settings import load_settings
from unifier.streams.app import create_app
from unifier.streams.transport import ChunkThread


async def _nobody(_: set[int]) -> None:
    """Owns nothing."""


async def test_a_thread_that_is_only_being_started_is_stopped_too() -> None:
    go_on = threading.Event()

    class Late(WorkerThread):  # type: ignore[misc]
        """Does not come to its work before it is let."""

        def run(self) -> None:
            go_on.wait()
            super().run()

    app = create_app(load_settings({}), None, _nobody)  # type: ignore[arg-type]
    thread = ChunkThread(app.consumer, thread_loop=EventLoop(), Worker=Late)
    starting = asyncio.ensure_future(thread.start())
    await asyncio.sleep(0)
    stopping = asyncio.ensure_future(thread.stop())
    await asyncio.sleep(0)
    go_on.set()
    await asyncio.gather(starting, stopping)
    thread._thread.join(5)
    assert not thread._thread.is_alive()
