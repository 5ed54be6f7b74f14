"""The way out: what a reader of the outbound topics hears, message by message, and what it adds up to."""

import queue
import threading
from collections import Counter
from types import TracebackType
from typing import Any, NamedTuple, Self

import orjson
from kafka import KafkaConsumer, TopicPartition

from unifier.devstack.demo.feed import clock_ms
from unifier.events.outbound import CREATED, DEAD_LETTER, MERGED, PROFILE, REVIEW, SPLIT, TRANSITION
from unifier.settings import Settings
from unifier.streams.kafka_config import kafka_python_config
from unifier.streams.topics import OUTBOUND

MODEL = "six-phase"


class Heard(NamedTuple):
    """One record of an outbound topic; `at` is when the reader had it in hand, milliseconds since 1970."""

    key: str
    value: bytes | None
    at: float


class Tally:
    """Adds up messages. Each counts once, however often it was delivered."""

    def __init__(self) -> None:
        self.heard = 0
        self.kinds: dict[str, str] = {}  # living profile: known or anonymous, as its last snapshot says
        self.versions: dict[str, int] = {}
        self.created = 0
        self.reviews = 0
        self.merged: list[dict[str, Any]] = []
        self.split: list[dict[str, Any]] = []
        self.dead: list[dict[str, Any]] = []
        self.transitions: list[tuple[dict[str, Any], float]] = []  # with the time of hearing
        self.by_phase: Counter[str] = Counter()  # of the six-phase model
        self._seen: set[str] = set()

    def take(self, heard: Heard) -> None:
        """Count a message."""
        self.heard += 1
        if heard.value is None:
            self.kinds.pop(heard.key, None)
            self.versions.pop(heard.key, None)
            return
        message = orjson.loads(heard.value)
        kind, data = message["type"], message["data"]
        if kind == PROFILE:
            self.kinds[heard.key], self.versions[heard.key] = data["kind"], data["version"]
        elif message["id"] not in self._seen:
            self._seen.add(message["id"])
            self._count(kind, data, heard.at)

    def _count(self, kind: str, data: dict[str, Any], at: float) -> None:
        if kind == TRANSITION:
            self.transitions.append((data, at))
            if data["model"] == MODEL:
                self.by_phase[data["to"]] += 1
        elif kind == CREATED:
            self.created += 1
        elif kind == REVIEW:
            self.reviews += 1
        elif kind in (MERGED, SPLIT):
            (self.merged if kind == MERGED else self.split).append(data)
        elif kind == DEAD_LETTER:
            self.dead.append({name: data[name] for name in ("reason", "error", "field", "source")})

    @property
    def merges(self) -> int:
        """Profiles that became one with another."""
        return sum(len(data["merged"]) for data in self.merged)

    def profiles(self, kind: str) -> int:
        """Living profiles of a kind."""
        return sum(one == kind for one in self.kinds.values())


class Hearing:
    """Reads the outbound topics in a thread of its own, committed transactions only."""

    def __init__(self, settings: Settings) -> None:
        self._consumer = KafkaConsumer(
            **kafka_python_config(settings), isolation_level="read_committed", auto_offset_reset="earliest"
        )
        names = [settings.topic(name) for name in OUTBOUND]
        self._consumer.assign([TopicPartition(name, n) for name in names for n in range(settings.partitions)])
        self._news: queue.SimpleQueue[Heard | BaseException] = queue.SimpleQueue()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="hearing", daemon=True)

    def tell(self, tally: Tally) -> None:
        """Add what came since the last time. Raises what ended the reading."""
        while not self._news.empty():
            news = self._news.get()
            if isinstance(news, BaseException):
                raise news
            tally.take(news)

    def _run(self) -> None:
        try:
            while not self._end.is_set():
                for records in self._consumer.poll(timeout_ms=100).values():
                    at = clock_ms()
                    for record in records:
                        self._news.put(Heard(record.key.decode(), record.value, at))
        except Exception as error:  # the main thread is to know
            self._news.put(error)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.set()
        self._thread.join()
        self._consumer.close()
