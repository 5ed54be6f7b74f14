"""An installation of a benchmark's own: Kafka, Redis, topics, and the processes that are measured."""

import os
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import NamedTuple

from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient
from kafka.errors import KafkaError
from redis import Redis

from benchmarks._measuring import BenchmarkError, Drain, committed, drain, running
from unifier.devstack.server import free_port
from unifier.devstack.simulate.publish import KINDS
from unifier.devstack.stack import Stack
from unifier.settings import Settings, load_settings
from unifier.streams.topics import admin_client, create_topics

READY_S = 60.0


class Process(NamedTuple):
    """A worker or API process, and the loopback port on which it answers."""

    process: subprocess.Popen[bytes]
    port: int

    def answers(self, path: str = "/readyz") -> bool:
        """Whether it says that it is ready."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
                return bool(answer.status == 200)
        except (OSError, urllib.error.HTTPError):
            return False

    def wait_ready(self) -> None:
        """Wait until it is ready. Raises BenchmarkError when it ends or does not get there."""
        until(self.answers, self.process, READY_S)

    def metrics(self) -> dict[str, float]:
        """Its metrics, each summed over its labels."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=10) as answer:
            text = answer.read().decode()
        sums: defaultdict[str, float] = defaultdict(float)
        for line in text.splitlines():
            if not line.startswith("#"):
                name, _, value = line.rpartition(" ")
                sums[name.partition("{")[0]] += float(value)
        return sums

    def wait_told(self) -> None:
        """Wait until everything that was committed is published."""
        until(lambda: not self.metrics()["unifier_relay_lag_entries"], self.process, 120)


Start = Callable[[str], AbstractContextManager[subprocess.Popen[bytes]]]
"""Starts a member of a group."""


@dataclass(frozen=True, slots=True)
class Installation:
    """Servers, and topics of one prefix on them."""

    stack: Stack
    env: dict[str, str]

    @property
    def settings(self) -> Settings:
        """As a process of the installation reads them."""
        return load_settings(self.env)

    @property
    def inputs(self) -> list[str]:
        """The names of the input topics."""
        return [self.settings.topic(kind) for kind in KINDS]

    @property
    def servers(self) -> tuple[int, int]:
        """Process ids of Kafka and Redis."""
        return self.stack.kafka_server.pid, self.stack.redis_server.pid

    def another(self, prefix: str) -> "Installation":
        """On the same servers, with topics of its own and an empty Redis."""
        one = Installation(self.stack, {**self.env, "UNIFIER_TOPIC_PREFIX": prefix, "UNIFIER_GROUP": prefix})
        one.empty()
        create_topics(one.settings)
        return one

    def empty(self) -> None:
        """Forget all profiles."""
        with Redis.from_url(self.stack.redis_url) as client:
            client.flushdb()

    @contextmanager
    def worker(self, group: str = "") -> Iterator[Process]:
        """A worker for the length of the block."""
        env = {**self.env, "UNIFIER_GROUP": group or self.settings.group}
        port = free_port()
        command = [sys.executable, "-m", "unifier", "worker", "--http-port", str(port)]
        with running(command, env) as process:
            yield Process(process, port)

    @contextmanager
    def working(self, group: str = "") -> Iterator[subprocess.Popen[bytes]]:
        """The same, by its process alone."""
        with self.worker(group) as worker:
            yield worker.process

    @contextmanager
    def stock(self, group: str, loop: str = "aio", on: str = "") -> Iterator[subprocess.Popen[bytes]]:
        """A stock Faust worker, which sends every tenth event on to the topic `on`, if there is one."""
        command = [sys.executable, "-m", "benchmarks._stock_faust", group]
        with tempfile.TemporaryDirectory() as folder, running([*command, folder, loop, on], self.env) as one:
            yield one

    def shared_out(self, admin: KafkaAdminClient, group: str, members: int) -> bool:
        """Whether the group has so many members and each knows its partitions."""
        try:
            told = admin.describe_groups([group])[group]
        except KafkaError:  # no group, or its coordinator is not there yet
            return False
        return told["group_state"] == "Stable" and len(told["members"]) == members

    def drained(self, process: subprocess.Popen[bytes], group: str, events: int) -> Drain:
        """Watch a process work off a backlog of so many events."""
        with admin_client(self.settings) as admin:
            return drain(process, lambda: committed(admin, group, self.inputs), events, self.servers)

    def stamp_on_arrival(self) -> None:
        """Let the broker write into each record of the inputs when it got it."""
        with admin_client(self.settings) as admin:
            _configure(admin, self.inputs, {"message.timestamp.type": "LogAppendTime"})


def _configure(admin: KafkaAdminClient, topics: list[str], told: dict[str, str]) -> None:
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, told) for topic in topics])


@contextmanager
def installed(partitions: int = 4) -> Iterator[Installation]:
    """Servers of the block's length, with topics of so many partitions."""
    with Stack() as stack:
        one = Installation(stack, {**os.environ, **stack.env(), "UNIFIER_PARTITIONS": str(partitions)})
        create_topics(one.settings)
        yield one


def until(
    holds: Callable[[], bool], process: subprocess.Popen[bytes], within_s: float, every_s: float = 0.05
) -> None:
    """Wait for a condition. Raises BenchmarkError when the process ends before, or it takes too long."""
    tick, deadline = threading.Event(), time.monotonic() + within_s
    while not holds():
        if process.poll() is not None or time.monotonic() > deadline:
            raise BenchmarkError("a process ended, or did not get there")
        tick.wait(every_s)
