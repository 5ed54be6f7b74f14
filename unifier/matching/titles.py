"""Titles: forms of address, degrees and what tells father from son, told apart from the name beside them."""

import re

from unifier.matching.spelling import letters, plain
from unifier.matching.tables import short_forms, table, words

_TABLE = table("names")
_TITLES = {where: words(text) for where, text in _TABLE["titles"].items()}
_SUFFIXES = short_forms(_TABLE["suffixes"])
_KEPT = frozenset(_SUFFIXES.values())
PARTICLES = {how: words(text) for how, text in _TABLE["particles"].items()}

_ANYWHERE, _FIELDS = _TITLES["anywhere"], _TITLES["fields"]
_LEADING = _ANYWHERE | _TITLES["before"]
_TRAILING = _ANYWHERE | _TITLES["after"] | _SUFFIXES.keys()
PARTICLES["dropped"] |= PARTICLES["born"]
_BEFORE_A_PARTICLE = PARTICLES["dropped"] | PARTICLES["joined"]
_BEHIND_A_COMMA = _TRAILING | _LEADING | _FIELDS | _TITLES["noble"] | frozenset(("st", "nd", "rd", "th"))
AND = words(_TABLE["couples"]["and"])
# "Junior" and "Sen" are also names; these are not.
_NO_NAME = frozenset(("jr", "jnr", "sr", "snr", "ii", "iii", "iv"))
# Written so that they are no name: 3rd, sen.
_SUFFIX = re.compile(r"\b(?:2nd|3rd|4th|sen\.|jun\.)")
_REWRITTEN = {"2nd": "ii", "3rd": "iii", "4th": "iv", "sen.": "snr ", "jun.": "jnr "}
# Degrees in letters with dots. M.A. and M.D. may be initials, unless they come last.
_DOTTED = re.compile(
    r"\b(?:[mb]\.\s?(?:sc|eng|ed)|ph\.\s?d|ll\.\s?[mb]|sig\.(?:ra|na))\b\.?|(?<=\w)[\s,]+[mb]\.\s?[ad]\.?\s*$"
)


def without_degrees(raw: str) -> str:
    """`plain`, without degrees in letters and dots, and with 3rd as iii."""
    text = plain(raw)
    if "." in text:
        text = _DOTTED.sub(" ", text)
    elif "2" not in text and "3" not in text and "4" not in text:
        return text
    return _SUFFIX.sub(lambda found: _REWRITTEN[found[0]], text)


def name_words(raw: str) -> list[str]:
    """The words of a name, titles among them."""
    text = without_degrees(raw)
    return [text] if text.isalpha() else letters(text).split()


def untitled(told: list[str], least: int = 1) -> tuple[list[str], str]:
    """The words without titles, and the suffix among them (jr, sr, ii, iii, iv; "" if none).

    A last word that may be a name (Jun, Sen) is one where fewer than `least` others would be left.
    """
    if len(told) == 1:
        (word,) = told
        if word in _NO_NAME:
            return [], _SUFFIXES[word]
        return ([], "") if word in _TITLES["alone"] else (told, "")
    start, end, suffix = 0, len(told), ""
    while end - start > 1 and _opens(told, start):
        start += 1
    while end - start > 1 and told[end - 1] in _TRAILING:
        if end - start <= least and told[end - 1] not in _NO_NAME:
            break
        end -= 1
        suffix = _SUFFIXES.get(told[end], suffix)
    kept: list[str] = []
    studied = False
    for word in told[start:end]:
        studied = word in _ANYWHERE or (studied and word in _FIELDS)
        if not studied:
            kept.append(word)
    return ([], suffix) if len(kept) == 1 and kept[0] in _TITLES["alone"] else (kept, suffix)


def _opens(told: list[str], at: int) -> bool:
    """A title at the beginning: "Dr. phil. …", "De heer …", "Graf von …", "Herr und Frau …"."""
    word, after = told[at], told[at + 1]
    return (
        word in _LEADING
        or (word in _TITLES["noble"] and after in _BEFORE_A_PARTICLE)
        or (word == "de" and after == "heer")
        or (at > 0 and word in _FIELDS and told[at - 1] in _ANYWHERE | _FIELDS)
        or (at > 0 and word in AND and after in _LEADING)
    )


def suffix_apart(middle: str) -> tuple[str, str]:
    """A comparable middle name without the suffix that may end it, and the suffix: "a jr" is "a", "jr"."""
    name, _, last = middle.rpartition(" ")
    return (name, last) if last in _KEPT else (middle, "")


def is_title(told: list[str]) -> bool:
    """Nothing but titles and suffixes: what may follow a name behind a comma."""
    return _BEHIND_A_COMMA.issuperset(told)
