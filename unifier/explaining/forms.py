"""The forms that an explanation takes."""

from collections.abc import Callable, Mapping

import orjson

from unifier.explaining.page import page
from unifier.explaining.picture import svg
from unifier.explaining.report import Report
from unifier.explaining.text import text

SHOWN: Mapping[str, Callable[[Report], str]] = {
    "text": lambda report: text(report) + "\n",
    "svg": svg,
    "html": page,
}


def formed(form: str, report: Report, told: object) -> str:
    """The report in one form; "json" is what was told, in plain values."""
    if form == "json":
        return orjson.dumps(told, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()
    return SHOWN[form](report)
