"""One worker process: from its start over SIGTERM to its end."""

import asyncio
import gc
import logging
import os
import signal
import sys
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from typing import Any, Protocol

from unifier import logs
from unifier.event_loop import EventLoop
from unifier.settings import Settings
from unifier.streams import agents
from unifier.streams.app import SESSION_S, Look, Own, UnifierApp, create_app
from unifier.streams.health import Address, Health, http_server
from unifier.streams.memory import give_back, keep_large_apart, keep_what_is_there

log = logging.getLogger(__name__)


SWITCH_S = 0.001
STOP_S, CANCEL_S = 15.0, 5.0
"""For leaving the group in order, and for tasks that are cancelled: orchestrators kill after some 30 s."""


class CannotStartError(RuntimeError):
    """The worker cannot start; the message is one line that names the mend."""


class Work(agents.Pipeline[Any], Protocol):
    """What a worker does with chunks."""

    async def ready(self) -> bool:
        """Whether Redis answers, and takes what is written."""


def launch(settings: Settings, work: Coroutine[Any, Any, int]) -> int:
    """Run a worker's coroutine in this process: our log, and uvloop."""
    keep_large_apart()
    logs.configure(settings.log)
    for library in ("aiokafka", "faust", "mode"):
        logging.getLogger(library).setLevel(logging.ERROR)
    # The consumer's thread waits for the interpreter several times in each fetch, by default 5 ms each.
    sys.setswitchinterval(SWITCH_S)
    with asyncio.Runner(loop_factory=EventLoop) as runner:
        return runner.run(work)


def tell_in_a_line(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """For an error that nobody waits for any more: aiokafka leaves those of a fenced producer behind."""
    error = context.get("exception")
    log.warning("%s: %s", context["message"], type(error).__name__)


async def serve(
    settings: Settings,
    work: Work,
    own: Own,
    look: Look | None = None,
    *,
    http: Address | None,
    session_s: float = SESSION_S,
) -> int:
    """Run one worker until SIGTERM or SIGINT; exit code 0, or 1 after a fault. Raises CannotStartError."""
    asyncio.get_running_loop().set_exception_handler(tell_in_a_line)
    end = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, end.set)
    app = create_app(settings, work, own, look, session_s=session_s)
    async with AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(http_server(Health(app, work.ready), http))
        except OSError as error:
            host, port = http or ("", 0)
            raise CannotStartError(
                f"--http-host {host} --http-port {port}: {error.strerror}; choose others"
            ) from None
        stack.push_async_callback(own, set())
        return await _until(end, app)


async def _until(end: asyncio.Event, app: UnifierApp) -> int:
    """Start the app, wait until it is to end or has crashed, and stop it."""
    ended = [asyncio.ensure_future(end.wait()), asyncio.ensure_future(app.wait_until_stopped())]
    starting = asyncio.ensure_future(app.start())
    await asyncio.wait([starting, *ended], return_when=asyncio.FIRST_COMPLETED)
    if starting.done() and not app.should_stop:
        starting.result()
        keep_what_is_there()
        gc.set_threshold(200_000, 50, 100)  # a batch is not looked through while it is at work
        log.info("worker ready")
    giving_back = asyncio.create_task(give_back(), name="memory")
    await asyncio.wait(ended, return_when=asyncio.FIRST_COMPLETED)
    log.info("worker ends")
    giving_back.cancel()
    stopping = asyncio.ensure_future(app.stop())
    await asyncio.wait([stopping], timeout=STOP_S)
    code = 1 if app.crashed else 0
    if not stopping.done():
        log.warning("Kafka or Redis does not answer; what was not committed is read again")
        # At once: Faust's tasks and threads, cancelled while they wait, would each report a crash.
        os._exit(code)
    stopping.result()
    for task in (starting, *ended):
        task.cancel()
    await asyncio.wait([starting, *ended], timeout=CANCEL_S)
    return code
