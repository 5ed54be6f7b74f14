"""Countries: their ISO code, however they were named."""

from functools import lru_cache

from unifier.matching.spelling import letters
from unifier.matching.tables import short_forms, table

NAMES = short_forms({code.lower(): names for code, names in table("places")["countries"].items()})
"""Code and names, `letters` without spaces → code in lower case."""


@lru_cache(maxsize=1_024)
def country_code(raw: str) -> str:
    """ISO 3166 alpha-2 in upper case, of a code or a name (Deutschland, AUT, UK); "" for anything else."""
    text = letters(raw[:60]).replace(" ", "")
    return NAMES.get(text, text if len(text) == 2 else "").upper()
