"""Comparisons: which level of agreement two comparable values reach. What a level is worth, the model says.

`COMPARISONS` is the list: field, comparator, levels from the best to the worst. A level's name is what a
person reads. Comparators are symmetric.
"""

import re
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from rapidfuzz.distance import OSA, JaroWinkler

from unifier.matching.firstnames import of_two_people
from unifier.matching.names import COMPANY
from unifier.matching.spelling import fold
from unifier.matching.tables import table

Comparator = Callable[[str, str], str]
"""Two comparable values, the smaller first → the name of a level."""

EQUAL, DIFFER = "equal", "differ"
MISPRINT = "misspelt"
ELSEWHERE = "same name in another mailbox"
"""Of mailboxes."""
INITIAL = "initial fits"
"""Of first names: one is the initial of the other, or both are one initial."""

ALIKE = "alike"
_jaro_winkler = JaroWinkler.similarity
_edits = OSA.distance
_NO_DIGITS = re.compile("[^0-9]+")
_PUNCTUATION = re.compile("[._-]+(?=.*@)")


def first_names(a: str, b: str) -> str:
    """Two folded first names; a company's agrees with no person's."""
    if a == b:
        return EQUAL if len(a) > 1 else "both companies" if a == COMPANY else INITIAL
    if len(a) == 1 or len(b) == 1:
        return INITIAL if a[0] == b[0] else DIFFER
    if _related(a, b):
        return "forms of one name"
    if _word_in_common(a, b):
        return "one of two names equal"
    close = _jaro_winkler(a, b)
    # Of a short name with a slip at its beginning Jaro-Winkler finds hardly a letter again: Jip, ip.
    if (close < 0.75 and 2 * _edits(a, b) >= max(len(a), len(b))) or of_two_people(a, b):
        return DIFFER
    if close >= 0.92:
        return "nearly equal"
    if close >= 0.82:
        return "alike"
    return "somewhat alike"


def middle_names(a: str, b: str) -> str:
    """Two folded middle names or initials."""
    if a == b:
        return EQUAL if len(a) > 1 else "initials equal"
    return "initials fit" if a[0] == b[0] else DIFFER


def last_names(a: str, b: str) -> str:
    """Two folded last names; people marry, and tills misspell."""
    if a == b:
        return EQUAL
    close = _jaro_winkler(a, b)
    if close >= 0.93:
        return "nearly equal"
    if _word_in_common(a, b):
        return "part of a double name equal"
    # Jaro-Winkler makes little of a name with slips at its beginning: Walters, qaltcrs.
    few = 2 * max(len(a), len(b)) // 5
    return ALIKE if close >= 0.88 or _edits(a, b, score_cutoff=few) <= few else DIFFER


def at_a_stretch(a: str, b: str) -> bool:
    """Of last names that are alike: only their edits are few."""
    return _jaro_winkler(a, b) < 0.88


def birth_dates(a: str, b: str) -> str:
    """Two dates YYYY-MM-DD."""
    if a == b:
        return EQUAL
    edits = _edits(a, b)
    if edits == 1 or (a[:4] == b[:4] and a[5:7] == b[8:] and a[8:] == b[5:7]):
        return "a digit or day and month swapped"
    return "two digits differ" if edits == 2 else DIFFER


def addresses(a: str, b: str) -> str:
    """Two addresses "postcode|street house number", as `values.address` makes them."""
    if a == b:
        return EQUAL
    place_a, road_a = a.split("|")
    place_b, road_b = b.split("|")
    close = _jaro_winkler(road_a, road_b)
    if close < 0.93:
        return DIFFER
    number_a, number_b = road_a.rpartition(" ")[2], road_b.rpartition(" ")[2]
    if place_a == place_b:  # 8 and 13 are neighbours
        told = number_a and number_b
        return DIFFER if told and _edits(number_a, number_b) > 1 else "nearly equal"
    # Without a number it is but the name of a street: every town has a Hauptstraße.
    return "street and number nearly equal" if close >= 0.95 and number_a == number_b != "" else DIFFER


def families(last_name: str, address: str) -> str:
    """The levels of surname and address, both of which agree: one fact, the family, not two coincidences."""
    return "surname and address equal" if last_name == EQUAL == address else "surname and address agree"


def cities(a: str, b: str) -> str:
    """Two folded places, where no street is known."""
    if a == b:
        return EQUAL
    return "nearly equal" if _jaro_winkler(a, b) >= 0.88 else DIFFER


def emails(a: str, b: str) -> str:
    """Two e-mail addresses."""
    if a == b:
        return EQUAL
    if _PUNCTUATION.sub("", a) == _PUNCTUATION.sub("", b):  # anna.berger and anna_berger: who came first
        return ELSEWHERE
    if _edits(a, b, score_cutoff=2) <= 2 and _numbered_alike(a, b):
        return MISPRINT
    return ELSEWHERE if a.partition("@")[0] == b.partition("@")[0] else DIFFER


