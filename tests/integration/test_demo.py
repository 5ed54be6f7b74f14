"""`unifier demo` as people type it: what it tells is true, what it shows works, and nothing is left of it."""

import contextlib
import json
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.waiting import eventually
from unifier.devstack.demo.week import POISON

pytestmark = pytest.mark.timeout(600)


class Demo:
    """The command in a process; all that it writes to the disk goes to one folder."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.temporary = folder / "temporary"
        self.temporary.mkdir()
        self._out = folder / "out"
        self._errors = folder / "errors"
        with self._out.open("w") as out, self._errors.open("w") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "unifier", "demo", *arguments],
                env={**os.environ, "TMPDIR": str(self.temporary), "PYTHONUNBUFFERED": "1"},
                stdout=out,
                stderr=errors,
                # As in a terminal: in the background of a script the tests themselves ignore Ctrl-C.
                preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
            )

    def told(self) -> str:
        return self._out.read_text()

    def saying(self, words: str) -> str:
        """Wait until it says this; gives all that it has said."""
        eventually(lambda: words in self.told() or self.process.poll() is not None, 300)
        assert words in self.told(), self.told() + self._errors.read_text()
        return self.told()

    def ended(self, code: int) -> None:
        """It ends with this code, without complaint, and leaves nothing behind."""
        assert self.process.wait(300) == code, self.told() + self._errors.read_text()
        assert self._errors.read_text() == ""
        assert not list(self.temporary.iterdir())
        started = [int(pid) for pid in re.findall(r"process (\d+)", self.told())]
        assert not [pid for pid in started if _lives(pid)]
        for address in re.findall(r"127\.0\.0\.1:\d+", self.told()):
            with pytest.raises(httpx.TransportError):
                httpx.get(f"http://{address}/healthz", timeout=5)


@contextlib.contextmanager
def demo(folder: Path, *arguments: str) -> Iterator[Demo]:
    one = Demo(folder, *arguments)
    try:
        yield one
    finally:
        if one.process.poll() is None:
            one.process.send_signal(signal.SIGTERM)
            one.process.wait(120)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def check(report: dict[str, Any]) -> None:
    """The figures fit together."""
    events, profiles, transitions = report["events"], report["profiles"], report["transitions"]
    assert 1_000 < events["published"] == events["worked_off"] < 2_000
    assert profiles["known"] > 0
    assert profiles["anonymous"] > 0
    assert report["merges"] > 0
    assert 0 < transitions["six-phase"]["total"] < transitions["total"]
    assert set(transitions["six-phase"]["to"]) >= {"awareness", "consideration", "preference", "purchase"}
    assert report["dead_letters"]["by_reason"] == {reason: 1 for reason, _, _ in POISON}
    assert 0 < report["ropo_sales"]["in_profiles"] <= report["ropo_sales"]["till_sales"]
    ropo = report["ropo_sales"]
    assert ropo["told_by_ids"] <= ropo["in_truth"] <= ropo["till_sales"]
    assert ropo["in_truth"] > 0
    assert report["speed"]["events_per_s"] > 0
    assert 0 < report["latency_ms"]["p50"] <= report["latency_ms"]["p99"]
    assert 0.5 < report["matching"]["precision"] <= 1
    assert 0.3 < report["matching"]["recall"] <= 1
    till, household, steward = report["stories"]
    assert len(set(till["events"])) >= 2
    assert len(set(household["profile_ids"])) == len(set(household["people"])) == 2
    assert steward["splits"] == 1
    assert steward["given_back"]
    assert {steward["profile_id"], steward["merged"]} <= set(steward["parts"])
    assert report["splits"] >= 1
    assert report["read"]["status"] == 200


def test_the_week_is_played_once_and_what_is_told_of_it_fits_together(tmp_path: Path) -> None:
    target = tmp_path / "report.json"
    with demo(tmp_path, "--once", "--events", "1500", "--report", str(target)) as one:
        one.ended(0)
    report = json.loads(target.read_text())
    check(report)
    told = one.told()
    for story in report["stories"]:
        assert story["title"] in told
    assert f"{report['events']['published']:,} published" in told
    assert "\x1b" not in told  # not a terminal


def test_after_the_week_it_stays_up_for_the_line_it_shows_until_it_is_ended(tmp_path: Path) -> None:
    target = tmp_path / "report.json"
    with demo(tmp_path, "--events", "1000", "--seed", "7", "--report", str(target)) as one:
        told = one.saying("The retailer goes on")
        lines = [line.strip() for line in told.splitlines() if line.strip().startswith("curl ")]
        assert len(lines) == 2
        for line in lines:
            words = shlex.split(line)
            name, _, value = words[words.index("-H") + 1].partition(": ")
            answer = httpx.get(words[-1], headers={name: value})
            assert answer.is_success
            assert answer.json()["profile_id"] in words[-1]
        one.process.send_signal(signal.SIGTERM)
        one.ended(0)
    assert json.loads(target.read_text())["events"]["worked_off"] > 0


def test_an_interrupt_in_the_middle_ends_everything(tmp_path: Path) -> None:
    with demo(tmp_path, "--events", "1000") as one:
        one.saying("Redis at")
        one.process.send_signal(signal.SIGINT)
        one.ended(130)


def test_a_report_that_cannot_be_written_is_refused_at_once(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "unifier",
            "demo",
            "--once",
            "--report",
            str(tmp_path / "none" / "r.json"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "--report" in done.stderr
