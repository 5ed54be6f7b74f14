"""Comparisons of two values: which level of agreement, and how many bits it is worth.

Bits are log2(m/u): how much more often two records of one person agree on this level than records of two
people. The weights are set by hand for some 6,000 profiles (the prior, `prior_bits`, likewise).
Every comparison is symmetric and remembered.
"""

import tomllib
from collections.abc import Callable
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from rapidfuzz.distance import OSA, JaroWinkler

from unifier.matching.names import fold

Level = tuple[float, str]
"""(bits, what a person reads)."""

REMEMBERED = 131_072
CONTRADICTION = -3.0
"""First names below this cannot be one person's."""
AGREES = 3.0
"""A surname and an address above this are one fact: the family, not two coincidences."""
FAMILY_HOME: Level = (12.5, "surname and address agree")

_jaro_winkler = JaroWinkler.similarity
_edits = OSA.distance


def symmetric(compare: Callable[[str, str], Level]) -> Callable[[str, str], Level]:
    """Remember a comparison, and let it see its arguments in one order alone."""

    @lru_cache(maxsize=REMEMBERED)
    def ordered(a: str, b: str) -> Level:
        return compare(a, b) if a <= b else compare(b, a)

    return ordered


@symmetric
def first_names(a: str, b: str) -> Level:
    """Two folded first names."""
    if a == b:
        return (_bits("first").get(a, 10.0), "equal") if len(a) > 1 else (3.0, "initial fits")
    if len(a) == 1 or len(b) == 1:
        return (3.0, "initial fits") if a[0] == b[0] else (-4.2, "differ")
    if _related(a, b):
        return 5.0, "forms of one name"
    if set(a.split()) & set(b.split()):
        return 5.0, "one of two names equal"
    if _man_and_woman(a, b):
        return -4.2, "differ"
    close = _jaro_winkler(a, b)
    if close >= 0.92:
        return 4.9, "nearly equal"
    if close >= 0.82:
        return 2.0, "alike"
    if close >= 0.75:
        return -1.0, "somewhat alike"
    return -4.2, "differ"


@symmetric
def middle_names(a: str, b: str) -> Level:
    """Two folded middle names or initials."""
    if a == b:
        return (4.0, "equal") if len(a) > 1 else (2.5, "initials equal")
    if a[0] == b[0]:
        return 1.5, "initials fit"
    return -2.0, "differ"


@symmetric
def last_names(a: str, b: str) -> Level:
    """Two folded last names; people marry, and tills misspell."""
    if a == b:
        return _bits("last").get(a, 11.0), "equal"
    close = _jaro_winkler(a, b)
    if close >= 0.93:
        return 6.0, "nearly equal"
    if set(a.split()) & set(b.split()):
        return 5.0, "part of a double name equal"
    if close >= 0.88:
        return 3.5, "alike"
    return -4.5, "differ"


@symmetric
def birth_dates(a: str, b: str) -> Level:
    """Two dates YYYY-MM-DD."""
    if a == b:
        return 11.7, "equal"
    edits = _edits(a, b)
    if edits == 1 or (a[:4] == b[:4] and a[5:7] == b[8:] and a[8:] == b[5:7]):
        return 4.5, "a digit or day and month swapped"
    if edits == 2:
        return -1.5, "two digits differ"
    return -6.0, "differ"


@symmetric
def addresses(a: str, b: str) -> Level:
    """Two addresses "postcode|street house number", as `values.address` makes them."""
    if a == b:
        return 11.0, "equal"
    place_a, road_a = a.split("|")
    place_b, road_b = b.split("|")
    close = _jaro_winkler(road_a, road_b)
    if close >= 0.93 and place_a == place_b:
        return 9.5, "nearly equal"
    if close >= 0.95:
        return 7.0, "street and number nearly equal"
    return -1.0, "differ"


@symmetric
def cities(a: str, b: str) -> Level:
    """Two places, where no street is known."""
    if a == b:
        return 3.0, "equal"
    if _jaro_winkler(a, b) >= 0.88:
        return 2.0, "nearly equal"
    return -0.5, "differ"


@symmetric
def emails(a: str, b: str) -> Level:
    """Two addresses that are not the same."""
    if _edits(a, b, score_cutoff=2) <= 2:
        return 10.0, "misspelt"
    if a.partition("@")[0] == b.partition("@")[0]:
        return 6.0, "same name at another provider"
    return 0.0, "differ"


@symmetric
def phones(a: str, b: str) -> Level:
    """Two numbers that are not the same."""
    if _edits(a, b, score_cutoff=1) <= 1:
        return 9.0, "one digit differs"
    return 0.0, "differ"


@cache
def _table(name: str) -> dict[str, Any]:
    return tomllib.loads(files("unifier.matching").joinpath(name).read_text(encoding="utf-8"))


@cache
def _bits(part: str) -> dict[str, float]:
    """Folded name → bits, for "first" or "last" names. The commoner of two names that fold alike counts."""
    found: dict[str, float] = {}
    for bits, names in sorted(_table("frequencies.toml")[part].items(), key=lambda item: float(item[0])):
        for name in names.split():
            found.setdefault(fold(name), float(bits))
    return found


@cache
def _formal_names() -> dict[str, frozenset[str]]:
    """Folded form → folded formal names it may stand for."""
    formal: dict[str, set[str]] = {}
    for name, forms in _table("nicknames.toml")["forms"].items():
        for form in forms.split():
            formal.setdefault(fold(form), set()).add(fold(name))
    return {form: frozenset(names) for form, names in formal.items()}


def _related(a: str, b: str) -> bool:
    """One is a form of the other, or both are forms of one name."""
    formal = _formal_names()
    of_a, of_b = formal.get(a, frozenset()), formal.get(b, frozenset())
    return a in of_b or b in of_a or bool(of_a & of_b)


_FEMALE_ENDINGS = frozenset(("a", "e", "ie", "in", "ina", "ine"))


def _man_and_woman(a: str, b: str) -> bool:
    """Paul and Paula: two common names of two people, however alike they are."""
    common = _bits("first")
    short, long = (a, b) if len(a) < len(b) else (b, a)
    return long.startswith(short) and long[len(short) :] in _FEMALE_ENDINGS and a in common and b in common