def _numbered_alike(a: str, b: str) -> bool:
    """Two digits more, or two others, were chosen: the mailbox anna67 is neither anna's nor anna82's."""
    return _edits(_NO_DIGITS.sub("", a), _NO_DIGITS.sub("", b), score_cutoff=1) <= 1


def numbers(a: str, b: str) -> str:
    """Two numbers that people write by hand; a postcode may have letters."""
    if a == b:
        return EQUAL
    return "one digit differs" if _edits(a, b, score_cutoff=1) <= 1 else DIFFER


def exact(a: str, b: str) -> str:
    """Two identifiers that machines read: equal or not."""
    return EQUAL if a == b else DIFFER


def texts(a: str, b: str) -> str:
    """Two attributes, folded: an occupation, a flat number. Of short ones every sign counts."""
    if a == b:
        return EQUAL
    if min(len(a), len(b)) > 3 and _jaro_winkler(a, b) >= 0.92:
        return "nearly equal"
    return "a word in common" if _word_in_common(a, b) else DIFFER


def _word_in_common(a: str, b: str) -> bool:
    """Of two texts that are not equal."""
    return (" " in a or " " in b) and not set(a.split()).isdisjoint(b.split())


class Comparison(NamedTuple):
    """How one field is compared."""

    field: str
    compare: Comparator
    levels: tuple[str, ...]  # best first
    agree: int  # so many of them are agreement that the rules about households and swapped names build on


COMPARISONS = (
    Comparison(
        "first_name",
        first_names,
        (
            *(EQUAL, "forms of one name", "one of two names equal", "nearly equal"),
            *("both companies", INITIAL, "alike", "somewhat alike", DIFFER),
        ),
        agree=4,
    ),
    Comparison("middle_name", middle_names, (EQUAL, "initials equal", "initials fit", DIFFER), agree=2),
    Comparison("suffix", exact, (EQUAL, DIFFER), agree=1),
    Comparison(
        "last_name",
        last_names,
        (EQUAL, "nearly equal", "part of a double name equal", ALIKE, DIFFER),
        agree=4,
    ),
    Comparison("family", families, ("surname and address equal", "surname and address agree"), agree=2),
    Comparison(
        "address", addresses, (EQUAL, "nearly equal", "street and number nearly equal", DIFFER), agree=3
    ),
    Comparison("postcode", numbers, (EQUAL, "one digit differs", DIFFER), agree=1),
    Comparison("city", cities, (EQUAL, "nearly equal", DIFFER), agree=1),
    Comparison(
        "birth_date",
        birth_dates,
        (EQUAL, "a digit or day and month swapped", "two digits differ", DIFFER),
        agree=2,
    ),
    Comparison("email", emails, (EQUAL, MISPRINT, ELSEWHERE, DIFFER), agree=1),
    Comparison("phone", numbers, (EQUAL, "one digit differs", DIFFER), agree=1),
    Comparison("national_id", numbers, (EQUAL, "one digit differs", DIFFER), agree=1),
)
"""The fields of every model. A field "attribute:NAME" is compared as a text, any other as an identifier."""

IDENTIFIER = Comparison("identifier", exact, (EQUAL, DIFFER), agree=1)
ATTRIBUTE = Comparison("attribute", texts, (EQUAL, "nearly equal", "a word in common", DIFFER), agree=1)

_BY_FIELD = {comparison.field: comparison for comparison in COMPARISONS}


def comparison_of(field: str) -> Comparison:
    """The comparison of a field of a model."""
    other = ATTRIBUTE if field.startswith("attribute:") else IDENTIFIER
    return _BY_FIELD.get(field) or other._replace(field=field)


@cache
def _formal_names() -> dict[str, frozenset[str]]:
    """Folded form → folded formal names it may stand for."""
    formal: dict[str, set[str]] = {}
    for name, forms in table("nicknames")["forms"].items():
        for form in forms.split():
            formal.setdefault(fold(form), set()).add(fold(name))
    return {form: frozenset(names) for form, names in formal.items()}


@cache
def _american() -> frozenset[tuple[str, str]]:
    """(name, form), both folded. So many are forms of several names that two forms of one tell nothing."""
    told = table("nicknames_us")["forms"].items()
    return frozenset((name, form) for name, forms in told for form in forms.split())


def _related(a: str, b: str) -> bool:
    """One is a form of the other, or both are forms of one name."""
    if (a, b) in _american() or (b, a) in _american():
        return True
    formal = _formal_names()
    of_a, of_b = formal.get(a, _NO_NAMES), formal.get(b, _NO_NAMES)
    return a in of_b or b in of_a or not of_a.isdisjoint(of_b)


_NO_NAMES: frozenset[str] = frozenset()
