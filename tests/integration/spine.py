"""Real workers on a real broker and Redis, and short ways to publish and to read what comes out."""

import contextlib
import itertools
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaConsumer, KafkaProducer, OffsetAndMetadata, TopicPartition
from kafka.errors import RetriableError

from tests.waiting import eventually
from unifier.events.form import time_text
from unifier.journey.profile import documents
from unifier.profiles.component import Component
from unifier.profiles.ids import Keys
from unifier.profiles.store import Seal, seal_of
from unifier.profiles.store.clients import connect_plainly
from unifier.profiles.store.layout import HEAD_BYTES, LIVE
from unifier.profiles.store.wrapping import unwrap
from unifier.rules import default_rules
from unifier.settings import Settings
from unifier.streams.kafka_config import kafka_python_config
from unifier.streams.topics import INBOUND, admin_client

NOW_MS = int(datetime.now(UTC).timestamp() * 1000)
_numbers = itertools.count()


def ago(seconds: float) -> str:
    """A time before now, as publishers write it."""
    return time_text(int(datetime.now(UTC).timestamp() * 1000 - seconds * 1000))


def environment(settings: Settings) -> dict[str, str]:
    """The settings as a process gets them."""
    return {f"UNIFIER_{name.upper()}": str(value) for name, value in settings.model_dump().items()}


