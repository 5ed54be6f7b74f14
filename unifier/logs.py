"""The form of the log: one line a record on stderr, for people or for machines."""

import json
import logging
import sys
from datetime import UTC, datetime


class _JsonFormatter(logging.Formatter):
    """One JSON object a line: time (UTC, RFC 3339), level, logger, message, and error when there is one."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": _time_of(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line)


class _ConsoleFormatter(logging.Formatter):
    """The same for a reader at a terminal; line breaks within a message are kept out of the log's lines."""

    def format(self, record: logging.LogRecord) -> str:
        message = record.getMessage().replace("\n", "\\n")
        line = f"{_time_of(record)} {record.levelname.lower():<8} {record.name}  {message}"
        if record.exc_info:
            line = f"{line}\n{self.formatException(record.exc_info)}"
        return line


class Repeats(logging.Filter):
    """Lets the same warning be given once in a while: in an outage every part of a worker gives its own each
    second, and aiokafka tells of a broker 40 times a second, of the service too."""

    EVERY_S = 10.0
    REMEMBERED = 1_000

    def __init__(self) -> None:
        super().__init__()
        self._given: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """False for a warning that was given a moment ago."""
        if record.levelno < logging.WARNING:
            return True
        if record.name.startswith(("kafka", "aiokafka")):
            record.exc_info = None  # that a connection broke is enough, not where in the library
        # aiokafka's differ in numbers that tell nothing
        text = str(record.msg) if record.name.startswith("aiokafka") else record.getMessage()
        fresh = record.created - self._given.get(text, 0.0) >= self.EVERY_S
        if fresh:
            if len(self._given) >= self.REMEMBERED:
                self._given.clear()
            self._given[text] = record.created
        return fresh


def _time_of(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def configure(form: str, level: int = logging.INFO) -> None:
    """Send all logging to stderr as "json" or "console"; what is repeated, once in a while. Called once a
    process, by its command.

    The Kafka clients keep to warnings: below that they write down what they send and read, and passwords.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonFormatter() if form == "json" else _ConsoleFormatter())
    handler.addFilter(Repeats())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for library in ("aiokafka", "kafka"):
        logging.getLogger(library).setLevel(max(level, logging.WARNING))
