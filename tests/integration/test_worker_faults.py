"""Workers through faults of the broker and of their own machine."""

import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.waiting import eventually
from tests.workers import Publishing, WorkerProcess, publish
from unifier.devstack.stack import Stack
from unifier.settings import Settings

SettingsFactory = Callable[..., Settings]


def test_a_worker_outlives_a_restart_of_the_broker_and_loses_nothing(
    breakable_stack: Stack, breakable_settings: Settings, tmp_path: Path
) -> None:
    with WorkerProcess(breakable_settings, tmp_path, "--pause", "0.02") as worker:
        before = publish(breakable_settings, "online", (f"before-{n}" for n in range(500)))
        eventually(lambda: set(worker.done()) >= set(before), 60)
        breakable_stack.kafka_server.kill()
        breakable_stack.kafka_server.start()
        after = publish(breakable_settings, "pos", (f"after-{n}" for n in range(500)))
        eventually(lambda: set(worker.done()) >= {*before, *after}, 60)
        assert Counter(worker.done()) == Counter([*before, *after])
        assert worker.terminate() == 0


@pytest.mark.slow
def test_sigterm_ends_a_worker_also_while_the_broker_is_away(
    breakable_stack: Stack, breakable_settings: Settings, tmp_path: Path
) -> None:
    with WorkerProcess(breakable_settings, tmp_path) as worker:
        worker.ready()
        publish(breakable_settings, "online", ["a value"])
        eventually(worker.done)
        breakable_stack.kafka_server.kill()
        worker.process.send_signal(signal.SIGTERM)
        assert worker.ended(60) in (0, 1)


@pytest.mark.slow
def test_a_worker_that_was_frozen_past_its_session_rejoins_and_nothing_is_missing(
    settings: SettingsFactory, tmp_path: Path
) -> None:
    one = settings()
    with (
        Publishing(one) as publishing,
        WorkerProcess(one, tmp_path, "--pause", "0.4") as frozen,
        WorkerProcess(one, tmp_path, "--pause", "0.02") as other,
    ):
        eventually(lambda: frozen.owned() and other.owned(), 60)
        eventually(lambda: len(frozen.notes("done")) >= 3)
        frozen.process.send_signal(signal.SIGSTOP)
        eventually(lambda: other.owned() == {0, 1}, 60)
        begun = len(frozen.notes("begin"))
        frozen.process.send_signal(signal.SIGCONT)
        eventually(lambda: other.owned() != {0, 1}, 60)
        eventually(lambda: frozen.owned() == {0, 1} - other.owned(), 60)
        sent = publishing.end()
        eventually(lambda: {*frozen.done(), *other.done()} == set(sent), 60)
        assert frozen.terminate() == 0
        assert other.terminate() == 0
    done = Counter(frozen.done() + other.done())
    # What was not committed when it froze, and what it begins before the group refuses its next commit.
    in_hand = {value for note in frozen.notes("begin")[begun - 3 : begun + 3] for value in note["values"]}
    assert {value for value, times in done.items() if times > 1} <= in_hand
