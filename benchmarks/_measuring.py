"""What benchmarks share: the machine, CPU time of processes, progress of a consumer group. Linux only."""

import importlib.metadata
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError

from unifier.devstack.guard import die_with_parent

TICKS = os.sysconf("SC_CLK_TCK")
POLL_S = 0.05
GIVE_UP_S = 900.0
PACKAGES = ("faust-streaming", "aiokafka", "redis", "hiredis", "pydantic", "rapidfuzz", "orjson", "uvloop")


class BenchmarkError(RuntimeError):
    """The benchmark could not be carried through."""


class Drain(NamedTuple):
    """How a process worked off a backlog, from its first commit on: start-up is not in it."""

    events: int
    seconds: float
    cpu_s: float  # user and system time of the process
    others_cpu_s: tuple[float, ...]  # of the servers asked for, in the same stretch
    course: tuple[tuple[float, int], ...] = ()  # (seconds, records committed), from the first commit on

    @property
    def events_a_second(self) -> float:
        """By the clock."""
        return self.events / self.seconds

    @property
    def cpu_us(self) -> float:
        """CPU microseconds of the process, an event."""
        return self.cpu_s / self.events * 1e6


def facts() -> dict[str, Any]:
    """What a reader needs to judge the figures."""
    model = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    return {
        "cpu": model[0] if model else platform.processor(),
        "cores": os.cpu_count(),
        "load_before": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
        "packages": {name: importlib.metadata.version(name) for name in PACKAGES},
    }


def cpu_seconds(pid: int) -> float:
    """User and system time that a process has used, in steps of 10 ms."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def rss_mb(pid: int) -> float:
    """Memory of a process that is in RAM, in MB."""
    fields = Path(f"/proc/{pid}/statm").read_text().split()
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def quantile(ordered: Sequence[float], share: float) -> float:
    """The value that this share of the values, which ascend, does not exceed (nearest rank)."""
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]


def committed(admin: KafkaAdminClient, group: str, topics: Sequence[str]) -> int:
    """Records of these topics that a group has committed; 0 while there is no such group."""
    try:
        offsets = admin.list_group_offsets({group: None})
    except KafkaError:
        return 0
    return sum(max(0, told.offset) for tp, told in offsets.get(group, {}).items() if tp.topic in topics)


@contextmanager
def running(
    command: list[str], env: Mapping[str, str], core: int | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A child of the block's length, whose words are shown only when the benchmark fails.

    It dies with the benchmark, also when that is killed. With a `core` it runs on no other.
    """
    tied = die_with_parent()

    def between_fork_and_exec() -> None:
        if tied is not None:
            tied()
        if core is not None:
            os.sched_setaffinity(0, {core})

    with tempfile.TemporaryFile() as log:
        root = Path(__file__).parents[1]
        process = subprocess.Popen(
            command, env=dict(env), cwd=root, stdout=log, stderr=log, preexec_fn=between_fork_and_exec
        )
        try:
            yield process
        except BenchmarkError:
            log.seek(0)
            sys.stderr.write(log.read().decode(errors="replace")[-4000:])
            raise
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def drain(
    process: subprocess.Popen[bytes],
    committed_now: Callable[[], int],
    total: int,
    servers: Sequence[int] = (),
) -> Drain:
    """Watch a process work off `total` records. Raises BenchmarkError when it ends or does not get there."""
    tick, deadline = threading.Event(), time.monotonic() + GIVE_UP_S
    pids = (process.pid, *servers)
    first: tuple[int, float, list[float]] | None = None
    course: list[tuple[float, int]] = []
    while True:
        done = committed_now()
        now, used = time.monotonic(), [cpu_seconds(pid) for pid in pids]
        if first is None and done:
            first = (done, now, used)
        if first is not None:
            course.append((now - first[1], done - first[0]))
        if first is not None and done >= total:
            break
        if process.poll() is not None or now > deadline:
            raise BenchmarkError(f"the process stopped at {done:,} of {total:,} records")
        tick.wait(POLL_S)
    cpu = [after - before for after, before in zip(used, first[2], strict=True)]
    if done == first[0]:
        raise BenchmarkError("too few events to measure: all were committed at once; take more")
    return Drain(done - first[0], now - first[1], cpu[0], tuple(cpu[1:]), tuple(course))
