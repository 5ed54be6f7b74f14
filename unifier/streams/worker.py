"""One stream worker: a process that shares the partitions of the inputs with its like."""

import asyncio
import gc
import logging
import signal
import sys
from collections.abc import Coroutine
from contextlib import AsyncExitStack, closing
from pathlib import Path
from typing import Any, Protocol

import uvloop

from unifier import logs
from unifier.events.decode import Decoder
from unifier.profiles.ids import Keys
from unifier.profiles.store import Store, connect
from unifier.rules import Rules, load_rules
from unifier.settings import Settings, SettingsError
from unifier.streams import agents
from unifier.streams.app import SESSION_S, Own, UnifierApp, create_app
from unifier.streams.dead_letters import DeadLetters
from unifier.streams.health import Health, http_server
from unifier.streams.intake import Intake
from unifier.streams.pipeline import Pipeline
from unifier.streams.publisher import Publisher
from unifier.streams.relay import Relay
from unifier.streams.topics import TOPICS, admin_client
from unifier.streams.unify import Unifier

log = logging.getLogger(__name__)


class CannotStartError(RuntimeError):
    """The worker cannot start; the message is one line that names the mend."""


class Work(agents.Pipeline, Protocol):
    """What a worker does with chunks."""

    async def ready(self) -> bool:
        """Whether Redis answers."""


def run(settings: Settings, http_port: int | None) -> int:
    """The command `unifier worker`: 0 after SIGTERM, 1 after a fault."""
    if not settings.secret:
        raise SettingsError("UNIFIER_SECRET: not set; all workers need the same one, and need it for good")
    rules = load_rules(Path(settings.rules) if settings.rules else None)
    try:
        topics = _described_topics(settings)
        return launch(settings, _run(settings, rules, topics, http_port))
    except CannotStartError as error:
        print(f"unifier: {error}", file=sys.stderr)  # noqa: T201 - to the operator, before there is a log
        return 1


async def _run(settings: Settings, rules: Rules, topics: dict[str, Any], http_port: int | None) -> int:
    async with AsyncExitStack() as stack:
        redis = connect(settings.redis)
        stack.push_async_callback(redis.aclose)
        await redis.ping()
        publisher = await stack.enter_async_context(Publisher(settings))
        store = Store(redis, settings.shards)
        intake = Intake(Decoder(rules, settings.timezone), Keys(settings.secret), rules, settings.country)
        ids = {name: topic["topic_id"] for name, topic in topics.items()}
        pipeline = Pipeline(store, intake, Unifier(intake, rules), DeadLetters(publisher), ids)
        groups = len(topics[settings.topic("control")]["partitions"])
        relay = Relay(settings, store, groups, pipeline.snapshots, pipeline.timers)
        return await serve(settings, pipeline, relay.own, http_port=http_port)


def launch(settings: Settings, work: Coroutine[Any, Any, int]) -> int:
    """Run a worker's coroutine in this process: our log, and uvloop."""
    logs.configure(settings.log)
    for chatty in ("aiokafka", "faust", "mode"):
        logging.getLogger(chatty).setLevel(logging.ERROR)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


async def serve(
    settings: Settings, work: Work, own: Own, *, http_port: int | None, session_s: float = SESSION_S
) -> int:
    """Run one worker until SIGTERM or SIGINT; exit code 0, or 1 after a fault. Raises CannotStartError."""
    end = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, end.set)
    app = create_app(settings, work, own, session_s=session_s)
    async with AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(http_server(Health(app, work.ready), http_port))
        except OSError as error:
            raise CannotStartError(f"--http-port {http_port}: {error.strerror}; choose another") from None
        stack.push_async_callback(own, set())
        return await _until(end, app)


async def _until(end: asyncio.Event, app: UnifierApp) -> int:
    """Start the app, wait until it is to end or has crashed, and stop it."""
    ended = [asyncio.ensure_future(end.wait()), asyncio.ensure_future(app.wait_until_stopped())]
    starting = asyncio.ensure_future(app.start())
    await asyncio.wait([starting, *ended], return_when=asyncio.FIRST_COMPLETED)
    if starting.done() and not app.should_stop:
        starting.result()
        # What is there now stays; looking at it again and again would cost 15 % to half of the speed.
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 100)
        log.info("worker ready")
    await asyncio.wait(ended, return_when=asyncio.FIRST_COMPLETED)
    log.info("worker ends")
    await app.stop()
    for task in (starting, *ended):
        task.cancel()
    await asyncio.gather(starting, *ended, return_exceptions=True)
    return 1 if app.crashed else 0


def _described_topics(settings: Settings) -> dict[str, Any]:
    """What the broker says of our topics, by name. Raises CannotStartError when one is missing."""
    with closing(admin_client(settings)) as admin:
        described = admin.describe_topics([settings.topic(topic.name) for topic in TOPICS])
    if missing := [topic["name"] for topic in described if topic["error_code"]]:
        raise CannotStartError(f"missing topics: {', '.join(missing)}; run `unifier topics create`")
    return {topic["name"]: topic for topic in described}
