"""The same invariants through Kafka: `unifier worker` processes that are killed, ended, and started again."""

import asyncio
import os
import random
import sys
import time

import pytest
import redis.asyncio

from tests.conftest import SettingsFactory
from tests.integration.spine import Publisher, Worker, drained, read, working
from tests.naive.agreement import agree, phases_of
from tests.naive.histories import LONGEST, Ordered, history
from tests.naive.product import COUNTRY, KEYS, RULES, SECRET, Delivery, expected, shuffled
from tests.naive.workers import components
from tests.waiting import eventually
from unifier.journey.profile import documents
from unifier.settings import Settings

FEW = 1
"""In every run."""
MANY = int(os.environ.get("HISTORIES", "30"))
"""In the long one, after those."""
WORKERS, PARTITIONS, KEYS_OF_RECORDS = 2, 3, 20


def publish(installation: Settings, delivery: Delivery, rng: random.Random) -> None:
    """All of a delivery, spread over all partitions; workers die and end in the middle of it."""
    say = Publisher(installation)
    batches = delivery.batches(rng, 20)
    kill, end = (rng.randrange(len(batches)) for _ in range(2))
    with working(installation, WORKERS) as workers:
        for number, batch in enumerate(batches):
            if isinstance(batch[0], Ordered):
                drained(installation)  # a word is said of what is known
            for one in batch:
                say.send(*delivery.message(one), str(rng.randrange(KEYS_OF_RECORDS)))
            say.flush()
            if number == kill:
                workers[0].kill()
                workers[0] = Worker(installation)
            if number == end:
                for worker in workers:
                    worker.stop()
                workers[:] = [Worker(installation) for _ in range(WORKERS)]
        drained(installation)
        eventually(lambda: not _untold(installation))


async def _stored(installation: Settings, now: int) -> list[dict[str, object]]:
    async with redis.asyncio.Redis.from_url(installation.redis) as client:
        return [
            profile
            for component in await components(client)
            for profile in documents(component, component.records.values(), RULES, KEYS, now)
        ]


def _told(installation: Settings) -> dict[tuple[str, str], str]:
    data = [message["data"] for _, message in read(installation, "journey") if message]
    return {(one["profile_id"], one["model"]): one["to"] for one in data}


def _untold(installation: Settings) -> bool:
    """Whether the phase of some profile is not the one that was told last, or was not told yet."""
    phases, told = phases_of(asyncio.run(_stored(installation, _now()))), _told(installation)
    return any(told.get(place, "none") != phase for place, phase in phases.items())


def _now() -> int:
    return int(time.time() * 1000)


def agrees(installation: Settings, seed: int) -> tuple[int, int]:
    """Events and words, and profiles."""
    rng = random.Random(seed)
    delivery = shuffled(history(seed, LONGEST), rng, RULES)
    publish(installation, delivery, rng)
    now = _now()
    found = asyncio.run(_stored(installation, now))
    assert read(installation, "dead-letters") == []
    agree(found, _told(installation), expected(delivery, RULES, now))
    return len(delivery.coming), len(found)


def of_secret(settings: SettingsFactory) -> Settings:
    return settings(
        secret=SECRET, country=COUNTRY, timezone="Europe/Berlin", partitions=PARTITIONS, snapshot_s=0.1
    )


@pytest.mark.parametrize("seed", range(FEW))
def test_workers_that_are_killed_give_the_profiles_of_the_naive_model(
    settings: SettingsFactory, seed: int
) -> None:
    agrees(of_secret(settings), seed)


@pytest.mark.slow
@pytest.mark.timeout(3_600)
def test_many_histories_through_kafka_give_the_profiles_of_the_naive_model(
    settings: SettingsFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    events = people = 0
    for seed in range(FEW, FEW + MANY):
        installation = of_secret(settings)
        try:
            more, profiles = agrees(installation, seed)
        except Exception as error:
            raise AssertionError(f"seed {seed}") from error
        finally:
            with redis.Redis.from_url(installation.redis) as client:
                client.flushdb()
        events, people = events + more, people + profiles
    with capsys.disabled():
        sys.stdout.write(
            f"\nagreed: {MANY} histories (seeds {FEW} to {FEW + MANY - 1}), {events} events and words, "
            f"{people} profiles\n"
        )
