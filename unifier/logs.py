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


def _time_of(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def configure(form: str, level: int = logging.INFO) -> None:
    """Send all logging to stderr as "json" or "console". Called once a process, by its command.

    The Kafka clients keep to warnings: below that they write down what they send and read, and passwords.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonFormatter() if form == "json" else _ConsoleFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for library in ("aiokafka", "kafka"):
        logging.getLogger(library).setLevel(max(level, logging.WARNING))
