"""Files of people onto the topic of customer records, and into profiles."""

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from kafka import KafkaConsumer, TopicPartition

from tests.conftest import SettingsFactory
from tests.integration.spine import drained, environment, inherit, profiles, working
from unifier.cli import main
from unifier.settings import Settings

SPEC = """
id = "id"
time = "when"
source = "system"
[columns]
given = "first_name"
family = "last_name"
mail = "email"
job = "attribute:occupation"
"""
ROWS = [
    (str(n), f"Anna{n}", "Geheim", f"anna{n}@example.org", "", "loyalty", "2026-01-02T03:04:05Z")
    for n in range(300)
]
HEAD = ("id", "given", "family", "mail", "job", "system", "when")


def on_topic(settings: Settings, topic: str) -> int:
    consumer = KafkaConsumer(bootstrap_servers=settings.kafka)
    ends = consumer.end_offsets([TopicPartition(topic, n) for n in range(settings.partitions)])
    consumer.close()
    return sum(ends.values())


def test_a_file_becomes_profiles_and_its_repeat_counts_nothing_twice(
    settings: SettingsFactory,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    own = settings()
    inherit(monkeypatch, own)
    spec, table, lines = tmp_path / "spec.toml", tmp_path / "people.csv.gz", tmp_path / "people.jsonl"
    spec.write_text(SPEC)
    table.write_bytes(gzip.compress("\n".join(map(",".join, [HEAD, *ROWS])).encode()))
    late = (*ROWS[0][:-1], "2027-13-01")
    lines.write_text("\n".join(json.dumps(dict(zip(HEAD, row, strict=True))) for row in [*ROWS, late]))

    assert main(["import", str(table), "--spec", str(spec)]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out) == {"published": 300, "refused": {}, "cells_left_out": 0}
    assert told.err == "left out, since a record does not carry them: job\n"
    assert main(["import", str(lines), "--spec", str(spec)]) == 1
    told = capsys.readouterr()
    assert json.loads(told.out)["refused"] == {"bad_time": 1}
    assert "line 301: occurred_at" in told.err
    assert "geheim" not in told.err.lower()
    assert on_topic(own, own.topic("crm")) == 600

    with working(own):
        drained(own)
    found = profiles(own)
    assert len(found) == 300
    assert {one["metrics"]["touches"] for one in found.values()} == {1}
    assert {one["metrics"]["first_seen_at"] for one in found.values()} == {"2026-01-02T03:04:05.000Z"}


def test_another_topic_and_what_the_operator_can_mend(
    settings: SettingsFactory,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    own = settings()
    inherit(monkeypatch, own)
    spec, table = tmp_path / "spec.toml", tmp_path / "people.csv"
    spec.write_text(SPEC)
    table.write_text("\n".join(map(",".join, [HEAD, *ROWS[:3]])))
    assert main(["import", str(table), "--spec", str(spec), "--topic", own.topic("online")]) == 0
    assert on_topic(own, own.topic("online")) == 3
    capsys.readouterr()
    (tmp_path / "bad.csv").write_text("id,given\n1,Anna,Geheim\n")
    monkeypatch.setenv("UNIFIER_TOPIC_PREFIX", "nowhere")
    for arguments, code, words in (
        ([str(table), "--spec", str(spec)], 1, "unifier topics create"),
        ([str(tmp_path / "bad.csv"), "--spec", str(spec), "--topic", own.topic("crm")], 2, "no column"),
        ([str(tmp_path / "none.csv"), "--spec", str(spec), "--topic", own.topic("crm")], 2, "cannot be read"),
        ([str(table), "--spec", str(tmp_path / "none.toml")], 2, "cannot be read"),
        ([str(table), "--spec", str(spec), "--topic", "nowhere.at.all"], 2, "has no such topic; make it"),
    ):
        assert main(["import", *arguments]) == code
        line = capsys.readouterr().err.splitlines()[-1]
        assert words in line
        assert "Geheim" not in line


def test_a_producer_that_cannot_start_leaves_no_more_than_the_line(
    settings: SettingsFactory, tmp_path: Path
) -> None:
    spec, table = tmp_path / "spec.toml", tmp_path / "people.csv"
    spec.write_text(SPEC.replace('job = "attribute:occupation"', ""))
    table.write_text("\n".join(map(",".join, [HEAD, *ROWS[:3]])))
    command = ["import", str(table), "--spec", str(spec), "--topic", "nowhere.at.all"]
    done = subprocess.run(
        [sys.executable, "-m", "unifier", *command],
        env=os.environ | environment(settings()),
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
