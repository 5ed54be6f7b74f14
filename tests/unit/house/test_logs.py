"""Logs: one line a record on stderr, in both forms."""

import json
import logging
from collections.abc import Iterator

import pytest

from unifier import logs


@pytest.fixture(autouse=True)
def _root_logger_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def test_the_json_form_is_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("json")
    logging.getLogger("unifier.streams").warning("partition %d\nlost \ud800", 3)
    told = capsys.readouterr()
    (line,) = told.err.splitlines()
    record = json.loads(line)
    assert told.out == ""
    assert record.keys() == {"time", "level", "logger", "message"}
    assert (record["level"], record["logger"]) == ("warning", "unifier.streams")
    assert record["message"] == "partition 3\nlost \ud800"
    assert record["time"].endswith("Z")


def test_the_json_form_keeps_an_exception_within_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("json")
    try:
        raise ValueError("no such shard")
    except ValueError:
        logging.getLogger("unifier").exception("relay stopped")
    (line,) = capsys.readouterr().err.splitlines()
    assert "ValueError: no such shard" in json.loads(line)["error"]


def test_the_console_form_keeps_a_message_on_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("console")
    logging.getLogger("unifier").info("first\nsecond")
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("info     unifier  first\\nsecond")


def test_debug_lines_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("console")
    logging.getLogger("unifier").debug("detail")
    assert capsys.readouterr().err == ""
