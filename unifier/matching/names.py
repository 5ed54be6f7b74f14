"""Names: one comparable form of what people, tills and shops write.

`fold` brings all spellings of an umlaut together: Müller, Mueller, Muller and MULLER are one, ß, ss and sz
too. What is left over is lower-case letters and single spaces between the parts of a double name.
"""

import re
import unicodedata
from functools import lru_cache

from anyascii import anyascii

LONGEST = 100
"""Letters of a name that count; what is longer is no name, and must not cost more than one."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TITLES = _words(
    "dr prof professor dipl ing phil med rer nat mag mba msc bsc phd herr frau hr fr familie fam firma "
    "mr mrs ms miss mister sir madam mx jr sr junior senior ii iii iv"
)
_PLACEHOLDERS = _words(
    "kunde kundin kunden gast guest customer client laufkunde laufkundschaft barkunde barverkauf test tester "
    "testkunde testuser mustermann musterfrau unbekannt unbekannte unknown anonym anonymous diverse nobody "
    "nn na none null nil nan undefined xx xxx xxxx vorname nachname name firstname lastname"
)
_PARTICLES = _words("von van vom zu zum zur de der den del della di da dos la le el al bin ibn mc mac st")
_UNIQUE_LETTERS = str.maketrans(
    {"ß": "ss", "ø": "o", "œ": "oe", "æ": "ae", "ł": "l", "đ": "d", "ð": "d", "þ": "th"}
)
_NOT_LETTERS = re.compile(r"[^a-z]+")
# A "ue" after a, e or q is no umlaut: Bauer, Neuer, Quelle.
_TRANSCRIBED = re.compile(r"([ao])e+|(?<![aeq])(u)e+|s(?:s|z)+")


def plain(text: str) -> str:
    """Lower-case ASCII of any script; accents and umlaut dots are dropped, punctuation stays."""
    text = text.casefold()
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text.translate(_UNIQUE_LETTERS))
        text = "".join([letter for letter in text if not unicodedata.combining(letter)])
        if not text.isascii():
            text = anyascii(text).casefold()
    return text


def _untranscribed(found: re.Match[str]) -> str:
    return found[1] or found[2] or "s"


def fold(text: str) -> str:
    """The spelling-free form of a name or a street: `plain` letters with ae, oe, ue, ss, sz as a, o, u, s."""
    text = " ".join(_NOT_LETTERS.sub(" ", plain(text).replace("'", "").replace("’", "")).split())
    while (folded := _TRANSCRIBED.sub(_untranscribed, text)) != text:
        text = folded
    return text


@lru_cache(maxsize=65_536)
def name_part(raw: str) -> str:
    """First, middle or last name; titles go, and a placeholder (Kunde, Gast, Test) is no name: ""."""
    words = _NOT_LETTERS.sub(" ", plain(raw[:LONGEST]).replace("'", "").replace("’", "")).split()
    words = [word for word in words if word not in _TITLES or len(words) == 1]
    fills_a_field = "".join(words) in _PLACEHOLDERS or any(word in _PLACEHOLDERS for word in words)
    if fills_a_field or (len(words) == 1 and words[0] in _TITLES):
        return ""
    return fold(" ".join(words))[:LONGEST].strip()  # other scripts grow when written in Latin letters


@lru_cache(maxsize=16_384)
def full_name(raw: str) -> tuple[str, str, str]:
    """(first, middle, last) of "Dr. Anna M. von der Heide" or "Heide, Anna"."""
    last, comma, rest = raw[: 2 * LONGEST].partition(",")
    if comma:
        first, _, middle = name_part(rest).partition(" ")
        return first, middle, name_part(last)
    words = name_part(raw[: 2 * LONGEST]).split()
    if len(words) < 2:
        return "", "", " ".join(words)
    start = len(words) - 1
    while start > 1 and words[start - 1] in _PARTICLES:
        start -= 1
    return words[0], " ".join(words[1:start]), " ".join(words[start:])
