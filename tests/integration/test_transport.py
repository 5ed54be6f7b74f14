"""The batch transport against a real broker: what a worker gets, when it is committed, what is read again."""

import asyncio
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from tests.waiting import eventually
from tests.workers import WorkerProcess, committed, publish
from unifier.settings import Settings
from unifier.streams.agents import CHUNK_RECORDS
from unifier.streams.kafka_config import aiokafka_config

SettingsFactory = Callable[..., Settings]


def test_records_of_a_partition_come_in_order_in_chunks_each_once(
    settings: SettingsFactory, tmp_path: Path
) -> None:
    one = settings()
    sent = publish(one, "online", (f"{n}" for n in range(5_000)), partition=1)
    with WorkerProcess(one, tmp_path) as worker:
        eventually(lambda: len(worker.done()) >= len(sent))
        assert worker.done() == sent
        assert max(len(note["values"]) for note in worker.notes("done")) == CHUNK_RECORDS
        eventually(lambda: committed(one, "online") == {1: 5_000})


def test_chunks_are_worked_off_one_after_another(settings: SettingsFactory, tmp_path: Path) -> None:
    one = settings()
    for topic in ("online", "pos", "crm", "control"):
        for partition in (0, 1):
            publish(one, topic, ["a value"], partition)
    with WorkerProcess(one, tmp_path, "--pause", "0.05") as worker:
        eventually(lambda: len(worker.notes("done")) == 8)
        order = [note["what"] for note in worker.all_notes() if note["what"] != "own"]
        assert order == ["begin", "done"] * 8


def test_an_exception_ends_the_worker_and_the_chunk_is_read_again(
    settings: SettingsFactory, tmp_path: Path
) -> None:
    one = settings()
    good = publish(one, "pos", (f"good-{n}" for n in range(20)), partition=0)
    with WorkerProcess(one, tmp_path, "--fail-on", "bad") as worker:
        eventually(lambda: worker.done() == good)
        rest = publish(one, "pos", ["bad", *(f"later-{n}" for n in range(10))], partition=0)
        assert worker.ended() == 1
        assert worker.done() == good
    assert committed(one, "pos") == {0: 20}
    with WorkerProcess(one, tmp_path) as worker:
        eventually(lambda: len(worker.done()) >= len(rest))
        assert worker.done() == rest


def test_an_exception_at_the_very_first_record_of_a_group_loses_nothing(
    settings: SettingsFactory, tmp_path: Path
) -> None:
    one = settings()
    sent = publish(one, "crm", ["bad", "good"], partition=0)
    with WorkerProcess(one, tmp_path, "--fail-on", "bad") as worker:
        assert worker.ended() == 1
    assert committed(one, "crm") == {}
    with WorkerProcess(one, tmp_path) as worker:
        eventually(lambda: worker.done() == sent)


def test_tombstones_and_empty_values_are_handed_over(settings: SettingsFactory, tmp_path: Path) -> None:
    one = settings()

    async def send() -> None:
        async with AIOKafkaProducer(**aiokafka_config(one)) as producer:
            await producer.send_and_wait(one.topic("crm"), value=None, key=b"k", partition=0)
            await producer.send_and_wait(one.topic("crm"), value=b"", partition=0)

    asyncio.run(send())
    with WorkerProcess(one, tmp_path) as worker:
        eventually(lambda: worker.done() == ["", ""])
        eventually(lambda: committed(one, "crm") == {0: 2})


def test_of_transactions_what_is_committed_is_read_and_all_of_it_is_passed(
    settings: SettingsFactory, tmp_path: Path
) -> None:
    one = settings()

    async def send() -> None:
        async with AIOKafkaProducer(**aiokafka_config(one), transactional_id=one.group) as producer:
            for number in range(5):
                async with producer.transaction():
                    await producer.send(one.topic("pos"), value=b"%d" % number, partition=0)
            await producer.begin_transaction()
            await producer.send_and_wait(one.topic("pos"), value=b"taken back", partition=0)
            await producer.abort_transaction()

    asyncio.run(send())
    with WorkerProcess(one, tmp_path) as worker:
        eventually(lambda: worker.done() == ["0", "1", "2", "3", "4"])
        # Each transaction ends with a marker that has an offset: values at 0, 2, 4, 6, 8 and 10.
        eventually(lambda: committed(one, "pos") == {0: 12})
        assert worker.done() == ["0", "1", "2", "3", "4"]


def test_memory_is_bounded_however_much_waits(settings: SettingsFactory, tmp_path: Path) -> None:
    one = settings()
    megabytes = 120

    async def send() -> None:
        async with AIOKafkaProducer(**aiokafka_config(one), linger_ms=5) as producer:
            for number in range(megabytes * 10):
                await producer.send(one.topic("online"), value=bytes(100_000), partition=number % 2)

    with WorkerProcess(one, tmp_path, "--pause", "600") as worker:
        worker.ready()
        before = _resident_mb(worker.process.pid)
        asyncio.run(send())
        eventually(lambda: worker.notes("begin"))
        peak = max(eventually(lambda: [_resident_mb(worker.process.pid)])[0] for _ in range(50))
        assert peak - before < megabytes / 2


def _resident_mb(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * 4096 // 1_000_000


@pytest.mark.parametrize("round_", range(2))
def test_two_workers_that_start_at_once_share_the_partitions(
    settings: SettingsFactory, tmp_path: Path, round_: int
) -> None:
    one = settings()
    with WorkerProcess(one, tmp_path) as first, WorkerProcess(one, tmp_path) as second:
        eventually(
            lambda: sorted([*first.owned(), *second.owned()]) == [0, 1] and first.owned() and second.owned()
        )
        sent = publish(one, "online", (f"{n}" for n in range(200)))
        eventually(lambda: len(first.done()) + len(second.done()) >= len(sent))
        assert Counter(first.done() + second.done()) == Counter(sent)
        assert first.done()
        assert second.done()
