"""Addresses: street, house number, postcode and place in one comparable form."""

import re
from functools import lru_cache

from unifier.matching.names import LONGEST, fold, plain

# "Hauptstraße", "Hauptstrasse", "Haupt Str." and "Hauptstr" are one; so are "Main Street" and "main st".
_WORDS = {
    "street": "st", "avenue": "ave", "av": "ave", "road": "rd", "drive": "dr", "lane": "ln",
    "court": "ct", "boulevard": "blvd", "place": "pl", "terrace": "ter", "circle": "cir", "parkway": "pkwy",
    "highway": "hwy", "crescent": "cres", "close": "cl", "square": "sq", "trail": "trl", "ridge": "rdg",
    "north": "n", "south": "s", "east": "e", "west": "w", "northeast": "ne", "northwest": "nw",
    "southeast": "se", "southwest": "sw", "platz": "pl", "plaz": "pl",
}  # fmt: skip
_FOLDED_WORDS = {fold(word): short for word, short in _WORDS.items()}
_GERMAN_STREET = re.compile(r"stras?e?$|str$")
_HOUSE_NO = re.compile(r"^(.*?\D)\s*,?\s*(\d+\s*[a-zA-Z]?(?:\s*[-/]\s*\d+\s*[a-zA-Z]?)?)$")
_LEADING_NO = re.compile(r"^(\d+\s*[a-zA-Z]?)\s+(\D.*)$")
_NOT_PART_OF_NUMBER = re.compile(r"[^a-z0-9]+")
_BY_DIGITS = re.compile(r"\d+")


@lru_cache(maxsize=65_536)
def street(raw: str, house_no: str) -> tuple[str, str]:
    """(street without spaces, house number). Without one of its own, the number is taken off the street."""
    text = raw[:LONGEST].strip()
    number = house_no[:LONGEST].strip()
    if not number and (found := _HOUSE_NO.match(text)):
        text, number = found[1], found[2]
    elif not number and (found := _LEADING_NO.match(text)):
        number, text = found[1], found[2]
    ordinals = "".join(_BY_DIGITS.findall(text))  # 36th street is not 32nd street
    words = [_FOLDED_WORDS.get(word, word) for word in fold(text).split()]
    if words:
        words[-1] = _GERMAN_STREET.sub("str", words[-1])
    return ordinals + "".join(words), _NOT_PART_OF_NUMBER.sub("", plain(number))


@lru_cache(maxsize=16_384)
def postcode(raw: str) -> str:
    """Letters and digits, upper case, without a country before it (D-10117); "" for 00000 and the like."""
    text = _NOT_PART_OF_NUMBER.sub(
        "", plain(raw[:20]).removeprefix("d-").removeprefix("a-").removeprefix("ch-")
    )
    if len(set(text)) < 2 and len(text) > 1:
        return ""
    return text[:20].upper()


@lru_cache(maxsize=16_384)
def place(raw: str) -> str:
    """City or region, folded, without spaces."""
    return fold(fold(raw[:LONGEST]).replace(" ", ""))[:LONGEST]  # what moved together may be an umlaut
