import asyncio
import contextlib
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path

import pytest
import redis
import redis.asyncio
from aiokafka import AIOKafkaConsumer
from kafka import KafkaProducer, TopicPartition

from tests.conftest import start_cluster
from tests.integration.spine import Publisher, ago, environment, read_all_again
from unifier.cli import main
from unifier.devstack.redis import RedisServer
from unifier.devstack.server import HOST, free_port
from unifier.doctor import examine
from unifier.doctor.finding import Finding
from unifier.settings import Settings
from unifier.streams.topics import admin_client

SettingsFactory = Callable[..., Settings]


def _look(settings: Settings) -> dict[str, Finding]:
    """The findings by part; of a part with several, one that is not well."""
    findings = sorted(examine(environment(settings)), key=lambda one: not one.well)
    return {one.part: one for one in findings}


def _reader(settings: Settings, topic: str) -> AIOKafkaConsumer:
    return AIOKafkaConsumer(
        settings.topic(topic),
        bootstrap_servers=settings.kafka,
        group_id=settings.group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path / "redis", keep=False)
    server.start()
    yield server
    server.stop()


def test_all_is_well_on_a_fresh_stack(
    settings: SettingsFactory, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in environment(settings()).items():
        monkeypatch.setenv(name, value)
    assert main(["doctor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert all(line.startswith("ok ") for line in lines)
    assert {line.split()[1] for line in lines} == {
        *("settings", "model", "rules", "secret", "broker", "topics", "lag"),
        *(
            "redis",
            "writes",
            "eviction",
            "persistence",
            "durability",
            "buckets",
            "clock",
            "stamp",
            "sweep",
            "caps",
            "seal",
        ),
        "people",
    }


def test_every_wrong_part_is_found_in_one_look_and_gives_exit_1(
    settings: SettingsFactory,
    own_redis: RedisServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with redis.Redis.from_url(own_redis.url) as client:
        client.config_set("maxmemory-policy", "allkeys-lru")
        client.config_set("appendonly", "no")
        client.config_set("hash-max-listpack-entries", 128)
    broken = settings().model_copy(
        update={"redis": own_redis.url, "secret": "short", "topic_prefix": "nobody", "rules": "/no/such/file"}
    )
    for name, value in environment(broken).items():
        monkeypatch.setenv(name, value)
    assert main(["doctor"]) == 1
    wrong = {line.split()[1] for line in capsys.readouterr().out.splitlines() if line.startswith("WRONG")}
    assert wrong == {"secret", "rules", "topics", "eviction", "persistence", "buckets"}


async def test_records_that_nobody_reads_are_wrong_and_those_with_a_reader_are_well(
    settings: SettingsFactory,
) -> None:
    one = settings()
    with KafkaProducer(bootstrap_servers=one.kafka) as producer:
        for number in range(3):
            producer.send(one.topic("pos"), b"%d" % number)
    found = _look(one)["lag"]
    assert not found.well
    assert f"{one.topic('pos')}: 3 wait for group {one.group}, 0 workers" in found.words

    async with _reader(one, "pos") as reader:
        await reader.getone()
        assert (await asyncio.to_thread(_look, one))["lag"].well


async def test_records_that_were_read_do_not_wait(settings: SettingsFactory) -> None:
    one = settings()
    with KafkaProducer(bootstrap_servers=one.kafka) as producer:
        producer.send(one.topic("online"), b"click")
    async with _reader(one, "online") as reader:
        await reader.getone()
        await reader.commit()
    assert _look(one)["lag"].well


def test_records_that_were_deleted_before_they_were_read_are_told(settings: SettingsFactory) -> None:
    one = settings()
    publisher = Publisher(one)
    for _ in range(3):
        publisher.sale(ago(60), "1.00", {})
    publisher.flush()
    read_all_again(one)
    with admin_client(one) as admin:
        admin.delete_records({TopicPartition(one.topic("pos"), n): -1 for n in range(one.partitions)})
    found = _look(one)["lag"]
    assert not found.well
    assert "0 wait for group" in found.words
    assert "up to 3 more were deleted before they were read: raise retention.ms" in found.words


def test_a_wrong_redis_password_is_told_without_showing_it(
    settings: SettingsFactory, own_redis: RedisServer
) -> None:
    with redis.Redis.from_url(own_redis.url) as client:
        client.config_set("requirepass", "opensesame")
    one = settings()
    for url in (own_redis.url, own_redis.url.replace("//", "//:guessed@")):
        found = _look(one.model_copy(update={"redis": url}))["redis"]
        assert not found.well
        assert "refuses the login" in found.words
        assert "guessed" not in found.words


def test_an_option_of_redis_that_there_is_not_is_told(settings: SettingsFactory) -> None:
    one = settings()
    found = _look(one.model_copy(update={"redis": f"{one.redis}?nope=1"}))["redis"]
    assert (found.well, found.words[:15], "'nope'" in found.words) == (False, "UNIFIER_REDIS: ", True)


def test_no_redis_and_no_broker_are_told_with_their_addresses(settings: SettingsFactory) -> None:
    nobody = f"127.0.0.1:{free_port()}"
    found = _look(settings().model_copy(update={"redis": f"redis://{nobody}/0", "kafka": nobody}))
    assert not found["redis"].well
    assert not found["broker"].well
    assert nobody in found["redis"].words
    assert nobody in found["broker"].words


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        ("maxmemory", "1mb", "none are taken, the memory of 1 MB is full: raise maxmemory"),
        (
            "min-replicas-to-write",
            "1",
            "none are taken with 0 of 1 replicas: start them, or lower min-replicas",
        ),
        ("replicaof", f"{HOST} 1", "none are taken by a replica: name the master in UNIFIER_REDIS"),
    ],
)
def test_a_redis_that_takes_no_writes_is_wrong(
    settings: SettingsFactory, own_redis: RedisServer, setting: str, value: str, words: str
) -> None:
    with redis.Redis.from_url(own_redis.url) as client:
        if setting == "replicaof":
            client.execute_command("REPLICAOF", *value.split())
        else:
            client.config_set(setting, value)
        with pytest.raises(redis.ResponseError):
            client.set("key", "value")
    found = _look(settings().model_copy(update={"redis": own_redis.url}))["writes"]
    assert not found.well
    assert found.words.startswith(words)


def test_of_a_cluster_the_master_that_is_wrong_or_away_is_named(
    settings: SettingsFactory, tmp_path: Path
) -> None:
    with contextlib.closing(start_cluster(tmp_path)) as servers:
        one, other = settings(redis=servers.url), servers.masters[1]
        place = f"{HOST}:{other.port}"
        with redis.Redis.from_url(other.url) as client:
            client.config_set("maxmemory-policy", "allkeys-lru")
            client.config_set("appendonly", "no")
        found = _look(one)
        assert {part for part, finding in found.items() if not finding.well} == {"eviction", "persistence"}
        assert found["eviction"].words.startswith(f"{place}: maxmemory-policy is allkeys-lru: set noeviction")
        assert found["persistence"].words.startswith(f"{place}: no append-only file: set appendonly yes")
        other.kill()
        wrong = [finding for finding in examine(environment(one)) if not finding.well]
        assert wrong == [
            Finding("redis", False, f"no Redis answers at {place}: start it, or mend UNIFIER_REDIS")
        ]


def test_a_setting_that_cannot_be_read_is_the_one_finding() -> None:
    (found,) = examine({"UNIFIER_PARTITIONS": "many"})
    assert not found.well
    assert "UNIFIER_PARTITIONS" in found.words


def test_a_setting_that_nobody_reads_is_told(settings: SettingsFactory) -> None:
    found = {one.part: one for one in examine(environment(settings()) | {"UNIFIER_GROUPP": "other"})}
    words = "UNIFIER_GROUPP: no such setting; UNIFIER_GROUP may be meant"
    assert found["settings"] == Finding("settings", False, words)


def test_structures_that_were_full_are_told(settings: SettingsFactory) -> None:
    one = settings()
    assert _look(one)["caps"].words == "no bounded structure was ever full"
    with redis.Redis.from_url(one.redis) as client:
        client.hset("{0}:capped", mapping={"shared:device_id": 34, "component": 2})
    assert _look(one)["caps"].words.endswith("were full: component 2, shared:device_id 34")


def test_rules_that_keep_the_model_from_following_the_people_are_told(
    settings: SettingsFactory, tmp_path: Path
) -> None:
    one = settings()
    assert _look(one)["people"] == Finding("people", True, "not counted yet: a worker does it")
    with redis.Redis.from_url(one.redis) as client:
        client.hset("{0}:people", mapping={"known": 30_000, "model": 16_384})
    assert _look(one)["people"] == Finding(
        "people", True, "some 30,000 are known, the model is meant for 6,000 and made fit for 16,384"
    )
    rules = tmp_path / "rules.toml"
    shipped = files("unifier").joinpath("rules.toml").read_text()
    of_a_country = one.model_copy(update={"rules": str(rules)})
    rules.write_text(shipped.replace("[matching]", "[matching]\npeople = 1_000_000"))
    assert _look(of_a_country)["people"].words.endswith("made fit for 1,000,000")
    rules.write_text(shipped.replace("[matching]", "[matching]\nprior_bits = -12"))
    found = _look(of_a_country)["people"]
    assert not found.well
    assert "take prior_bits out of the rules file" in found.words


def test_a_forecast_that_cannot_be_used_is_named(settings: SettingsFactory) -> None:
    found = _look(settings().model_copy(update={"forecast": "/no/such/file"}))["rules"]
    assert not found.well
    assert found.words.startswith("UNIFIER_FORECAST: /no/such/file cannot be read")


def test_settings_of_tokens_with_which_the_service_would_not_start_are_told(
    settings: SettingsFactory, tmp_path: Path
) -> None:
    issuer = {"jwt_issuer": "https://login.example.org", "jwt_audience": "unifier"}
    assert "UNIFIER_JWT_KEYS: not set" in _look(settings(**issuer))["tokens"].words
    keys = tmp_path / "keys.json"
    found = _look(settings(**issuer, jwt_keys=str(keys)))["tokens"]
    assert (found.well, "cannot read" in found.words) == (False, True)
    keys.write_text('{"keys": [{"kty": "oct", "k": "AAAA"}]}', encoding="utf-8")
    assert _look(settings(**issuer, jwt_keys=str(keys)))["tokens"].well
