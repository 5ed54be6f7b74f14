"""Birth dates: many ways of writing one, and the ones that mean "not asked"."""

import re
from functools import lru_cache

_ISO = re.compile(r"(\d{4})\D(\d{1,2})\D(\d{1,2})(?:[T ].*)?")
_DAY_FIRST = re.compile(r"(\d{1,2})\D(\d{1,2})\D(\d{4}|\d{2})")
_YEARS = range(1880, 2100)
_CENTURY_TURN = 20
"""Two-digit years up to this are after 2000; who is younger is told with four digits."""
_DEFAULTS = frozenset(("1900-01-01", "1901-01-01", "1970-01-01", "1911-11-11", "2099-12-31"))


@lru_cache(maxsize=65_536)
def birth_date(raw: str, country: str) -> str:
    """YYYY-MM-DD; "" for what is no date, or a default such as 1900-01-01.

    A misprinted day or month (1984-02-31) stays: it still agrees with the right one to all but a digit.
    """
    text = raw[:40].strip()
    found = _ISO.fullmatch(text)
    if found:
        return _written(int(found[1]), int(found[2]), int(found[3]))
    found = _DAY_FIRST.fullmatch(text)
    if found:
        day, month, year = int(found[1]), int(found[2]), int(found[3])
        if len(found[3]) == 2:
            if (day, month, year) == (1, 1, 0):
                return ""
            year += 2000 if year <= _CENTURY_TURN else 1900
        if country == "US" and "/" in text:
            day, month = month, day
        return _written(year, month, day)
    if len(text) == 8 and text.isascii() and text.isdigit():
        if int(text[:4]) in _YEARS:
            return _written(int(text[:4]), int(text[4:6]), int(text[6:]))
        first, second, year = int(text[:2]), int(text[2:4]), int(text[4:])
        return _written(year, first, second) if country == "US" else _written(year, second, first)
    return ""


def _written(year: int, month: int, day: int) -> str:
    if month > 12 >= day:
        month, day = day, month
    if year not in _YEARS or not month or not day:
        return ""
    text = f"{year:04d}-{month:02d}-{day:02d}"
    return "" if text in _DEFAULTS else text
