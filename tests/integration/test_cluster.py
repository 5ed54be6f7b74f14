"""A Redis Cluster: every command works on it, a master that dies costs nothing that was promised."""

import asyncio
import contextlib
import json
from collections import Counter
from typing import Any

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from tests.conftest import SettingsFactory
from tests.integration.service import running_api
from tests.integration.spine import (
    NOW_MS,
    Publisher,
    ago,
    drained,
    environment,
    inherit,
    profiles,
    read,
    settled,
    working,
)
from tests.waiting import eventually
from unifier.cli import main
from unifier.client import Client
from unifier.devstack.errors import StackError
from unifier.devstack.redis_sets import ClusterSet
from unifier.devstack.simulate import simulate
from unifier.devstack.simulate.publish import publish as publish_simulated
from unifier.doctor import examine
from unifier.event_loop import EventLoop
from unifier.profiles.store import connect
from unifier.profiles.store.layout import Layout
from unifier.settings import Settings

CUSTOMERS = 40
SHARDS = 16


def people(settings: Settings) -> list[dict[str, Any]]:
    """The profiles without what tells of the order of arrival."""
    found = profiles(settings).values()
    return sorted(
        ({k: v for k, v in p.items() if k not in ("profile_id", "version", "next_action")} for p in found),
        key=repr,
    )


def test_workers_on_a_cluster_tell_and_store_what_they_do_on_one_redis(
    settings: SettingsFactory, empty_cluster_url: str
) -> None:
    messages = list(simulate(people=60, days=4, seed=5, end_ms=NOW_MS))
    found = []
    for more in ({}, {"redis": empty_cluster_url}):
        one = settings(shards=SHARDS, snapshot_s=0.1, **more)
        with working(one, 2):
            asyncio.run(publish_simulated(messages, one))
            asyncio.run(publish_simulated(messages[::7], one))  # some of them again
            settled(one)
        for topic in ("journey", "identity"):
            last = Counter[str]()
            for pid, message in read(one, topic):
                assert message is not None
                assert int(message["sequence"]) > last[pid], "out of order, or told twice"
                last[pid] = int(message["sequence"])
        found.append(people(one))
    assert found[0] == found[1]


def test_every_command_works_on_a_cluster(
    settings: SettingsFactory,
    empty_cluster_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    one = settings(redis=empty_cluster_url, shards=SHARDS)
    inherit(monkeypatch, one)
    assert main(["keys", "add", "till", "--scope", "profiles:read", "--scope", "privacy:write"]) == 0
    key = capsys.readouterr().out.split()[-1]
    assert main(["keys", "list"]) == 0
    publish = Publisher(one)
    for n in range(CUSTOMERS):
        person = {"first_name": "Ida", "last_name": f"Unterhuber{n}", "email": f"ida{n}@example.org"}
        publish.sale(ago(1_000), "1.00", {"loyalty_id": f"L{n}", **person})
        publish.online("Product Viewed", ago(900), anonymousId=f"c{n}", userId=f"a{n}")
        publish.identify(ago(800), {"email": f"ida{n}@example.org"}, anonymousId=f"c{n}", userId=f"a{n}")
    publish.flush()
    rest = {"UNIFIER_SECRET": one.secret, "UNIFIER_KAFKA": one.kafka, "UNIFIER_SHARDS": str(SHARDS)}
    rest["UNIFIER_TOPIC_PREFIX"] = one.topic_prefix
    with working(one, 2), running_api(one.redis, **rest) as (url, _), Client(url, key) as client:
        drained(one)
        found = {n: client.lookup(loyalty_id=f"L{n}") for n in range(CUSTOMERS)}
        assert {each and (each.metrics.orders, each.metrics.touches) for each in found.values()} == {(1, 2)}
        assert main(["erase", "--identifier", "email=ida0@example.org"]) == 0
        capsys.readouterr()
        assert main(["verify-erased", "--identifier", "email=ida0@example.org"]) == 0
        capsys.readouterr()
        assert main(["export", "--identifier", "email=ida1@example.org"]) == 0
        assert json.loads(capsys.readouterr().out)["export"]["profiles"]
    findings = list(examine(environment(one)))
    assert [finding for finding in findings if not finding.well and finding.part != "workers"] == []
    assert any("cluster" in finding.words for finding in findings if finding.part == "redis")
    assert main(["train", "--from-redis", "--out", "-"]) == 0


@pytest.mark.slow
def test_a_master_that_dies_costs_nothing_when_replicas_are_waited_for(
    settings: SettingsFactory, cluster_set: ClusterSet
) -> None:
    one = settings(redis=cluster_set.url, shards=SHARDS, durability="replica", snapshot_s=0.1)
    publish = Publisher(one)
    bought = Counter[str]()

    def round_of_sales() -> None:
        for n in range(CUSTOMERS):
            customer = {"email": f"ida{n}@example.org"} if bought[f"L{n}"] % 2 else {}
            publish.sale(ago(1_000), "1.00", {"loyalty_id": f"L{n}", **customer})
            publish.online("Product Viewed", ago(900), anonymousId=f"c{n}")
            publish.identify(ago(800), {"email": f"ida{n}@example.org"}, anonymousId=f"c{n}")
            bought[f"L{n}"] += 1
        publish.flush()

    with working(one, 2):
        round_of_sales()
        drained(one)
        key = Layout(SHARDS).home(bytes(12))
        before = cluster_set.owner(key)
        for _ in range(3):
            round_of_sales()
        before.kill()

        def taken_over() -> bool:
            try:
                return cluster_set.owner(key) is not before
            except StackError:
                return False

        eventually(taken_over)
        round_of_sales()
        before.start()  # as the replica of its replica: nothing goes on without one
        drained(one)
        settled(one)
    found = Counter[int](profile["metrics"]["orders"] for profile in profiles(one).values())
    assert found == {5: CUSTOMERS}


def test_whoever_waits_for_a_cluster_while_it_is_looked_for_anew_hears_of_an_outage(cluster_url: str) -> None:
    keys = [b"{%d}:some" % number for number in range(200)]

    async def read(client: Redis, news: asyncio.Event) -> None:
        for _ in range(20):
            with contextlib.suppress(RedisError):
                await client.mget(keys)
            news.set()

    async def look_anew(client: Redis, news: asyncio.Event) -> None:
        while True:  # as whoever meets an outage does; others are in the middle of a read
            await news.wait()
            news.clear()
            await client.aclose()

    async def all_at_once() -> None:
        client, news = connect(cluster_url), asyncio.Event()
        for key in keys:
            await client.set(key, bytes(20_000))
        looking = asyncio.ensure_future(look_anew(client, news))
        await asyncio.gather(*(read(client, news) for _ in range(8)))
        looking.cancel()
        await client.aclose()

    with asyncio.Runner(loop_factory=EventLoop) as runner:
        runner.run(all_at_once())
