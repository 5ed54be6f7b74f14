"""What is done again, since Redis or the broker refused it, is counted once; and meanwhile the lag shows."""

import asyncio
import contextlib
import urllib.request
from collections.abc import Iterator
from functools import partial

import pytest
import redis
from aiokafka.errors import KafkaConnectionError

from tests.conftest import SettingsFactory
from tests.integration.in_process import END_MS, RULES, feed
from tests.integration.messages import command, online, sale
from tests.integration.relays import emptied, relay_of
from tests.integration.spine import Publisher, Worker, ago, drained, profiles, read
from tests.waiting import eventually
from unifier import metrics
from unifier.devstack.server import free_port
from unifier.devstack.stack import Stack
from unifier.events.form import time_text
from unifier.profiles.store import connect
from unifier.settings import Settings
from unifier.streams import publisher, relay

CAP = RULES.matching.component_cap


@contextlib.contextmanager
def full(redis_url: str) -> Iterator[None]:
    """A Redis that takes no writes for the length of a block."""
    with redis.Redis.from_url(redis_url) as client:
        client.config_set("maxmemory", 1)
        try:
            yield
        finally:
            client.config_set("maxmemory", 0)


def counted(name: str, **labels: str) -> float:
    return metrics.REGISTRY.get_sample_value(f"unifier_{name}_total", labels) or 0.0


async def test_what_a_full_redis_refused(breakable_stack: Stack, caplog: pytest.LogCaptureFixture) -> None:
    url = breakable_stack.env()["UNIFIER_REDIS"]
    client = connect(url)
    into = feed(client)
    into.timestamp = END_MS
    anna = {"email": "anna@example.org"}
    await into.give([online("Home", anonymousId="c", context={"traits": anna})])
    await into.give([command("erase", "c1", identifiers=anna)])
    of_erased, over = counted("events_of_erased"), counted("capped", structure="component")
    late = [online("Home", anonymousId="c", timestamp=time_text(END_MS - 9_000 - n)) for n in range(3)]
    many = [
        sale({"loyalty_id": f"L{n // 2}", "email": f"a{(n + 1) // 2}@example.org"}) for n in range(CAP + 1)
    ]
    with full(url):
        working = asyncio.create_task(into.give_together([*late, *many]))
        await asyncio.to_thread(eventually, lambda: caplog.text.count("waiting") >= 3)
        assert counted("events_of_erased") == of_erased
    await working
    await client.aclose()
    assert counted("events_of_erased") == of_erased + len(late)
    assert counted("capped", structure="component") == over + 1


async def test_what_the_broker_refused(
    settings: SettingsFactory, client: redis.asyncio.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = settings(snapshot_s=0.05)
    into = feed(client)
    await into.give([sale({"loyalty_id": f"L{n}"}) for n in range(40)])
    monkeypatch.setattr(relay, "RETRY_S", 0.01)
    publish, refused = publisher.Publisher.publish, 0

    async def at_last(self: publisher.Publisher, messages: list[publisher.Message]) -> None:
        nonlocal refused
        if any(message.topic == "profiles" for message in messages) and refused < 3:
            refused += 1
            raise KafkaConnectionError
        await publish(self, messages)

    monkeypatch.setattr(publisher.Publisher, "publish", at_last)
    snapshots, effects = counted("snapshots"), counted("outbox_published")
    own = relay_of(one, into, 1)
    await own.own({0})
    await emptied(one)
    await own.own(set())
    assert refused == 3
    assert counted("snapshots") - snapshots == len(read(one, "profiles")) == len(profiles(one)) == 40
    topics = ("journey", "identity", "segments")
    assert counted("outbox_published") - effects == sum(len(list(read(one, topic))) for topic in topics)


def test_the_lag_is_that_of_now_while_nothing_is_fetched(
    breakable_stack: Stack, breakable_settings: Settings
) -> None:
    one, port = breakable_settings, free_port()
    say = Publisher(one)
    worker = Worker(one, "--http-port", str(port))
    try:
        say.online("Home", ago(9), anonymousId="c")
        say.flush()
        drained(one)
        with full(one.redis):
            for waiting in (20_000, 40_000):
                for number in range(20_000):
                    say.online("Home", ago(5), anonymousId=f"c{number % 50}")
                say.flush()
                eventually(partial(waits, port, waiting))
        drained(one, 120)
        eventually(lambda: lag(port) == 0)
        worker.stop()
    finally:
        if worker.process.poll() is None:
            worker.kill()


def waits(port: int, records: int) -> bool:
    return lag(port) == records


def lag(port: int) -> float:
    """Records that wait, as the worker tells."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith("unifier_lag{"))
