"""Real workers forget who is silent: nobody early, whatever waits; all who are due, once, for good."""

import contextlib
import json
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx
import pytest
from kafka import KafkaProducer
from redis import Redis

from tests.conftest import SettingsFactory
from tests.integration.messages import command
from tests.integration.service import new_key, running_api
from tests.integration.spine import (
    Publisher,
    Worker,
    ago,
    drained,
    inherit,
    profiles,
    read,
    read_all_again,
    told,
    working,
)
from tests.waiting import eventually
from unifier.cli import main
from unifier.client import Client, ErasedError
from unifier.devstack.server import free_port
from unifier.settings import Settings
from unifier.streams.kafka_config import kafka_python_config

DAY_S = 86_400
EARLIER = ["-m", "tests.integration.other_worker", "8"]
"""A worker of eight days ago: of whom it reads anything, that was read a week ago since last midnight."""
VISITORS = [f"visitor{n}" for n in range(70)]
STEPS = ("after-intent", "before-mark", "after-mark", "before-drop", "after-drop")


@pytest.fixture
def installation(settings: SettingsFactory, tmp_path: Path) -> Settings:
    """It forgets people, and the visitors and some others were there 40 days ago."""
    now = datetime.now(UTC)
    if (now.hour, now.minute) >= (23, 55):
        pytest.skip("what is due since last midnight is late after the next")
    rules = tmp_path / "rules.toml"
    kept = '[retention]\nanonymous = "30d"\nknown = "39d"\n'
    rules.write_text(files("unifier").joinpath("rules.toml").read_text().replace("[retention]\n", kept))
    return settings(rules=str(rules), snapshot_s=0.1)


@contextlib.contextmanager
def eight_days_ago(installation: Settings) -> Iterator[Publisher]:
    """What is published then is read by a worker of that day."""
    say = Publisher(installation)
    yield say
    say.flush()
    worker = Worker(installation, interpreter=EARLIER)
    drained(installation)
    eventually(lambda: told(installation) == profiles(installation))
    worker.stop()


def look(say: Publisher, name: str, days: float, **more: Any) -> None:
    say.online("Product Viewed", ago(days * DAY_S), anonymousId=name, **more)


def an_hour_passes(settings: Settings) -> None:
    """Whatever timer waits is due."""
    with Redis.from_url(settings.redis) as client:
        for key in client.scan_iter(match=b"*:timers"):
            for component in client.zrange(key, 0, -1):
                client.zadd(key, {component: 0}, xx=True)


def timers(settings: Settings) -> list[float]:
    """When each of them is due."""
    with Redis.from_url(settings.redis) as client:
        keys = list(client.scan_iter(match=b"*:timers"))
        return [at for key in keys for _, at in client.zrange(key, 0, -1, withscores=True)]


@contextlib.contextmanager
def held_back(settings: Settings, say: Publisher) -> Iterator[None]:
    """What is said in it is with the broker, and no worker gets it before the end."""
    own = say._producer
    say._producer = KafkaProducer(**kafka_python_config(settings), transactional_id=settings.group)
    with say._producer as producer:
        producer.init_transactions()
        producer.begin_transaction()
        yield
        producer.commit_transaction()
    say._producer = own


def taken_back(settings: Settings) -> None:
    """Leave a topic with nothing in it but what no worker gets."""
    name = f"{settings.group}-taken-back"
    with KafkaProducer(**kafka_python_config(settings), transactional_id=name) as producer:
        producer.init_transactions()
        producer.begin_transaction()
        producer.send(settings.topic("crm"), b"{}", partition=0)
        producer.flush()
        producer.abort_transaction()


def named(settings: Settings) -> dict[str, str]:
    """Cookie → the id of the profile that has it."""
    return {
        cookie: pid
        for pid, one in profiles(settings).items()
        for cookie in one["identifiers"].get("cookie_id", ())
    }


