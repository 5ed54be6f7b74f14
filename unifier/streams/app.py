"""The Faust app: group membership, agents and offsets. It keeps no tables and sends nothing."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

import faust
from faust.app import base
from faust.types import TP

from unifier.settings import Settings
from unifier.streams.agents import CHUNK_RECORDS, Pipeline, add_agents
from unifier.streams.kafka_config import aiokafka_config
from unifier.streams.topics import INBOUND
from unifier.streams.transport import CHUNKS_WAITING, REVOKE_DEADLINE_S, ChunkTransport

Own = Callable[[set[int]], Awaitable[None]]
"""Told which partitions of the control topic this worker has, whenever that changes."""

Look = Callable[[], Awaitable[None]]
"""Sees how the topics are now: awaited whenever partitions came, before anything of them is read."""

SESSION_S = 10.0  # a worker that dies unseen is replaced after this time
HEARTBEAT_S = 1.0  # also the time in which a worker hears that another one has come or gone
# What was worked off but not committed when a worker is killed is read again: at most this much of it.
COMMIT_INTERVAL_S = 0.25
# Of each partition in one fetch. With 1 MiB, the default, a worker takes 30 MB more as soon as events wait.
FETCH_BYTES = 512 * 1024
POLL_RECORDS = 5 * CHUNK_RECORDS  # taken from the consumer's buffers at once; over several partitions
# aiokafka leaves the group when nothing was fetched for this long, and a worker without partitions, or one
# that waits for Redis, then never comes back. Whether a worker is stuck is told by its own health check.
IDLE_FOR_EVER_S = 365 * 86_400.0
# In which a worker hears that a topic was made anew or has got more partitions. aiokafka's default is 5
# minutes, in which nobody reads them.
METADATA_MS = 10_000


class ConsumerOnly(base.BootStrategy):  # type: ignore[misc]
    """Starts the consumer and the agents: no web server, no producer."""

    enable_web = False
    enable_kafka_producer = False


class UnifierApp(faust.App):  # type: ignore[misc]
    """A Faust app over chunks; `kinds` says which input each topic is, `look` is awaited by the transport."""

    BootStrategy = ConsumerOnly
    kinds: dict[str, str]
    look: Look
    logger = logging.getLogger("faust.unifier")

    async def on_first_start(self) -> None:
        """Nothing to do: Faust would make a folder for its tables."""


class ChunkSchema(faust.Schema):  # type: ignore[misc]
    """Leaves the chunk as the transport made it; records are decoded by the pipeline."""

    def loads_key(self, app: Any, message: Any, **_: Any) -> None:
        """Chunks have no key."""

    def loads_value(self, app: Any, message: Any, **_: Any) -> Any:
        """The chunk."""
        return message.value


def create_app(
    settings: Settings,
    pipeline: Pipeline[Any],
    own: Own,
    look: Look | None = None,
    *,
    session_s: float = SESSION_S,
) -> UnifierApp:
    """The app, not started. `own` is awaited before partitions go and after partitions came."""
    app = UnifierApp(
        settings.group,
        env={},  # Faust would take its settings from variables that are not ours
        broker=[f"kafka://{server}" for server in aiokafka_config(settings)["bootstrap_servers"]],
        broker_credentials=_credentials(settings),
        broker_client_id="unifier-worker",
        broker_max_poll_records=POLL_RECORDS,
        broker_max_poll_interval=IDLE_FOR_EVER_S,
        broker_commit_interval=COMMIT_INTERVAL_S,
        broker_session_timeout=session_s,
        broker_heartbeat_interval=HEARTBEAT_S,
        broker_rebalance_timeout=1.5 * REVOKE_DEADLINE_S,
        broker_request_timeout=2 * REVOKE_DEADLINE_S,  # a join is answered within the rebalance timeout
        producer_request_timeout=30.0,
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=FETCH_BYTES,
        consumer_metadata_max_age_ms=METADATA_MS,
        stream_buffer_maxsize=2 * CHUNKS_WAITING,  # never full: the transport counts
        agent_supervisor="mode.CrashingSupervisor",
        topic_disable_leader=True,
        topic_allow_declare=False,
        table_standby_replicas=0,  # with no tables: aiokafka's round-robin assignor, not Faust's own
        worker_redirect_stdouts=False,
        Schema=ChunkSchema,
    )
    app.transport = ChunkTransport(app.conf.broker_consumer, app)
    app.kinds = {settings.topic(kind): kind for kind in INBOUND}
    add_agents(app, settings, pipeline)
    app.look = look or _nothing
    _follow_assignment(app, settings.topic("control"), own)
    return app


async def _nothing() -> None:
    """Of topics that stay as they are."""


def _follow_assignment(app: UnifierApp, control: str, own: Own) -> None:
    # Faust awaits these before the group goes on: nobody owns a partition twice.
    async def revoked(_app: Any, _partitions: set[TP], **_: Any) -> None:
        await own(set())

    async def ending(_app: Any, **_: Any) -> None:
        await own(set())

    async def assigned(_app: Any, partitions: set[TP], **_: Any) -> None:
        await own({tp.partition for tp in partitions if tp.topic == control})

    app.on_partitions_revoked.connect(revoked)
    app.on_before_shutdown.connect(ending)
    app.on_partitions_assigned.connect(assigned)


def _credentials(settings: Settings) -> Any:
    config = aiokafka_config(settings)
    if "sasl_mechanism" in config:
        return faust.SASLCredentials(
            username=config["sasl_plain_username"],
            password=config["sasl_plain_password"],
            mechanism=config["sasl_mechanism"],
            ssl_context=config["ssl_context"],
        )
    return faust.SSLCredentials(config["ssl_context"]) if config["ssl_context"] else None
