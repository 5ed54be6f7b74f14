"""Address lines: "Hauptstr. 12, 10117 Berlin" in one field, and the part of a line that is the street."""

import re
from typing import NamedTuple

from unifier.matching import house_numbers
from unifier.matching.countries import NAMES
from unifier.matching.spelling import letters, plain
from unifier.matching.tables import short_forms, table

DIRECTIONS = frozenset(("n", "s", "e", "w", "ne", "nw", "se", "sw"))
_STREET_WORDS = short_forms(table("streets")["types"]).keys() - DIRECTIONS - {"st"}
_LONGEST = 300
_BREAKS = re.compile(r"[\n\r;|]+|\s-\s")
_GAP = re.compile(r"\s*,\s*")
_MAY_HOLD_A_CODE = re.compile(r"\d{4}|\d[a-zA-Z]{2}\b")
_BRITISH = re.compile(r"^(.*?)[\s,]+([a-z]{1,2}\d[a-z\d]?\s*\d[a-z]{2})$")
_DUTCH = re.compile(r"^(.+?)[\s,]+(\d{4}\s?[a-z]{2})(?:[\s,]+([^\d,]+))?$")
_AMERICAN = re.compile(r"^(.+?)[\s,]+[a-z]{2,3}\.?[\s,]+(\d{5}(?:-\d{4})?|\d{4})$")
_CONTINENTAL = re.compile(r"^(.*[a-z].*?)[\s,]+(?:[a-z]{1,2}-)?(\d{4,5})[\s,]+([^\d,]+)(?:\s\d{1,2})?$")
_CODE_FIRST = re.compile(r"^(?:[a-z]{1,2}-)?(\d{4,5})\s+([^\d,]+?)\s*,\s*(.*\d.*)$")
_PROVINCE = re.compile(r"\s*\([a-z]{2}\)$")  # Roma (RM)
_WITH_NUMBER = re.compile(r"\d|,")
_DIGIT, _LETTER = re.compile(r"\d"), re.compile(r"[a-z]")
_STATES = ("US", "CA", "AU")
_FOUR_DIGITS = ("AT", "CH", "NL", "BE", "LU", "DK", "NO")


class Line(NamedTuple):
    """What a line holds; the street with its number, `plain` if anything else was in it."""

    street: str
    postcode: str = ""
    city: str = ""


def in_one_line(raw: str, country: str) -> Line:
    """Street, postcode and city of one line; a line without a postcode is all street."""
    if len(raw) > _LONGEST or not _MAY_HOLD_A_CODE.search(raw):
        return Line(raw)
    text = plain(_BREAKS.sub(", ", raw.strip())).strip(" ,.")
    if text.endswith(")"):
        text = _PROVINCE.sub("", text)
    text = ", ".join([part.strip() for part in text.split(",")])
    head, _, last = text.rpartition(", ")
    if head and NAMES.get(letters(last).replace(" ", "")) and not _DIGIT.search(last):
        text = head
    return _read(text, country) or Line(raw)


def _read(text: str, country: str) -> Line | None:
    if country in ("", "GB") and (found := _BRITISH.match(text)):
        return _city_last(found[1], found[2])
    if country in ("", "NL") and (found := _DUTCH.match(text)):
        return Line(found[1], found[2], found[3] or "")
    if country in ("", *_STATES) and (found := _AMERICAN.match(text)) and (country or len(found[2]) > 4):
        return _city_last(found[1], found[2])
    if country in ("GB", *_STATES):
        return None
    if (found := _CONTINENTAL.match(text)) and _has_code(found[2], country) and _WITH_NUMBER.search(found[1]):
        return Line(found[1], found[2], found[3])
    if (found := _CODE_FIRST.match(text)) and _has_code(found[1], country):
        return Line(found[3], found[1], found[2])
    return None


def _has_code(digits: str, country: str) -> bool:
    return not country or len(digits) == (4 if country in _FOUR_DIGITS else 5)


def _city_last(head: str, code: str) -> Line:
    """A line whose city stands behind the street, after a comma or after the last street word."""
    street, comma, city = head.rpartition(", ")
    if comma and not any(letter.isdigit() for letter in city):
        return Line(street, code, city)
    told = head.split()
    for kind in (_STREET_WORDS, ("st",)):  # High Street St Albans, Main St Springfield
        for at in range(len(told) - 2, 0, -1):
            if told[at].strip(".,") in kind:
                return Line(" ".join(told[: at + 1]), code, " ".join(told[at + 1 :]))
    return Line(head, code)


def on_the_way(text: str) -> tuple[str, str]:
    """(the part of a `plain` line that is street and number, the name of a house without number)."""
    if "," not in text:
        return text, ""
    first, second, *_ = [*filter(None, _GAP.split(text.strip(" ,"))), "", ""]
    if not second or (not _LETTER.search(second) and not house_numbers.is_number(second)):
        return first, ""
    if house_numbers.is_number(first) or (not _DIGIT.search(first) and house_numbers.is_number(second)):
        return f"{first} {second}", ""  # 12, rue de la Paix; Via Roma, 12
    if not _DIGIT.search(first) and (_DIGIT.search(second) or _is_street(second) > _is_street(first)):
        return second, first  # Rose House, 12 High Street
    return first, ""


def _is_street(text: str) -> bool:
    told = text.replace(".", "").split()
    return not _STREET_WORDS.isdisjoint(told) or told[-1:] == ["st"]
