"""A Redis that sentinels watch over: all commands find its master, also when that is another one by now."""

from collections import Counter

import pytest
import redis

from tests.conftest import SettingsFactory
from tests.integration.service import running_api
from tests.integration.spine import Publisher, ago, drained, environment, inherit, profiles, working
from unifier.cli import main
from unifier.client import Client
from unifier.devstack.redis_sets import SentinelSet
from unifier.devstack.server import free_port
from unifier.doctor import examine

CUSTOMERS = 30


def test_every_command_follows_the_master(
    settings: SettingsFactory,
    sentinel_set: SentinelSet,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    installation = settings(redis=sentinel_set.url)
    inherit(monkeypatch, installation)
    first, second = sentinel_set.master(), sentinel_set.replica()
    assert main(["keys", "add", "till", "--scope", "profiles:read"]) == 0
    key = capsys.readouterr().out.split()[-1]
    publish = Publisher(installation)
    bought = Counter[str]()

    def round_of_sales() -> None:
        for n in range(CUSTOMERS):
            name = {"first_name": "Ida", "last_name": f"Unterhuber{n}"}
            publish.sale(ago(1_000), "1.00", {"loyalty_id": f"L{n}", **name})
            bought[f"L{n}"] += 1
        publish.flush()

    rest = {"UNIFIER_SECRET": installation.secret, "UNIFIER_KAFKA": installation.kafka}
    rest["UNIFIER_TOPIC_PREFIX"] = installation.topic_prefix
    with working(installation), running_api(sentinel_set.url, **rest) as (url, _), Client(url, key) as client:
        round_of_sales()
        drained(installation)
        with redis.Redis.from_url(first.url) as master:
            master.set("all before", "this")
            assert master.wait(1, 10_000) == 1
        first.kill()
        round_of_sales()
        sentinel_set.wait_promoted(second)
        round_of_sales()
        drained(installation)
        found = {n: client.lookup(loyalty_id=f"L{n}") for n in range(CUSTOMERS)}
        assert {f"L{n}": one.metrics.orders for n, one in found.items() if one is not None} == bought
    assert {
        p["identifiers"]["loyalty_id"][0]: p["metrics"]["orders"] for p in profiles(installation).values()
    } == bought
    [place] = [one for one in examine(environment(installation)) if one.part == "redis"]
    assert place.well
    assert sentinel_set.url.partition("//")[2].partition("/")[0] in place.words
    assert main(["train", "--from-redis", "--out", "-"]) == 0


def test_no_sentinel_is_told_in_one_line_without_the_password(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    nobody = f"127.0.0.1:{free_port()}"
    monkeypatch.setenv("UNIFIER_REDIS", f"redis+sentinel://u:opensesame@{nobody}/main")
    assert main(["keys", "list"]) == 1
    assert capsys.readouterr().err == (
        f"unifier: the sentinels name no master for main of {nobody}: start it, or mend UNIFIER_REDIS\n"
    )
