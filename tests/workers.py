"""Worker processes over the recording pipeline, and records for them to read."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from kafka import KafkaProducer

from tests.waiting import eventually
from unifier.settings import Settings
from unifier.streams.kafka_config import kafka_python_config
from unifier.streams.topics import INBOUND, admin_client

SCRIPT = Path(__file__).with_name("recording_worker.py")


def environment(settings: Settings) -> dict[str, str]:
    """The settings as a process finds them."""
    return os.environ | {f"UNIFIER_{name.upper()}": str(value) for name, value in settings if value != ""}


class WorkerProcess:
    """One `recording_worker.py`; what it wrote down is read at any time. A context manager."""

    def __init__(self, settings: Settings, folder: Path, *arguments: str) -> None:
        number = len(list(folder.glob("worker-*.jsonl")))
        self.file = folder / f"worker-{number}.jsonl"
        self.file.touch()
        self.errors = self.file.with_suffix(".err")
        with self.errors.open("w") as errors:
            self.process = subprocess.Popen(
                [sys.executable, str(SCRIPT), str(self.file), *arguments],
                env=environment(settings) | {"PYTHONPATH": str(SCRIPT.parent.parent)},
                stderr=errors,
            )

    def all_notes(self) -> list[dict[str, Any]]:
        """All it wrote down, the oldest first; a line that is half written is left out."""
        return [json.loads(line) for line in self.file.read_text().splitlines(True) if line.endswith("\n")]

    def notes(self, what: str) -> list[dict[str, Any]]:
        """The notes of one kind."""
        return [note for note in self.all_notes() if note["what"] == what]

    def done(self) -> list[str]:
        """The values that were worked off, in order."""
        return [value for note in self.notes("done") for value in note["values"]]

    def owned(self) -> set[int]:
        """The partitions of the control topic that it has now."""
        notes = self.notes("own")
        return set(notes[-1]["groups"]) if notes else set()

    def ready(self) -> Self:
        """Wait until it has partitions."""
        eventually(lambda: self.owned() or self.process.poll() is not None)
        assert self.owned(), self.errors.read_text()
        return self

    def ended(self, timeout: float = 40) -> int:
        """Wait for its end; the exit code."""
        return self.process.wait(timeout)

    def terminate(self) -> int:
        """SIGTERM; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.ended()

    def kill(self) -> None:
        """SIGKILL: it dies as by a power cut."""
        self.process.kill()
        self.process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()


def publish(settings: Settings, topic: str, values: Iterable[str], partition: int | None = None) -> list[str]:
    """Publish values in order, over all partitions or on one; they are with the broker on return."""
    sent = list(values)
    with KafkaProducer(**kafka_python_config(settings), linger_ms=5) as producer:
        futures = [
            producer.send(settings.topic(topic), value.encode(), key=value.encode(), partition=partition)
            for value in sent
        ]
        for future in futures:
            future.get(30)
    return sent


def committed(settings: Settings, topic: str) -> dict[int, int]:
    """The committed offsets of the group, by partition."""
    with admin_client(settings) as admin:
        offsets = admin.list_group_offsets(settings.group)[settings.group]
    return {tp.partition: at.offset for tp, at in offsets.items() if tp.topic == settings.topic(topic)}


class Publishing:
    """Publishes numbered values to all inputs, in small portions, until its context ends."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.sent: list[str] = []

    def _run(self) -> None:
        with KafkaProducer(**kafka_python_config(self._settings), linger_ms=0) as producer:
            while not self._end.wait(0.02):
                futures = []
                for topic in INBOUND:
                    value = f"{topic}-{len(self.sent)}"
                    self.sent.append(value)
                    key = value.encode()
                    futures.append(producer.send(self._settings.topic(topic), value.encode(), key=key))
                for future in futures:
                    future.get(30)

    def end(self) -> list[str]:
        """Stop; all that was sent."""
        self._end.set()
        self._thread.join()
        return self.sent

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()
