"""Spans of time in the rules file: "90s", "15m", "24h", "7d"."""

import re
from typing import Annotated

from pydantic import BeforeValidator

from unifier.conditions import UNITS_MS


def _duration_ms(value: object) -> object:
    """Turn "24h", "7d", "90s" into milliseconds."""
    found = re.fullmatch(r"(\d+)([smhd])", value) if isinstance(value, str) else None
    if found is None:
        raise ValueError('give a whole number and a unit: "90s", "15m", "24h" or "7d"')
    return int(found[1]) * UNITS_MS[found[2]]


DurationMs = Annotated[int, BeforeValidator(_duration_ms)]
