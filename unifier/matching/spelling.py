"""Spelling: one form of a text, however its letters were written.

`plain` makes lower-case ASCII of any script and mends what systems do to letters on the way. `fold` goes
further and brings the spellings of an umlaut together: Müller, Mueller, Muller and MULLER are one, ß, ss and
sz too. Both are for comparing, never for showing.
"""

import re
import unicodedata
from html import unescape

from anyascii import anyascii

LONGEST = 100
"""Letters of a name, a street or a text that count; what is longer is none, and must not cost more."""

_LETTERS = str.maketrans(
    {"ß": "ss", "ø": "o", "œ": "oe", "æ": "ae", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
    | dict.fromkeys("’‘ʼ`´′", "'")
    | dict.fromkeys("\ufeff\u00ad\u200b\u200c\u200d\u2060\ufffd", "")  # invisible, or lost on the way
)
# Greek vowels of two letters; read one by one, ου would be "oy".
_GREEK = (("ου", "ou"), ("αυ", "av"), ("ευ", "ev"))
_MISREAD = re.compile("[ÃÂÅÄ]")
_MARKS = re.compile("[\u0300-\u036f]+")
_NOT_LETTERS = re.compile(r"[^a-z]+")
# A "ue" after a, e or q is no umlaut: Bauer, Neuer, Quelle.
_TRANSCRIBED = re.compile(r"([ao])e+|(?<![aeq])(u)e+|s(?:s|z)+")


def plain(text: str) -> str:
    """Lower-case ASCII of any script; accents and umlaut dots are dropped, punctuation stays."""
    if "&" in text and ";" in text:
        text = unescape(text)
    if text.isascii():
        return text.lower()
    if _MISREAD.search(text):
        text = _mended(text)
    text = _MARKS.sub("", unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))).lower()
    if text.isascii():
        return text
    for two, sound in _GREEK:
        text = text.replace(two, sound)
    return anyascii(text).lower()


def _mended(text: str) -> str:
    """UTF-8 that was read as Windows-1252: "MÃ¼ller". What was not (JOÃO) is no UTF-8, and stays."""
    for encoding in ("cp1252", "latin-1"):
        try:
            return text.encode(encoding).decode("utf-8")
        except UnicodeError:
            continue
    return text


def letters(text: str) -> str:
    """Words of `plain` letters with single spaces between; an apostrophe is no gap (O'Neil)."""
    if "?" in text:  # an umlaut that an old code page could not write
        text = text.replace("?", "")
    text = plain(text)
    if text.isalpha():
        return text
    return " ".join(_NOT_LETTERS.sub(" ", text.replace("'", "")).split())


def folded(text: str) -> str:
    """`letters` with ae, oe, ue, ss, sz as a, o, u, s."""
    while (shorter := _TRANSCRIBED.sub(_untranscribed, text)) != text:
        text = shorter
    return text


def _untranscribed(found: re.Match[str]) -> str:
    return found[1] or found[2] or "s"


def fold(text: str) -> str:
    """The spelling-free form of a name or a street: letters a to z, single spaces between words."""
    return folded(letters(text))
