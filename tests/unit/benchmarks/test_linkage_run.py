"""The matching benchmark from end to end on a small made set: our side, and a peer of our own environment."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.linkage.judge import judge_ours, judge_peer
from benchmarks.linkage.ours import Run, shuffled, undone
from benchmarks.linkage.peers import environments
from benchmarks.linkage.pictures import pictures
from benchmarks.linkage.sets import DataSet, generated
from benchmarks.linkage.tables import comparison, markdown, planted, promises
from unifier.rules import default_rules


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> DataSet:
    (made,) = generated(["retail_de"], 0.03, 5, tmp_path_factory.mktemp("made"))
    return made


@pytest.fixture(scope="module")
def run(data: DataSet) -> Run:
    return Run(data.rows, data.spec, default_rules())


def test_no_profile_differs_when_the_rows_come_in_another_order(data: DataSet, run: Run) -> None:
    assert shuffled(data.rows, data.spec, default_rules(), run.labels(), 1) == 0


def test_separations_are_obeyed_and_taken_back_without_a_trace(run: Run) -> None:
    assert undone(run, run.labels(), 40) == (0, 0)


def test_our_side_is_judged_and_told(data: DataSet, run: Run) -> None:
    found = run.found()
    told = judge_ours(data, {name: getattr(found, name) for name in found.__slots__})
    assert told["ceiling"]["b_cubed"]["f1"] >= told["b_cubed"]["f1"] > 0.9
    assert told["latency_us"]["p50"] <= told["latency_us"]["p99"] <= told["latency_us"]["p100"]
    report = {"sets": {data.name: {"unifier, shipped": told}}}
    assert [line[:2] for line in comparison(report)[1:]] == [
        [data.name, "unifier, shipped"],
        [data.name, "(ceiling)"],
    ]
    assert len(promises(report)[1]) == len(promises(report)[0])
    assert planted(report) == []
    assert pictures(json.loads(json.dumps(report))) == pictures(report)  # a report that was put aside
    machine = {"cpu": "", "cores": 2, "python": ""}
    assert data.name in markdown(report | {"machine": machine, "remembered_mb": 80})


def test_a_peer_gets_normalised_rows_without_the_truth_and_is_judged(data: DataSet, tmp_path: Path) -> None:
    data.write_for_peers(tmp_path)
    head = (tmp_path / "rows.csv").read_text(encoding="utf-8").partition("\n")[0].split(",")
    assert "person" not in head
    assert {"first_name", "birth_date", "payment_account"} <= set(head)
    script = Path(environments.__file__).with_name("by_rapidfuzz.py")
    subprocess.run([sys.executable, str(script), str(tmp_path)], check=True)
    told = judge_peer(data, json.loads((tmp_path / "result.json").read_text(encoding="utf-8")))
    assert told["best"]["b_cubed"]["f1"] >= told["b_cubed"]["f1"] > 0.5


def test_a_peer_that_fails_has_no_figures(data: DataSet) -> None:
    assert judge_peer(data, {"failed": "not done after 900 s"}) == {"failed": "not done after 900 s"}
