"""One installation under fire: a stack, several workers, a load; what can be done to them; and rest again."""

import asyncio
import contextlib
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from kafka import KafkaConsumer, OffsetAndMetadata, TopicPartition
from kafka.errors import KafkaError, NoError, RetriableError
from redis import Redis

from tests.faults import stopping_worker
from tests.faults.load import Load
from tests.faults.stored import waiting
from unifier.devstack.demo.processes import Process
from unifier.devstack.redis import RedisServer
from unifier.devstack.redis_sets import ClusterSet, SentinelSet
from unifier.devstack.server import Server
from unifier.devstack.stack import Stack
from unifier.profiles.store import Store, connect
from unifier.settings import Settings
from unifier.streams.kafka_config import kafka_python_config
from unifier.streams.topics import INBOUND, admin_client

WITHIN_S = 180.0  # for anything to come back by itself
TICK_S = 0.05
LOOK_S = 5.0  # a look at a condition takes at most
ROOT = Path(__file__).parents[2]


class NotWithinError(AssertionError):
    """Something did not come back by itself."""


def until(condition: Callable[[], object], what: str, within_s: float = WITHIN_S) -> None:
    """Wait for a condition."""
    tick, waited, before = threading.Event(), 0.0, time.monotonic()
    while not condition():
        if waited > within_s:
            raise NotWithinError(f"not within {within_s:.0f} s: {what}")
        tick.wait(TICK_S)
        now = time.monotonic()
        waited += min(now - before, LOOK_S)  # a longer one: the machine, and all on it, stood still
        before = now


class Worker(Process):
    """A worker that can be told at which step to stop."""

    def __init__(self, number: int, folder: Path, environment: dict[str, str], hole: str) -> None:
        self._hole = hole
        super().__init__(f"worker-{number}", folder, environment | {"PYTHONPATH": str(ROOT)})

    def command(self) -> list[str]:
        return [sys.executable, "-m", stopping_worker.__name__, str(self.folder), self._hole, str(self.port)]

    def stop_at(self, step: str) -> None:
        """Have it stop when it comes by this step next."""
        half = self.folder / "stop.half"
        half.write_text(step)
        half.rename(self.folder / "stop")

    def go_on(self) -> None:
        """Take the order back, or wake it when it has come by the step already."""
        try:
            (self.folder / "stop").unlink()
        except FileNotFoundError:
            until(lambda: self.stopped_itself, f"{self.name} standing still")
            self.resume()

    @property
    def stopped_itself(self) -> bool:
        """Whether it has come by the step, and stands still."""
        state = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0]
        return state == "T" and not (self.folder / "stop").exists()

    def ahead(self, seconds: float) -> None:
        """Set its clock wrong by so much."""
        half = self.folder / "clock.half"
        half.write_text(str(seconds))
        half.rename(self.folder / "clock")

    def ended(self) -> int | None:
        """The exit code, if it has ended."""
        return self._guard.poll() if self._guard is not None else None


