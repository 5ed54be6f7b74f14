"""A tiny run of each benchmark: it measures itself and its peer, and leaves JSON and a picture."""

import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.etree import ElementTree

import pytest

from benchmarks import drain, growth, hostile, latency, memory, read, start, workers
from benchmarks._measuring import BenchmarkError
from tests.conftest import SettingsFactory


def figures(bench: ModuleType, out: Path, *options: str) -> dict[str, Any]:
    """Run it as from the command line; what it found."""
    assert bench.main([*options, "--out", str(out)]) == 0
    name = bench.__name__.rpartition(".")[2]
    assert ElementTree.parse(out / f"{name}.svg").getroot().tag.endswith("svg")
    told: dict[str, Any] = json.loads((out / f"{name}.json").read_text())
    assert told["machine"]["cores"]
    assert told["options"]["seed"] == 1
    return told


def test_read(tmp_path: Path) -> None:
    told = figures(read, tmp_path, "--profiles", "200", "--seconds", "1")
    for run in told["runs"].values():
        assert 0 < run["p50 ms"] <= run["p99 ms"]
        assert run["most requests/s"] > 0


def test_growth(tmp_path: Path) -> None:
    told = figures(growth, tmp_path, "--profiles", "300", "--events", "300", "--matches", "20")
    assert told["growth_of_cpu"] == 1.0  # there is but one size
    for run in told["runs"].values():
        assert run[-1]["profiles"] == 300
        assert run[-1]["bytes a profile"] > 100


def test_hostile_does_not_wait_for_a_worker_that_is_dead(settings: SettingsFactory) -> None:
    with (
        subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"]) as worker,
        pytest.raises(BenchmarkError, match="the worker ended with 3 at 0 of 10 messages"),
    ):
        hostile.watch(settings(), worker, 10)


@pytest.mark.slow
def test_latency(tmp_path: Path) -> None:
    told = figures(latency, tmp_path, "--backlog", "4000", "--rate", "300", "--seconds", "3")
    for run in told["runs"].values():
        assert run["measured"] > 0
        assert 0 < run["p50 ms"] <= run["p99 ms"]


@pytest.mark.slow
def test_start(tmp_path: Path) -> None:
    told = figures(start, tmp_path, "--repeats", "1", "--rate", "100")
    assert told["seconds"]["worker"].keys() == {"start", "joins", "leaves", "dies"}
    assert told["seconds"]["stock Faust"].keys() == {"start", "joins", "leaves"}


@pytest.mark.slow
def test_drain(tmp_path: Path) -> None:
    told = figures(drain, tmp_path, "--events", "12000", "--repeats", "1")
    assert told["ratio"]["clock"] > 0
    assert sum(told["events"].values()) == 12_000


@pytest.mark.slow
def test_workers(tmp_path: Path) -> None:
    told = figures(workers, tmp_path, "--events", "20000", "--workers", "1", "2")
    assert [row["workers"] for row in told["runs"]["worker"]] == [1, 2]
    assert [row["workers"] for row in told["runs"]["stock Faust"]] == [1, 2]


@pytest.mark.slow
def test_memory(tmp_path: Path) -> None:
    told = figures(memory, tmp_path, "--events", "60000")
    assert told["runs"]["worker"]["events"] == 60_000
    assert told["runs"]["worker"]["most MB"] > 0
