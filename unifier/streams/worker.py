"""The command `unifier worker`: one stream worker, which shares the partitions with its like."""

import asyncio
import logging
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

from kafka.errors import KafkaError

from unifier.events.decode import Decoder
from unifier.in_force import RulesInForce, keep_looking
from unifier.profiles.ids import Keys
from unifier.profiles.store import Caps, Forms, JourneyCounts, People, Store, connect, seal_of, stamp
from unifier.profiles.store.layout import SEALS
from unifier.profiles.store.requests import Requests
from unifier.profiles.store.seal import check
from unifier.reload import RulesFiles
from unifier.rules import Rules
from unifier.settings import Settings, SettingsError
from unifier.streams.census import Census
from unifier.streams.dead_letters import DeadLetters
from unifier.streams.health import Address
from unifier.streams.intake import Intake
from unifier.streams.pipeline import Pipeline
from unifier.streams.process import CannotStartError, launch, serve
from unifier.streams.publisher import Publisher
from unifier.streams.reading import Reading
from unifier.streams.redaction import Redaction
from unifier.streams.relay import Relay
from unifier.streams.renewal import Renewal
from unifier.streams.reseal import Reseal
from unifier.streams.sweep import Sweep
from unifier.streams.topics import existing_topics, topics_there
from unifier.streams.unify import Unifier

log = logging.getLogger(__name__)

RETRY_S = 1.0
# Of several brokers one is tried at a time, and one that hangs would hold up the reading for ten seconds.
ANSWER_MS = 2_000


def run(settings: Settings, http: Address | None) -> int:
    """The command `unifier worker`: 0 after SIGTERM, 1 after a fault."""
    if not settings.secret:
        raise SettingsError("UNIFIER_SECRET: not set; all workers need the same one, and need it for good")
    files = RulesFiles(settings.rules, settings.model, settings.forecast)
    try:
        return launch(settings, _run(settings, files, existing_topics(settings), http))
    except CannotStartError as error:
        print(f"unifier: {error}", file=sys.stderr)  # noqa: T201 - to the operator, before there is a log
        return 1


async def _run(settings: Settings, files: RulesFiles, topics: dict[str, Any], http: Address | None) -> int:
    keys = Keys(settings.secret)

    def build(rules: Rules) -> tuple[Intake, Unifier]:
        intake = Intake(Decoder(rules, settings.timezone), keys, rules, settings.country)
        return intake, Unifier(intake, rules)

    async with AsyncExitStack() as stack:
        redis = connect(settings.redis)
        stack.push_async_callback(redis.aclose)
        seal = seal_of(settings)
        await stamp.put(redis, settings)
        await check(redis, seal)
        publisher = await stack.enter_async_context(Publisher(settings))
        store = Store(redis, settings.shards, settings.replicas, seal)
        forms, seals, people = Forms(redis), Forms(redis, SEALS), People(redis)
        in_force = RulesInForce(files, people)
        intake, unifier = build(await in_force.look())
        await forms.say(unifier.form)
        await seals.say(seal.name)
        pipeline = Pipeline(store, intake, unifier, DeadLetters(publisher, seal), {})
        counts = JourneyCounts(redis, settings.replicas)
        groups = len(topics[settings.topic("control")]["partitions"])
        relay = Relay(settings, store, groups, pipeline.snapshots, pipeline.timers, counts)
        _as_they_are(topics, pipeline, relay)
        pipeline.on_written = relay.wake
        chores = (
            Census(pipeline, people),
            Sweep(pipeline, forms, settings.sweep_rate),
            Reseal(store, seals, settings.sweep_rate),
            Redaction(settings, Requests(redis), publisher),
            Reading(settings, pipeline, forms),
        )

        async def own(groups: set[int]) -> None:
            for chore in chores:
                await chore.own(groups)
            await relay.own(groups)

        async def look() -> None:
            _as_they_are(await _patiently(settings, list(topics)), pipeline, relay)

        renewal = asyncio.create_task(
            Renewal(in_force, pipeline, forms, seals, Caps(redis), build).run(), name="renewal"
        )
        stack.callback(renewal.cancel)
        # Again, should Redis be emptied meanwhile.
        refused: list[stamp.StampError] = []
        put_stamp = partial(_put_stamp, partial(stamp.put, redis, settings), refused)
        stamping = asyncio.create_task(keep_looking(put_stamp), name="stamp")
        stack.callback(stamping.cancel)
        code = await serve(settings, pipeline, own, look, http=http)
        for error in refused:
            raise error
        return code


async def _put_stamp(put: Callable[[], Awaitable[None]], refused: list[stamp.StampError]) -> None:
    """Stamp a Redis that has no stamp; end this worker when another one has stamped it otherwise."""
    try:
        await put()
    except stamp.StampError as error:
        refused.append(error)
        signal.raise_signal(signal.SIGTERM)


def _as_they_are(topics: dict[str, Any], pipeline: Pipeline, relay: Relay) -> None:
    """A topic that was made anew begins with offset 0 again, and its records are no repeats; and whoever has
    control partitions must agree with the others how many there are."""
    pipeline.topic_ids |= {name: topic["topic_id"] for name, topic in topics.items()}
    if control := topics.get(relay.settings.topic("control")):
        relay.groups = len(control["partitions"])


async def _patiently(settings: Settings, names: Sequence[str]) -> dict[str, Any]:
    """The topics that there are, once the broker says it: nothing can be read without it, either."""
    while True:
        try:
            return await asyncio.to_thread(topics_there, settings, names, ANSWER_MS)
        except KafkaError as error:
            log.warning("topics: %s; looking again", type(error).__name__)
            await asyncio.sleep(RETRY_S)
