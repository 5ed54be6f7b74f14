"""With a data key nothing that is stored can be read without it, and another key is taken up in place."""

import subprocess
import sys
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import redis

from tests.conftest import SettingsFactory
from tests.integration.sealed import ONE, TWO, stored
from tests.integration.service import new_key, running_api
from tests.integration.spine import Publisher, Worker, ago, drained, environment, profiles, read, working
from tests.integration.strangers import stranger
from tests.waiting import eventually
from unifier.client import Client
from unifier.doctor import examine
from unifier.doctor.finding import Finding
from unifier.profiles.store import Seal
from unifier.profiles.store.clients import connect_plainly
from unifier.profiles.store.layout import CLEAR_BYTES, HOMES, LIVE, SEALS
from unifier.profiles.store.seal import NAME_BYTES, name_of
from unifier.settings import Settings

NAMES = {key: name_of(bytes.fromhex(key)) for key in (ONE, TWO)}
PEOPLE = 30


def with_keys(installation: Settings, *keys: str) -> Settings:
    return installation.model_copy(update={"data_key": ",".join(keys)})


def publish(settings: Settings) -> None:
    say = Publisher(settings)
    for n in range(PEOPLE):
        say.sale(ago(600), "10.00", {**stranger(n), "loyalty_id": f"CARD-{n}", "email": f"geheim{n}@gmx.de"})
    say.flush()


def sealed_with(client: redis.Redis) -> set[bytes]:
    """The names of the keys that components are sealed with."""
    homes = [client.get(key) for key in client.scan_iter(match=HOMES, count=1_000)]
    live = [value for value in homes if isinstance(value, bytes) and value[:1] == LIVE]
    return {value[CLEAR_BYTES + 1 : CLEAR_BYTES + 1 + NAME_BYTES] for value in live}


def keys_in_use(client: redis.Redis) -> set[bytes]:
    names: Any = client.zrange(SEALS, 0, -1)
    return {bytes.fromhex(name.decode()) for name in names}


def is_sealed_with(client: redis.Redis, key: str) -> bool:
    """Whether nothing needs another key any more."""
    return keys_in_use(client) == {NAMES[key]}


def data_key(settings: Settings) -> Finding:
    return next(one for one in examine(environment(settings)) if one.part == "seal")


@pytest.mark.parametrize("servers", ["redis_url", "empty_cluster_url"])
def test_a_key_is_given_and_changed_while_the_workers_run(
    settings: SettingsFactory, servers: str, request: pytest.FixtureRequest
) -> None:
    plain = settings(redis=request.getfixturevalue(servers), snapshot_s=0.1, sweep_rate=10_000)
    with connect_plainly(plain.redis) as client:
        with working(plain):
            publish(plain)
            drained(plain)
            before = profiles(plain)
            assert b"geheim7@gmx.de" in stored(client)
        assert len(before) == PEOPLE
        for keys in ((ONE,), (TWO, ONE)):
            one = with_keys(plain, *keys)
            client.zadd(SEALS, {name.hex(): 1 for name in keys_in_use(client)})  # named long ago
            with working(one):
                eventually(partial(is_sealed_with, client, keys[0]), 120)
                assert sealed_with(client) == {NAMES[keys[0]]}
                assert profiles(one) == before
            assert b"geheim7@gmx.de" not in stored(client)
        only = with_keys(plain, TWO)
        found = data_key(only)
        assert (found.well, NAMES[TWO].hex() in found.words) == (True, True)
        with working(only):
            Publisher(only).sale(ago(60), "10.00", {"loyalty_id": "CARD-7"})
            drained(only)
            assert len(profiles(only)) == PEOPLE
        with (
            running_api(only.redis, UNIFIER_DATA_KEY=TWO, UNIFIER_TOPIC_PREFIX=only.topic_prefix) as (url, _),
            Client(url, new_key(only.redis, "profiles:read")) as reader,
        ):
            assert reader.lookup(loyalty_id="CARD-7").metrics.orders == 2


def test_who_lacks_the_key_is_told_in_one_line(settings: SettingsFactory, tmp_path: Path) -> None:
    sealed = with_keys(settings(), ONE)
    with working(sealed):
        publish(sealed)
        drained(sealed)
    pid = min(profiles(sealed))
    for lacking in (with_keys(sealed), with_keys(sealed, TWO)):
        for command in (
            ["worker"],
            ["api", "--port", "0"],
            ["explain", pid],
            ["train", "--from-redis", "--out", str(tmp_path / "model.json")],
        ):
            ended = subprocess.run(
                [sys.executable, "-m", "unifier", *command],
                env=environment(lacking),
                capture_output=True,
                text=True,
                check=False,
            )
            [line] = ended.stderr.splitlines()
            assert f"UNIFIER_DATA_KEY: what is stored is sealed with the key named {NAMES[ONE].hex()}" in line
            assert ended.returncode == 2
        found = data_key(lacking)
        assert (found.well, NAMES[ONE].hex() in found.words) == (False, True)


def test_a_worker_that_meets_an_unknown_key_ends_and_loses_nothing(settings: SettingsFactory) -> None:
    installation = with_keys(settings(), ONE)
    with working(installation):
        publish(installation)
        drained(installation)
    seal_all(installation.redis, Seal([bytes.fromhex(ONE)]), Seal([bytes.fromhex(TWO)]))
    worker = Worker(installation)
    try:
        again = Publisher(installation)
        again.sale(ago(60), "10.00", {**stranger(3), "loyalty_id": "CARD-3", "email": "geheim3@gmx.de"})
        again.flush()
        assert worker.process.wait(60) == 1
    finally:
        worker.kill()
    assert [line for line in worker.log().splitlines() if NAMES[TWO].hex() in line]
    assert "geheim" not in worker.log()
    assert read(installation, "dead-letters") == []
    both = with_keys(installation, TWO, ONE)
    with working(both):
        drained(both)
    assert Counter(one["metrics"]["orders"] for one in profiles(both).values()) == {1: PEOPLE - 1, 2: 1}


def seal_all(url: str, before: Seal, after: Seal) -> None:
    """As another worker with another key would leave it."""
    with redis.Redis.from_url(url) as client:
        for key in client.scan_iter(match=HOMES, count=1_000):
            value = client.get(key)
            assert isinstance(value, bytes)
            if value[:1] == LIVE:
                client.set(key, after.close(before.open(value, CLEAR_BYTES), CLEAR_BYTES))
