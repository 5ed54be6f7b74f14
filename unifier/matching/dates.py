"""Birth dates: many ways of writing one, and the ones that mean "not asked"."""

import re
from datetime import date
from functools import lru_cache

from unifier.matching.spelling import plain
from unifier.matching.tables import table, words

_TABLE = table("dates")
_ISO = re.compile(r"(\d{4})\W{1,2}(\d{1,2})\W{1,2}(\d{1,2})(?:[t ].*)?")
_YEAR_LAST = re.compile(r"(\d{1,2})\W{1,2}(\d{1,2})\W{1,2}(\d{4}|\d{2})(?: \d{1,2}:.*)?")
_NUMBERS = re.compile(r"\d+")
_WORD = re.compile(r"[a-z]+")
_YEARS = range(1880, 2051)
_MONTH_FIRST = ("US",)
_CENTURY_TURN = 20
"""Two-digit years up to this are after 2000; who is younger is told with four digits."""
_SPREADSHEET_DAYS = range(10_000, 55_000)
_SPREADSHEET_ZERO = date(1899, 12, 30).toordinal()
_DEFAULTS = words(_TABLE["defaults"]["dates"])


def _months() -> dict[str, int]:
    """Every name and every beginning that means one month → its number."""
    meant: dict[str, set[int]] = {}
    for number, names in _TABLE["months"].items():
        for name in names.split():
            for end in range(3, len(name) + 1):
                meant.setdefault(name[:end], set()).add(int(number))
    return {name: number for name, (number, *others) in meant.items() if not others}


_MONTHS = _months()


@lru_cache(maxsize=8_192)
def birth_date(raw: str, country: str) -> str:
    """YYYY-MM-DD; "" for what is no date, or a default such as 1900-01-01.

    `country` says how 3/4/1984 is read: month first in the US, day first elsewhere, like 3.4.1984.
    An impossible day or month (1984-02-31, 1984-02-71) stays: it is misprinted, and agrees with the right
    one to all but a digit. Where both are impossible nothing is left to agree.
    """
    text = plain(raw[:40]).strip()
    if found := _ISO.fullmatch(text):
        return _written(int(found[1]), int(found[2]), int(found[3]))
    if found := _YEAR_LAST.fullmatch(text):
        first, second, year = int(found[1]), int(found[2]), int(found[3])
        if len(found[3]) == 2:
            if (first, second, year) == (1, 1, 0):
                return ""
            year = _century(year)
        if country in _MONTH_FIRST and "." not in text:
            return _written(year, first, second)
        return _written(year, second, first)
    if text.isdigit():
        return _digits(text, country)
    return _by_name(text)


def _century(year: int) -> int:
    return year + (2000 if year <= _CENTURY_TURN else 1900)


def _digits(text: str, country: str) -> str:
    """Eight digits, or the day number that a spreadsheet makes of a date."""
    if len(text) == 5 and int(text) in _SPREADSHEET_DAYS:
        day = date.fromordinal(_SPREADSHEET_ZERO + int(text))
        return _written(day.year, day.month, day.day)
    if len(text) != 8:
        return ""
    first, second, year = int(text[:2]), int(text[2:4]), int(text[4:])
    last = (year, first, second) if country in _MONTH_FIRST else (year, second, first)
    ahead = int(text[:4]), int(text[4:6]), int(text[6:])
    if ahead[0] in _YEARS and (_is_possible(*ahead) or not _is_possible(*last)):
        return _written(*ahead)
    return _written(*last)


def _is_possible(year: int, month: int, day: int) -> bool:
    return year in _YEARS and 1 <= month <= 12 and 1 <= day <= 31


def _by_name(text: str) -> str:
    """ "19. Dezember 1968", "December 19th, 1968", "19 de diciembre de 1968", "1968-Dec-19"."""
    months = [_MONTHS[word] for word in _WORD.findall(text) if word in _MONTHS]
    numbers = _NUMBERS.findall(text)
    if len(set(months)) != 1 or len(numbers) != 2:
        return ""
    first, second = numbers
    if len(first) == 4:
        first, second = second, first
    if len(first) > 2 or len(second) not in (2, 4):
        return ""
    return _written(int(second) if len(second) == 4 else _century(int(second)), months[0], int(first))


def _written(year: int, month: int, day: int) -> str:
    if month > 12 >= day:
        month, day = day, month
    if year not in _YEARS or not month or not day or (month > 12 and day > 31):
        return ""
    text = f"{year:04d}-{month:02d}-{day:02d}"
    return "" if text in _DEFAULTS else text
