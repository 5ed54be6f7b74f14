"""Several workers: nothing is missing, and nothing is read twice but what a killed worker had in hand."""

import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.waiting import eventually
from tests.workers import Publishing, WorkerProcess
from unifier.settings import Settings

SettingsFactory = Callable[..., Settings]


def enough(worker: WorkerProcess, more: int = 20) -> None:
    """Wait until the worker has worked off some more chunks."""
    before = len(worker.notes("done"))
    eventually(lambda: len(worker.notes("done")) >= before + more or worker.process.poll() is not None)


def test_workers_that_join_and_leave_under_load_read_nothing_twice(
    settings: SettingsFactory, tmp_path: Path
) -> None:
    one = settings()
    with (
        Publishing(one) as publishing,
        WorkerProcess(one, tmp_path, "--pause", "0.02") as first,
    ):
        enough(first)
        with WorkerProcess(one, tmp_path, "--pause", "0.02") as second:
            enough(second.ready())
            enough(first)
            assert first.terminate() == 0
            enough(second)
            with WorkerProcess(one, tmp_path, "--pause", "0.02") as third:
                enough(third.ready())
                sent = publishing.end()
                workers = (first, second, third)
                eventually(lambda: sum(len(worker.done()) for worker in workers) >= len(sent))
                assert second.terminate() == 0
                assert third.terminate() == 0
    done = Counter(value for worker in workers for value in worker.done())
    assert done == Counter(sent)
    begun = Counter(value for worker in workers for note in worker.notes("begin") for value in note["values"])
    assert begun == done


def test_a_killed_worker_loses_nothing_and_doubles_only_what_it_had_in_hand(
    settings: SettingsFactory, tmp_path: Path
) -> None:
    one = settings()
    with (
        Publishing(one) as publishing,
        WorkerProcess(one, tmp_path, "--pause", "0.4") as killed,
        WorkerProcess(one, tmp_path, "--pause", "0.02") as other,
    ):
        eventually(lambda: killed.owned() and other.owned())
        enough(killed, 5)
        killed.kill()
        with WorkerProcess(one, tmp_path, "--pause", "0.02") as joined:
            enough(joined.ready())
            assert other.terminate() == 0
            enough(joined)
            sent = publishing.end()
            workers = (killed, other, joined)
            eventually(lambda: {v for worker in workers for v in worker.done()} == set(sent))
            assert joined.terminate() == 0
    done = Counter(value for worker in workers for value in worker.done())
    doubled = {value for value, times in done.items() if times > 1}
    # A chunk takes longer than the interval of commits, so all but its last ones were committed.
    in_hand = {value for note in killed.notes("begin")[-3:] for value in note["values"]}
    assert doubled <= in_hand
    assert max(done.values()) <= 2


def test_sigterm_finishes_the_chunk_commits_and_gives_the_partitions_away_at_once(
    settings: SettingsFactory, tmp_path: Path
) -> None:
    one = settings()
    with Publishing(one) as publishing, WorkerProcess(one, tmp_path, "--pause", "0.5") as first:
        eventually(lambda: len(first.notes("done")) >= 2)
        eventually(lambda: len(first.notes("begin")) > len(first.notes("done")))
        assert first.terminate() == 0
        assert first.notes("begin") == [note | {"what": "begin"} for note in first.notes("done")]
        with WorkerProcess(one, tmp_path) as second:
            enough(second.ready())
            sent = publishing.end()
            eventually(lambda: len(first.done()) + len(second.done()) >= len(sent))
            assert second.terminate() == 0
    assert Counter(first.done() + second.done()) == Counter(sent)


def test_sigterm_in_the_middle_of_a_rebalance_ends_cleanly(settings: SettingsFactory, tmp_path: Path) -> None:
    one = settings()
    with WorkerProcess(one, tmp_path) as first:
        begun = len(first.ready().notes("own"))
        with WorkerProcess(one, tmp_path) as second:
            eventually(lambda: len(first.notes("own")) > begun)  # told that its partitions go
            first.process.send_signal(signal.SIGTERM)
            assert first.ended() == 0
            eventually(lambda: second.owned() == {0, 1})
            assert second.terminate() == 0


def test_sigterm_before_the_first_assignment_ends_cleanly(settings: SettingsFactory, tmp_path: Path) -> None:
    one = settings()
    with WorkerProcess(one, tmp_path) as worker:
        eventually(lambda: "Starting" in worker.errors.read_text() or worker.owned())
        assert worker.terminate() == 0


def test_the_owners_of_the_control_partitions_never_overlap(
    settings: SettingsFactory, tmp_path: Path
) -> None:
    one = settings(partitions=4)
    with WorkerProcess(one, tmp_path) as first, WorkerProcess(one, tmp_path) as second:
        eventually(lambda: first.owned() and second.owned() and len(first.owned() | second.owned()) == 4)
        assert not first.owned() & second.owned()
        assert first.terminate() == 0
        assert first.owned() == set()
        eventually(lambda: second.owned() == {0, 1, 2, 3})
