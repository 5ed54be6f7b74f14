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


def test_a_warning_that_is_repeated_is_heard_once_in_a_while_and_news_always() -> None:
    repeats = logs.Repeats()

    def heard(name: str, message: str, at: float, *args: object, level: int = logging.WARNING) -> bool:
        record = logging.LogRecord(name, level, "", 0, message, args, None)
        record.created = at
        return repeats.filter(record)

    assert [heard("aiokafka.client", "away %d", at, at) for at in (100.0, 100.1, 105.0, 110.2, 110.3)] == [
        True, False, False, True, False,
    ]  # fmt: skip
    assert heard("aiokafka.client", "something else", 110.4)
    assert [heard("unifier.streams", "relay group %d", 100.0, group) for group in (0, 1, 0)] == [
        True, True, False,
    ]  # fmt: skip
    assert all(heard("unifier.streams", "worker ready", 100.0, level=logging.INFO) for _ in range(2))


def test_an_error_of_a_library_is_told_in_a_line() -> None:
    broken = (ConnectionError, ConnectionError(), None)
    record = logging.LogRecord("kafka.net.transport", logging.ERROR, "", 1, "broken", (), broken)
    assert logs.Repeats().filter(record)
    assert logging.Formatter().format(record) == "broken"


def test_a_service_tells_of_an_outage_once_in_a_while(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("console")
    for number in range(40):
        logging.getLogger("aiokafka").error("Unable connect to node with id %d", number)
    assert len(capsys.readouterr().err.splitlines()) == 1
