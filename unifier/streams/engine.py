"""What a worker runs: the pipeline, its relay, and the connections they share."""

import asyncio
from urllib.parse import urlsplit

from redis.asyncio import Redis
from redis.exceptions import AuthenticationError, RedisError

from unifier.events.decode import Decoder
from unifier.profiles.ids import Keys
from unifier.profiles.store import Store, connect
from unifier.rules import Rules
from unifier.settings import Settings
from unifier.streams.agents import Chunk
from unifier.streams.dead_letters import DeadLetters
from unifier.streams.intake import Intake
from unifier.streams.pipeline import Pipeline
from unifier.streams.relay import Relay
from unifier.streams.topics import INBOUND, admin_client
from unifier.streams.unify import Unifier
from unifier.streams.worker import CannotStartError


class Engine:
    """Opens everything on `start`; then chunks go in by `process`, and `own` says which shards are ours."""

    def __init__(self, settings: Settings, rules: Rules) -> None:
        self._settings = settings
        self._rules = rules
        self._redis: Redis = connect(settings.redis)
        self._dead_letters = DeadLetters(settings)
        self._pipeline: Pipeline | None = None
        self._relay: Relay | None = None

    async def start(self) -> None:
        """Open connections. Raises CannotStartError."""
        settings, rules = self._settings, self._rules
        await check_redis(self._redis, settings)
        topics = await asyncio.to_thread(_describe, settings)
        await self._dead_letters.start()
        store = Store(self._redis, settings.shards)
        intake = Intake(Decoder(rules, settings.timezone), Keys(settings.secret), rules, settings.country)
        ids = {name: topic_id for name, (topic_id, _) in topics.items()}
        self._pipeline = Pipeline(store, intake, Unifier(intake, rules), self._dead_letters, ids)
        groups = topics[settings.topic("control")][1]
        self._relay = Relay(settings, store, groups, self._pipeline.snapshots, self._pipeline.timers)

    async def process(self, chunk: Chunk) -> None:
        """Work off a chunk; returns when Redis has everything."""
        assert self._pipeline is not None, "start first"
        await self._pipeline.process(chunk)

    async def own(self, groups: set[int]) -> None:
        """Own the shards of these groups, and no others."""
        if self._relay is not None:
            await self._relay.own(groups)

    async def ready(self) -> bool:
        """Whether Redis answers."""
        return self._pipeline is not None and await self._pipeline.ready()

    async def stop(self) -> None:
        """Close the connections."""
        await self._dead_letters.stop()
        await self._redis.aclose()


async def check_redis(redis: Redis, settings: Settings) -> None:
    """Raises CannotStartError, with the mend, when Redis cannot be used."""
    where = urlsplit(settings.redis)
    try:
        await redis.ping()
    except AuthenticationError:
        problem = "refuses the user or password; mend them in UNIFIER_REDIS"
    except RedisError:
        problem = "does not answer; start it, or mend UNIFIER_REDIS"
    else:
        return
    raise CannotStartError(f"Redis at {where.hostname}:{where.port or 6379} {problem}")


def _describe(settings: Settings) -> dict[str, tuple[str, int]]:
    """Of each input topic its id and number of partitions."""
    with admin_client(settings) as admin:
        described = admin.describe_topics([settings.topic(name) for name in INBOUND])
    return {topic["name"]: (topic["topic_id"], len(topic["partitions"])) for topic in described}
