"""Attributes: any other text about a person, in comparable form."""

import re
from functools import lru_cache

from unifier.matching.spelling import LONGEST, plain

_NO_SIGN = re.compile(r"[^a-z0-9]+")


@lru_cache(maxsize=4_096)
def text(raw: str) -> str:
    """Lower-case letters and digits of any script, single spaces between words."""
    return _NO_SIGN.sub(" ", plain(raw[:LONGEST])).strip()[:LONGEST].strip()
