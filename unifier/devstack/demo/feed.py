"""The way in: publishes to the input topics, and asks how much of it the workers have committed."""

import time
from collections.abc import Iterable
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

from kafka import KafkaProducer

from unifier.devstack.simulate import Message
from unifier.devstack.simulate.publish import KINDS
from unifier.settings import Settings
from unifier.streams.kafka_config import kafka_python_config
from unifier.streams.topics import admin_client


class Feed:
    """A publisher; `published` counts what was handed over, `worked_off` is as of the last look."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._topics = {settings.topic(kind) for kind in KINDS}
        self._failed: list[BaseException] = []
        self.published = 0
        self.worked_off = 0

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._producer = stack.enter_context(KafkaProducer(**kafka_python_config(self._settings)))
            self._admin = stack.enter_context(admin_client(self._settings))
            self._open = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def send(self, messages: Iterable[Message]) -> None:
        """Publish in order, each key to the partition where every Kafka client puts it."""
        for message in messages:
            topic = self._settings.topic(message.topic_kind)
            sent: Any = self._producer.send(topic, value=message.value, key=message.key)
            sent.add_errback(self._failed.append)
            self.published += 1

    def flush(self) -> None:
        """Return when the broker has confirmed everything. Raises a KafkaError."""
        self._producer.flush()
        if self._failed:
            raise self._failed[0]

    def look(self) -> int:
        """Records of online, till and CRM that the workers have committed."""
        offsets = self._admin.list_group_offsets(self._settings.group).get(self._settings.group, {})
        self.worked_off = sum(
            max(0, told.offset) for place, told in offsets.items() if place.topic in self._topics
        )
        return self.worked_off


def clock_ms() -> float:
    """Milliseconds since 1970."""
    return time.time() * 1000
