"""How times and amounts are written in everything that goes out."""

from functools import lru_cache
from time import gmtime
from typing import Any

import orjson

DAY_MS = 86_400_000

# Digits after the point where they are not two (ISO 4217).
_NONE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE = "BHD IQD JOD KWD LYD OMR TND"
_DIGITS = dict.fromkeys(_NONE.split(), 0) | dict.fromkeys(_THREE.split(), 3)


@lru_cache(maxsize=4_096)
def time_text(at: int) -> str:
    """RFC 3339, UTC, milliseconds: time_text(0) is "1970-01-01T00:00:00.000Z"."""
    day, rest = divmod(at, DAY_MS)
    seconds, ms = divmod(rest, 1_000)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{_date(day)}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z"


@lru_cache(maxsize=4_096)
def _date(day: int) -> str:
    """The date of a day since 1970; a few days make up nearly all events."""
    then = gmtime(day * 86_400)
    return f"{then.tm_year:04}-{then.tm_mon:02}-{then.tm_mday:02}"


def json_bytes(told: Any) -> bytes:
    """JSON that takes no more memory than its length; of whatever is held on to, as a batch's messages are.

    orjson keeps the buffer in which it wrote, ten times as long for letters that might have been escaped.
    """
    return memoryview(orjson.dumps(told)).tobytes()


def amount_text(amount: int, currency: str) -> str:
    """Decimal text of an amount in 1/10000: at least as many digits as the currency has."""
    least = _DIGITS.get(currency, 2)
    sign = "-" if amount < 0 else ""
    whole, rest = divmod(abs(amount), 10_000)
    digits = f"{rest:04}"
    places = max(least, len(digits.rstrip("0")))
    return f"{sign}{whole}.{digits[:places]}" if places else f"{sign}{whole}"