class Site:
    """Workers of one installation on a stack, and the hands that break them."""

    def __init__(
        self,
        stack: Stack,
        settings: Settings,
        folder: Path,
        count: int,
        hole: str,
        redis_set: SentinelSet | ClusterSet | None,
    ) -> None:
        self.redis_set = redis_set
        self.stack = stack
        self.settings = settings
        self._hole = hole
        self._folder = folder
        self._number = 0
        self._guests: list[Worker] = []
        self.workers = [self._new() for _ in range(count)]

    def _new(self) -> Worker:
        self._number += 1
        environment = {f"UNIFIER_{k.upper()}": str(v) for k, v in self.settings.model_dump().items()}
        return Worker(self._number, self._folder, environment, self._hole)

    @contextlib.contextmanager
    def working(self) -> Iterator[None]:
        """The workers for the length of a block; they must end in order at its end."""
        try:
            for worker in self.workers:
                worker.launch()
            until(lambda: self.alive() and all(worker.answers() for worker in self.workers), "workers ready")
            yield
            self.end()
        finally:
            for worker in (*self.workers, *self._guests):
                worker.resume()
                worker.kill()

    def end(self) -> None:
        """SIGTERM; each must end with 0."""
        for worker in self.workers:
            os.kill(worker.pid, signal.SIGTERM)
        for worker in self.workers:
            until(lambda worker=worker: worker.ended() is not None, f"the end of {worker.name}", 40)  # type: ignore[misc]
            if worker.ended():
                raise NotWithinError(f"{worker.name} ended with {worker.ended()}: {worker.last_words()}")

    def alive(self) -> bool:
        """True. Raises NotWithinError with the last words of a worker that has ended by itself."""
        for worker in self.workers:
            if worker.ended() is not None:
                raise NotWithinError(f"{worker.name} ended with {worker.ended()}: {worker.last_words()}")
        return True

    @property
    def cluster(self) -> ClusterSet | None:
        """The cluster that the installation is on; None: it is on one Redis."""
        return self.redis_set if isinstance(self.redis_set, ClusterSet) else None

    @property
    def servers(self) -> list[Server]:
        """Redis, on a cluster its masters, and the broker."""
        redis = self.cluster.masters if self.cluster is not None else [self.stack.redis_server]
        return [*redis, self.stack.kafka_server]

    def a_redis(self, rng: random.Random) -> RedisServer:
        """The Redis; of a cluster any of its masters."""
        return self.stack.redis_server if self.cluster is None else rng.choice(self.cluster.masters)

    def replace(self, worker: Worker) -> None:
        """Kill a worker as by a power cut, and start another."""
        worker.kill()
        self.workers[self.workers.index(worker)] = new = self._new()
        new.launch()

    def join(self) -> Worker:
        """One more worker, which is not waited for and does not stay."""
        self._guests.append(guest := self._new())
        guest.launch()
        return guest

    def members(self) -> int:
        """Workers that the group knows; -1 while it does not say."""
        with contextlib.suppress(KafkaError), admin_client(self.settings) as admin:
            group = admin.describe_groups([self.settings.group])[self.settings.group]
            return len(group["members"])
        return -1

    def passed(self, load: Load, events: int) -> None:
        """Wait until so many more events were sent."""
        goal = load.sent + events
        until(lambda: load.sent >= goal, "more events")

    def _inputs(self) -> list[TopicPartition]:
        topics = [self.settings.topic(name) for name in INBOUND]
        return [TopicPartition(topic, n) for topic in topics for n in range(self.settings.partitions)]

    def rewind(self, to_ms: int) -> None:
        """Have the group, whose workers have ended, read again what came since a time."""
        with (
            admin_client(self.settings) as admin,
            contextlib.closing(KafkaConsumer(**kafka_python_config(self.settings))) as consumer,
        ):
            found = consumer.offsets_for_times(dict.fromkeys(self._inputs(), to_ms))
            offsets = {tp: OffsetAndMetadata(at.offset, "", -1) for tp, at in found.items() if at}
            # A worker that could not leave in order is a member until its session ends: refused until then.
            until(
                lambda: set(admin.alter_group_offsets(self.settings.group, offsets).values()) == {NoError},
                "inputs rewound",
            )

    def start_others(self) -> None:
        """In the place of workers that have ended; they are not waited for."""
        self.workers = [self._new() for _ in self.workers]
        for worker in self.workers:
            worker.launch()

    def rest(self) -> None:
        """Wait until everything sent is worked off and published."""
        with (
            admin_client(self.settings) as admin,
            contextlib.closing(KafkaConsumer(**kafka_python_config(self.settings))) as consumer,
        ):
            ends = consumer.end_offsets(self._inputs())

            def drained() -> bool:
                try:
                    offsets = admin.list_group_offsets(self.settings.group)[self.settings.group]
                except RetriableError:  # the group's coordinator is not there again yet
                    return False
                done = {tp: at.offset for tp, at in offsets.items()}
                return self.alive() and all(done.get(tp, 0) >= end for tp, end in ends.items())

            until(drained, "all events committed")
        until(lambda: self.alive() and not asyncio.run(self._waiting()), "all effects published")

    async def _waiting(self) -> int:
        redis = connect(self.settings.redis)
        try:
            return await waiting(Store(redis, self.settings.shards))
        finally:
            await redis.aclose()

    def mend(self) -> None:
        """Leave the servers as they were found, whatever state a fault that failed has left them in."""
        for server in (self.stack.redis_server, self.stack.kafka_server):
            server.resume()
            server.start()
        with Redis.from_url(self.stack.redis_url) as redis:
            redis.replicaof("NO", "ONE")
            redis.config_set("maxmemory", 0)
            redis.config_set("min-replicas-to-write", 0)
            redis.config_set("appendfsync", "always")
        if self.redis_set is None:
            with Redis.from_url(self.settings.redis) as redis:
                redis.flushdb()

    def log(self) -> str:
        """What the workers wrote, those that died too, the last of each."""
        return "\n".join(f"--- {file.name}\n{file.read_text()[-6_000:]}" for file in self._logs())

    def loose_lines(self) -> list[str]:
        """Lines of the logs that are no records of their own: tracebacks, and what libraries print."""
        lines = (line for file in self._logs() for line in file.read_text().splitlines())
        return [line for line in lines if not line.startswith("20")]  # each record begins with its time

    def _logs(self) -> list[Path]:
        return sorted(self._folder.glob("worker-*/worker-*.log"))
