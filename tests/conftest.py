"""A real broker and a real Redis for the tests, one pair for all processes of a run."""

import contextlib
import fcntl
import itertools
import json
import os
import secrets
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from tests.waiting import eventually
from unifier.devstack.errors import StackError
from unifier.devstack.redis import DATABASES
from unifier.devstack.redis_sets import ClusterSet, SentinelSet
from unifier.devstack.stack import Stack
from unifier.profiles.store.clients import connect_plainly
from unifier.settings import Settings, load_settings
from unifier.streams.topics import TOPICS, admin_client, create_topics

_ROOT = Path(__file__).parents[1]
SettingsFactory = Callable[..., Settings]
CLUSTER_STARTS = 3


@pytest.fixture(scope="session")
def stack_env(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """UNIFIER_KAFKA, UNIFIER_REDIS and UNIFIER_SECRET of the stack that all tests of a run share.

    The first process that needs it starts it; it ends when the last one has let go of the shared lock.
    """
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    address = folder / "stack.json"
    with (folder / "stack.start").open("w") as start, (folder / "stack.users").open("w") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        fcntl.flock(start, fcntl.LOCK_EX)
        if not address.exists():
            command = [sys.executable, "-m", "tests.shared_stack", str(folder)]
            os.posix_spawn(sys.executable, command, {**os.environ, "PYTHONPATH": str(_ROOT)})
            eventually(address.exists, timeout=120)
        fcntl.flock(start, fcntl.LOCK_UN)
        env: dict[str, str] = json.loads(address.read_text())
        if "error" in env:
            pytest.fail(env["error"], pytrace=False)
        yield env


@pytest.fixture(scope="session")
def kafka(stack_env: dict[str, str]) -> str:
    """Bootstrap address of the shared broker."""
    return stack_env["UNIFIER_KAFKA"]


@pytest.fixture(scope="session")
def cluster_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis Cluster of three masters, for all tests of this process."""
    with contextlib.closing(start_cluster(tmp_path_factory.mktemp("cluster"))) as servers:
        yield servers.url


def start_cluster(folder: Path, replicas: int = 0, fsync: str = "everysec") -> ClusterSet:
    """A cluster that is started: on other ports when another process has taken one of its many meanwhile."""
    for attempt in range(1, CLUSTER_STARTS):
        with contextlib.suppress(StackError):
            return ClusterSet(folder / str(attempt), replicas=replicas, fsync=fsync).start()
    return ClusterSet(folder / "last", replicas=replicas, fsync=fsync).start()


@pytest.fixture
def empty_cluster_url(cluster_url: str) -> Iterator[str]:
    """The same, with nothing in it."""
    with connect_plainly(cluster_url) as client:
        client.flushall()
        yield cluster_url


@pytest.fixture
def redis_url(stack_env: dict[str, str]) -> Iterator[str]:
    """The shared Redis, with an empty database of this test's own."""
    base = stack_env["UNIFIER_REDIS"].rsplit("/", 1)[0]
    with redis.Redis.from_url(f"{base}/0") as counter:
        database = 1 + counter.incr("databases-given") % (DATABASES - 1)
    url = f"{base}/{database}"
    with redis.Redis.from_url(url) as own:
        own.flushdb()
        yield url
        own.flushdb()


@pytest.fixture
def settings(kafka: str, redis_url: str) -> Iterator[SettingsFactory]:
    """Settings(...) with topics and a group of their own, on the shared broker and this test's database.

    Each call makes new topics, two partitions each unless `partitions` is given.
    """
    made: list[Settings] = []
    number = itertools.count()

    def make(**overrides: Any) -> Settings:
        unique = f"t{secrets.token_hex(4)}-{next(number)}"
        values: dict[str, Any] = {
            "kafka": kafka,
            "redis": redis_url,
            "secret": "a secret of the tests, long enough",
            "topic_prefix": unique,
            "group": unique,
            "partitions": 2,
        }
        one = load_settings({}).model_copy(update=values | overrides)
        made.append(one)
        create_topics(one)
        return one

    yield make
    for one in made:
        with admin_client(one) as admin:
            admin.delete_topics([one.topic(topic.name) for topic in TOPICS], raise_errors=False)


@pytest.fixture
def breakable_stack() -> Iterator[Stack]:
    """A stack of this test's own, whose servers it may kill, pause and restart."""
    with Stack(fsync="always") as stack:
        yield stack


@pytest.fixture
def breakable_settings(breakable_stack: Stack) -> Settings:
    """Settings with topics on the test's own stack."""
    one = load_settings(breakable_stack.env())
    create_topics(one)
    return one


@pytest.fixture
def sentinel_set(tmp_path: Path) -> Iterator[SentinelSet]:
    """A Redis master, its replica and three sentinels of this test's own."""
    with SentinelSet(tmp_path / "sentinels") as servers:
        yield servers


@pytest.fixture
def cluster_set(tmp_path: Path) -> Iterator[ClusterSet]:
    """A Redis Cluster of this test's own: three masters, a replica each."""
    with contextlib.closing(start_cluster(tmp_path / "cluster", replicas=3)) as servers:
        yield servers