def inherit(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """Have a command that is called in this process find its settings as one that is started does."""
    for name, value in environment(settings).items():
        monkeypatch.setenv(name, value)


class Worker:
    """One `unifier worker` process, ready to take events."""

    def __init__(
        self, settings: Settings, *options: str, interpreter: Sequence[str] = ("-m", "unifier")
    ) -> None:
        self._log = tempfile.NamedTemporaryFile("w+", suffix=".log")  # noqa: SIM115 - as long as the worker
        self.process = subprocess.Popen(
            [sys.executable, *interpreter, "worker", *options],
            env={**os.environ, **environment(settings)},
            stderr=self._log,
        )
        eventually(lambda: "worker ready" in self.log() or self.process.poll() is not None, 60)
        assert self.process.poll() is None, self.log()

    def log(self) -> str:
        return Path(self._log.name).read_text()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """End it as an operator would; it must end cleanly."""
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(timeout=60) == 0, self.log()


@contextlib.contextmanager
def working(settings: Settings, count: int = 1) -> Iterator[list[Worker]]:
    """Workers for the length of a block; what they logged is shown when it fails."""
    workers = [Worker(settings) for _ in range(count)]
    try:
        yield workers
        for worker in workers:
            worker.stop()
    finally:
        for worker in workers:
            if worker.process.poll() is None:
                worker.kill()
            sys.stdout.write(worker.log())  # pytest shows it when the test fails


class Publisher:
    """Publishes to the input topics."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._producer = KafkaProducer(**kafka_python_config(settings), linger_ms=5)

    def send(self, topic: str, message: Mapping[str, Any] | bytes, key: str = "k", **rest: Any) -> None:
        value = message if isinstance(message, bytes) else json.dumps(message).encode()
        self._producer.send(self._settings.topic(topic), value=value, key=key.encode(), **rest)

    def flush(self) -> None:
        self._producer.flush()

    def online(self, event: str, at: str, *, key: str = "k", **rest: Any) -> None:
        """A track event; `rest` are Segment's own fields."""
        message = {"messageId": f"m{next(_numbers)}", "type": "track", "event": event, "timestamp": at}
        self.send("online", {**message, **rest}, key)

    def identify(self, at: str, traits: Mapping[str, Any], *, key: str = "k", **rest: Any) -> None:
        message = {"messageId": f"m{next(_numbers)}", "type": "identify", "timestamp": at, "traits": traits}
        self.send("online", {**message, **rest}, key)

    def sale(self, at: str, total: str, customer: Mapping[str, Any], **rest: Any) -> dict[str, Any]:
        """A till sale; gives its message, which a return can refer to."""
        number = next(_numbers) + 1
        message = {
            "store_id": "17",
            "workstation_id": "3",
            "business_day": at[:10],
            "sequence_number": number,
            "kind": "sale",
            "occurred_at": at,
            "currency": "EUR",
            "total": total,
            "items": [{"sku": "s1", "quantity": 1, "unit_price": total, "category": "shoes"}],
            "customer": dict(customer),
            **rest,
        }
        self.send("pos", message, "17-3")
        return message


def drained(settings: Settings, timeout: float = 60) -> None:
    """Wait until the workers have committed everything that is on the input topics."""
    with (
        admin_client(settings) as admin,
        contextlib.closing(KafkaConsumer(**kafka_python_config(settings))) as ends,
    ):
        partitions = [
            TopicPartition(settings.topic(name), n) for name in INBOUND for n in range(settings.partitions)
        ]

        def committed() -> bool:
            try:
                done = admin.list_group_offsets(settings.group)[settings.group]
            except RetriableError:  # the group's coordinator is not there again yet
                return False
            return all(
                tp in done and done[tp].offset >= end
                for tp, end in ends.end_offsets(partitions).items()
                if end
            )

        eventually(committed, timeout)


def read_all_again(settings: Settings) -> None:
    """Have the group, whose workers have ended, begin with the first record of every topic."""
    places = [TopicPartition(settings.topic(name), n) for name in INBOUND for n in range(settings.partitions)]
    with (
        admin_client(settings) as admin,
        contextlib.closing(KafkaConsumer(**kafka_python_config(settings))) as consumer,
    ):
        first = consumer.beginning_offsets(places)
        offsets = {place: OffsetAndMetadata(offset, "", -1) for place, offset in first.items()}
        admin.alter_group_offsets(settings.group, offsets)


def read(settings: Settings, topic: str) -> list[tuple[str, dict[str, Any] | None]]:
    """Everything on an outbound topic now, committed transactions only: (key, message)."""
    return list(reading(settings, topic))


def reading(settings: Settings, topic: str) -> Iterator[tuple[str, dict[str, Any] | None]]:
    """The same one by one, for a topic that is larger than memory."""
    config = kafka_python_config(settings)
    with contextlib.closing(
        KafkaConsumer(
            **config,
            isolation_level="read_committed",
            auto_offset_reset="earliest",
            check_crcs=False,  # worked out in Python they take longer than all the rest
        )
    ) as consumer:
        partitions = [TopicPartition(settings.topic(topic), n) for n in range(settings.partitions)]
        consumer.assign(partitions)
        ends = consumer.end_offsets(partitions)
        while any(consumer.position(tp) < end for tp, end in ends.items()):
            for records in consumer.poll(timeout_ms=500).values():
                for record in records:
                    yield record.key.decode(), json.loads(record.value) if record.value else None


def profiles(settings: Settings) -> dict[str, dict[str, Any]]:
    """Every profile in the installation's Redis, by id; without predictions, as `told`."""
    return _without_predictions(profiles_at(settings.redis, seal_of(settings)))


def told(settings: Settings) -> dict[str, dict[str, Any]]:
    """The last word on every profile that is one, by id; without predictions, which depend on the time."""
    last = dict(read(settings, "profiles"))
    return _without_predictions({pid: message["data"] for pid, message in last.items() if message})


def _without_predictions(found: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {pid: {k: v for k, v in one.items() if k != "predictions"} for pid, one in found.items()}


READ_AT_MS = 1_800_000_000_000  # what is expected of people depends on when it is asked


def profiles_at(url: str, seal: Seal = Seal()) -> dict[str, dict[str, Any]]:  # noqa: B008 - it never changes
    """Every profile in a Redis, by id."""
    with connect_plainly(url) as client:
        keys = list(client.scan_iter(match=b"{*}:c:*", count=1_000))
        with client.pipeline(transaction=False) as pipe:
            for key in keys:
                pipe.get(key)
            values = pipe.execute()
    rules = default_rules()
    found: dict[str, dict[str, Any]] = {}
    for key, value in zip(keys, values, strict=True):
        if value is not None and value[:1] == LIVE:
            component = Component.unpack(key[-12:], unwrap(value, seal)[HEAD_BYTES:])
            people = component.records
            found |= zip(
                people, documents(component, people.values(), rules, Keys(""), READ_AT_MS), strict=True
            )
    return found


def settled(settings: Settings) -> None:
    """Everything is in Redis, and everything that came of it is on the topics."""
    drained(settings)
    versions = {pid: profile["version"] for pid, profile in profiles(settings).items()}
    eventually(lambda: snapshot_versions(settings) >= versions.items())


def snapshot_versions(settings: Settings) -> set[tuple[str, int]]:
    last = dict(read(settings, "profiles"))
    return {(pid, message["data"]["version"]) for pid, message in last.items() if message is not None}
