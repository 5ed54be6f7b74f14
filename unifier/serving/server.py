"""`unifier api`: run the service until SIGTERM or Ctrl-C."""

import asyncio
import gc
import logging
import signal
import socket
import sys

import uvicorn

from unifier import logs
from unifier.event_loop import EventLoop
from unifier.in_force import RulesInForce, keep_looking
from unifier.profiles.ids import Keys
from unifier.profiles.store import JourneyCounts, People, Store, seal_of, stamp
from unifier.profiles.store.clients import connect_for_answers
from unifier.profiles.store.seal import check
from unifier.reload import RulesFiles
from unifier.rules import Rules
from unifier.serving.app import build
from unifier.serving.calls import Services
from unifier.serving.export import Exporter
from unifier.serving.journey import CountedJourney
from unifier.serving.keys import KeyRing, keyed_hash
from unifier.serving.match import Matcher
from unifier.serving.privacy import PrivacyDesk
from unifier.serving.publisher import Publisher
from unifier.serving.reader import StoreReader
from unifier.serving.renewal import Renewal
from unifier.serving.reviews import StoreReviews
from unifier.serving.steward import Steward
from unifier.serving.tokens import Tokens, tokens_of, tokens_or_keys
from unifier.settings import Settings

log = logging.getLogger(__name__)

GRACE_S = 10  # for requests under way when the service is told to stop


def run(settings: Settings, host: str, port: int) -> int:
    """Serve until told to stop; port 0 takes a free one. Gives the exit code.

    Raises SettingsError, RulesError, and RedisError when Redis does not answer at the start.
    """
    keyed_hash(settings.secret, "")  # complains when there is no secret
    tokens = tokens_of(settings)
    files = RulesFiles(settings.rules, settings.model, settings.forecast)
    logs.configure(settings.log)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=2_048)
    except (OSError, TypeError) as error:  # TypeError: a name that no host can have
        reason = (isinstance(error, OSError) and error.strerror) or "no such address"
        sys.stderr.write(
            f"unifier: cannot listen on {host}:{port}: {reason}; choose another --host or --port\n"
        )
        return 1
    with listener, asyncio.Runner(loop_factory=EventLoop) as runner:
        runner.run(_serve(settings, files, tokens, listener))
    return 0


async def _serve(
    settings: Settings, files: RulesFiles, tokens: Tokens | None, listener: socket.socket
) -> None:
    redis, publisher = connect_for_answers(settings.redis), Publisher(settings)
    try:
        seal = seal_of(settings)
        await stamp.check(redis, settings)
        await check(redis, seal)
        store = Store(redis, settings.shards, seal=seal)
        keys = Keys(settings.secret)
        say = Steward(redis, publisher.publish).say

        def services(rules: Rules) -> Services:
            reader = StoreReader(store, keys, rules, settings.country)
            match = Matcher(store, reader, keys, rules, settings.country).match
            reviews = StoreReviews(store, reader, rules)
            exporter = Exporter(store, reader, keys, rules)
            privacy = PrivacyDesk(redis, publisher.publish, exporter, keys, rules, settings.country)
            journey = CountedJourney(JourneyCounts(redis).read, rules)
            return Services(reader, reviews, match, say, privacy, journey, frozenset(rules.identifiers))

        in_force = RulesInForce(files, People(redis))
        renewal = Renewal(in_force, await in_force.look(), services)
        find_key = tokens_or_keys(tokens, KeyRing(redis, settings.secret))
        app = build(lambda: renewal.services, find_key, settings)
        server = uvicorn.Server(
            uvicorn.Config(
                app,
                http="httptools",
                lifespan="off",
                access_log=False,  # a path may hold what a caller put there by mistake
                server_header=False,
                log_config=None,
                log_level="warning",
                timeout_graceful_shutdown=GRACE_S,
            )
        )

        def end(_number: int, _frame: object) -> None:
            """Once it serves, uvicorn stops at these itself; when it has stopped it raises them again."""
            server.should_exit = True

        refused: list[stamp.StampError] = []

        async def see_whose_redis_it_is() -> None:
            """A service may be there before the first worker says it."""
            try:
                await stamp.check(redis, settings)
            except stamp.StampError as error:
                refused.append(error)
                server.should_exit = True

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, end)
        gc.freeze()  # what is here now stays: the collector need not look at it again
        gc.set_threshold(50_000, 20, 100)  # an answer makes no circles
        address, port = listener.getsockname()[:2]
        log.info("serving on http://%s:%d", f"[{address}]" if ":" in address else address, port)
        looking = asyncio.create_task(renewal.run(), name="renewal")
        stamped = asyncio.create_task(keep_looking(see_whose_redis_it_is), name="stamp")
        await server.serve(sockets=[listener])
        looking.cancel()
        stamped.cancel()
        for error in refused:
            raise error
    finally:
        await publisher.close()
        await redis.aclose()
