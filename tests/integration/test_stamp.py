"""Whoever comes to a Redis with other shards, another secret or layout is turned away, in one line."""

import asyncio
import subprocess
import sys
from collections.abc import Callable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import orjson
import pytest
import redis

from tests.integration.spine import Publisher, ago, drained, environment, profiles, working
from tests.waiting import eventually
from unifier.doctor import examine
from unifier.profiles.store import connect, stamp
from unifier.profiles.store.layout import STAMP
from unifier.settings import Settings

SettingsFactory = Callable[..., Settings]
OTHER = {
    "UNIFIER_SECRET: what is stored was found by another": {"secret": "another secret, long enough, too"},
    "UNIFIER_SHARDS: is 32, but what is stored has 64: set that": {"shards": 32},
    "UNIFIER_TOPIC_PREFIX: is branch, but what is stored came from topics of ": {"topic_prefix": "branch"},
}
PROFILE = "p_00000000000000000000"
COMMANDS = {
    "worker": ["worker"],
    "service": ["api", "--port", "0"],
    "explanation": ["explain", PROFILE],
    "key": ["keys", "list"],
    "what if": ["replay", "--what-if", str(files("unifier") / "rules.toml")],
    "training": ["train", "--from-redis", "--out", "model.json"],
    "erasure": ["erase", "--identifier", "email=anna@example.org"],
    "verification": ["verify-erased", "--identifier", "email=anna@example.org"],
}


async def _stamped(settings: Settings) -> None:
    client = connect(settings.redis)
    try:
        await stamp.put(client, settings)
    finally:
        await client.aclose()


def _command(settings: Settings, folder: Path, words: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "unifier", *words],
        env=environment(settings),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS)
def test_a_command_with_another_secret_ends_with_what_to_give(
    settings: SettingsFactory, tmp_path: Path, words: list[str]
) -> None:
    one = settings()
    asyncio.run(_stamped(one))
    done = _command(one.model_copy(update={"secret": "another secret, long enough, too"}), tmp_path, words)
    assert done.returncode == 2, done.stderr
    [line] = done.stderr.splitlines()
    assert line.startswith("unifier: UNIFIER_SECRET: what is stored was found by another")


@pytest.mark.parametrize(("words", "other"), OTHER.items(), ids=["secret", "shards", "topics"])
async def test_the_first_says_by_what_a_redis_is_filled(
    settings: SettingsFactory, words: str, other: dict[str, Any]
) -> None:
    one = settings()
    await _stamped(one)
    await _stamped(one.model_copy(update={"durability": "replica"}))
    with pytest.raises(stamp.StampError, match=words):
        await _stamped(one.model_copy(update=other))
    [found] = [f for f in examine(environment(one.model_copy(update=other))) if f.part == "stamp"]
    assert not found.well
    assert found.words.startswith(words)
    [found] = [f for f in examine(environment(one)) if f.part == "stamp"]
    assert found.well


async def test_of_two_that_come_at_once_one_is_turned_away(settings: SettingsFactory) -> None:
    one = settings()
    other = one.model_copy(update={"shards": 32})
    outcomes = await asyncio.gather(*map(_stamped, (one, other)), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes].count(stamp.StampError) == 1


async def test_what_other_code_has_stored_is_not_touched(settings: SettingsFactory, redis_url: str) -> None:
    one = settings()
    await _stamped(one)
    with redis.Redis.from_url(redis_url) as client:
        told = orjson.loads(client.get(STAMP))
        assert "secret" not in str(told["secret"])
        client.set(STAMP, orjson.dumps(told | {"layout": 0}))
    with pytest.raises(stamp.StampError, match=r"layout 0, not \d+\): run that version, or rebuild"):
        await _stamped(one)


def test_a_rebuild_gives_the_same_people(settings: SettingsFactory, redis_url: str) -> None:
    """As docs/durability.md says: Redis is emptied while nobody works, and a new group reads it all."""
    one = settings()
    with working(one):
        publisher = Publisher(one)
        publisher.sale(ago(60), "12.50", {"loyalty_id": "L1", "email": "anna@example.org"})
        publisher.sale(ago(50), "7.00", {"loyalty_id": "L1"})
        publisher.sale(ago(40), "9.00", {"loyalty_id": "L2"})
        publisher.flush()
        drained(one)
        before = _people(one)
    with redis.Redis.from_url(redis_url) as client:
        client.flushdb()
    again = one.model_copy(update={"group": f"{one.group}-again", "secret": "another secret, long enough"})
    with working(again):
        drained(again)
        assert _people(again) == before


def test_a_service_that_was_there_before_the_first_worker_ends_with_what_to_give(
    settings: SettingsFactory, tmp_path: Path
) -> None:
    one = settings()
    other = environment(one.model_copy(update={"secret": "another secret, long enough, too"}))
    command = [sys.executable, "-m", "unifier", "api", "--port", "0"]
    with (tmp_path / "log").open("w+") as log:
        service = subprocess.Popen(command, env=other, cwd=tmp_path, stderr=log)
        try:
            eventually(lambda: "serving on" in (tmp_path / "log").read_text())
            asyncio.run(_stamped(one))
            assert service.wait(60) == 2
        finally:
            service.kill()
            service.wait()
    last = (tmp_path / "log").read_text().splitlines()[-1]
    assert last.startswith("unifier: UNIFIER_SECRET: what is stored was found by another")


def test_a_worker_whose_redis_another_has_stamped_meanwhile_ends_with_what_to_give(
    settings: SettingsFactory, redis_url: str
) -> None:
    """A rebuild with another secret begins, and one of the workers of before was forgotten."""
    one = settings()
    with working(one) as workers, redis.Redis.from_url(redis_url) as client:
        told = orjson.loads(client.get(STAMP))
        client.set(STAMP, orjson.dumps(told | {"secret": "of another"}))
        [worker] = workers
        assert worker.process.wait(60) == 2
        last = worker.log().splitlines()[-1]
        assert last.startswith("unifier: UNIFIER_SECRET: what is stored was found by another")
        workers.clear()


def test_a_redis_that_is_emptied_under_a_worker_is_stamped_again(
    settings: SettingsFactory, redis_url: str
) -> None:
    one = settings()
    with working(one), redis.Redis.from_url(redis_url) as client:
        client.flushdb()
        eventually(lambda: client.get(STAMP))
        with pytest.raises(stamp.StampError, match="UNIFIER_SHARDS"):
            stamp.refuse(client.get(STAMP), one.model_copy(update={"shards": 32}))


def _people(settings: Settings) -> list[tuple[object, object]]:
    """Who they are, but for their ids, which another secret gives otherwise."""
    return sorted((str(one["metrics"]["revenue"]), str(one["traits"])) for one in profiles(settings).values())