def left(settings: Settings, expected: set[str]) -> None:
    """Hours pass until nobody else is stored."""

    def only_they() -> bool:
        an_hour_passes(settings)
        return named(settings).keys() == expected

    eventually(only_they, 90)


def erased(settings: Settings) -> Counter[str]:
    """Of how many ids it was told, each message once."""
    messages = {
        one["id"]: key for key, one in read(settings, "identity") if one and ".erased." in one["type"]
    }
    return Counter(messages.values())


def test_nobody_is_forgotten_whose_word_waits_and_who_is_forgotten_stays_so(
    installation: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    inherit(monkeypatch, installation)
    taken_back(installation)
    with eight_days_ago(installation) as say:
        for name in (*VISITORS[:5], "returning"):
            look(say, name, 40)
        look(say, "customer", 40, userId="u1")
        look(say, "careful", 40, userId="u2")
        look(say, "regular", 20)
    before = named(installation)
    kept = {"returning", "regular", "careful", "of old"}
    gone = {before[name] for name in before.keys() - kept}
    key = new_key(installation.redis, "profiles:read")
    with contextlib.ExitStack() as stack:
        with held_back(installation, say):
            look(say, "returning", 0.2)
            look(say, "of old", 900)
            say.send("control", command("restrict", "r1", identifiers={"account_id": "u2"}).value)
            say.flush()
            stack.enter_context(working(installation))
            an_hour_passes(installation)
            eventually(lambda: all(timers(installation)))
            assert named(installation) == before
        left(installation, kept)
        eventually(lambda: erased(installation) == dict.fromkeys(gone, 1))
        eventually(lambda: before["careful"] not in told(installation))
        assert named(installation)["returning"] == before["returning"]
        assert profiles(installation)[before["returning"]]["metrics"]["touches"] == 2
        served = running_api(installation.redis, UNIFIER_TOPIC_PREFIX=installation.topic_prefix)
        with served as (url, _), Client(url, key) as client:
            assert client.profile(before["regular"]).profile_id == before["regular"]
            for pid in gone:
                with pytest.raises(ErasedError):
                    client.profile(pid)
    stored = profiles(installation)
    read_all_again(installation)
    with working(installation):
        drained(installation)
        an_hour_passes(installation)
        assert profiles(installation) == stored
    assert erased(installation) == dict.fromkeys(gone, 1)
    capsys.readouterr()
    assert main(["verify-erased", "--identifier", "cookie_id=visitor0"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["left"] == []


def test_up_to_when_all_is_read_is_told_by_the_metrics_of_the_worker(installation: Settings) -> None:
    say, port, began = Publisher(installation), free_port(), time.time()

    def up_to() -> float:
        answer = httpx.get(f"http://127.0.0.1:{port}/metrics").text
        return float(answer.partition("\nunifier_read_until_seconds ")[2].partition("\n")[0])

    with held_back(installation, say):
        look(say, "somebody", 1)
        say.flush()
        worker = Worker(installation, "--http-port", str(port))
        assert up_to() == 0.0
    eventually(lambda: began < up_to() <= time.time())
    worker.stop()


@pytest.mark.slow
def test_workers_that_die_at_each_step_forget_each_visitor_once(installation: Settings) -> None:
    with eight_days_ago(installation) as say:
        for name in VISITORS:
            look(say, name, 40)
        look(say, "regular", 20)
    before = named(installation)
    for step in STEPS:
        dying = Worker(installation, interpreter=["-m", "tests.integration.other_worker", step])

        def dead(process: Any = dying.process) -> bool:
            an_hour_passes(installation)
            return process.poll() is not None

        eventually(dead, 90)
    with working(installation):
        left(installation, {"regular"})
        eventually(lambda: told(installation).keys() == {before["regular"]})
        gone = set(before.values()) - {before["regular"]}
        eventually(lambda: erased(installation) == dict.fromkeys(gone, 1))
