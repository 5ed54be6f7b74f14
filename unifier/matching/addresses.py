"""Addresses: street, house number, postcode and place in one comparable form.

The flat within the house is no part of it: one person tells it, the next does not, and first names tell
neighbours apart. It is found by itself, as what tells households of one house apart.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from unifier.matching import house_numbers
from unifier.matching.address_lines import DIRECTIONS, in_one_line, on_the_way
from unifier.matching.spelling import LONGEST, fold, folded, plain
from unifier.matching.tables import short_forms, table, words

_STREETS, _PLACES = table("streets"), table("places")
_TYPES = {fold(form) or form: short for form, short in short_forms(_STREETS["types"]).items()}
_DROPPED = words(_STREETS["words"]["dropped"])
_ENDINGS = re.compile(r"(?:stras?e?|str?aat|str)$|(?<=...)(?:(platz|plein)|(wg))$")


def _box(name: str, listed: str) -> str:
    words_of = [r"[\s.]*".join(phrase.split()) for phrase in listed.split("|")]
    return rf"\b(?P<{name}>{'|'.join(words_of)})\b[^a-z0-9]*(?=\d|$)"


_BOX = re.compile("|".join([_box(*item) for item in _STREETS["boxes"].items()]))
_LAST_LETTERS = ("str", "stras", "strase", "aat", "platz", "plein", "wg")
BOXES = frozenset(_STREETS["boxes"])
"""What an address at the post office has for a street."""
_BOX_WORDS = words(re.sub(r"[|]", " ", " ".join(_STREETS["boxes"].values())))
_WORDS = re.compile(r"[a-z]+")
_ABBREVIATED = re.compile(r"(?<=[a-z])\.(?=[a-z])")  # V.le, P.za
_SQUARE = re.compile(r"([a-z])\s?(\d{1,2})[\s,]+(\d.*)")  # Mannheim: Q 7, 12
_COUNTRY_BEFORE = re.compile(r"^(?:[adefilb]|ch|nl|de|at|us)[\s-]+(?=\d)")
_FIVE_DIGITS = ("DE", "FR", "IT", "ES", "US")
_NOT_PART = re.compile(r"[^a-z0-9]+")
_SAINT = re.compile(r"^(?:sankt|saint|sint)\b ?")
_CITIES = {fold(form): fold(city) for form, city in short_forms(_PLACES["cities"]).items()}
_ELIDED = re.compile(r"\b[dl]'")  # d'Italie
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th)\b")
_DIGITS = re.compile(r"\d+")


class Address(NamedTuple):
    """Where somebody lives; "" where it is not told."""

    street: str = ""  # folded, without spaces
    house_no: str = ""
    postcode: str = ""
    city: str = ""


@lru_cache(maxsize=4_096)
def address(road: str, house_no: str, post: str, town: str, country: str) -> Address:
    """An address in fields, or in one line in the street's. What is told in a field of its own counts."""
    line = in_one_line(road, country)
    if not post and town[:1].isdigit():  # 10117 Berlin
        code, _, rest = town.strip().partition(" ")
        post, town = (code, rest) if rest else (post, town)
    return Address(
        *street(line.street, house_no, country),
        postcode(post or line.postcode, country),
        place(town or line.city),
    )


@lru_cache(maxsize=4_096)
def flat(road: str, house_no: str, country: str = "") -> str:
    """The flat within the house, as the street's line or the house number tells it; "" if neither does."""
    line = plain(in_one_line(road, country).street[:LONGEST])
    if not _BOX_WORDS.isdisjoint(_WORDS.findall(line)) and _BOX.search(line):
        return ""
    return house_numbers.flat(line, country) or house_numbers.flat(plain(house_no[:LONGEST]), country)


@lru_cache(maxsize=4_096)
def street(raw: str, house_no: str, country: str = "") -> tuple[str, str]:
    """(street without spaces, house number). Without one of its own, the number is taken off the street."""
    text = _ABBREVIATED.sub("", plain(raw[:LONGEST]).strip())
    number = house_numbers.number(plain(house_no[:LONGEST]).strip(), country)
    if not _BOX_WORDS.isdisjoint(_WORDS.findall(text)) and (box := _BOX.search(text)):
        return box.lastgroup or "", "".join(_DIGITS.findall(text, box.end())) or number
    if square := _SQUARE.fullmatch(text):
        return square[1] + square[2], number or house_numbers.number(square[3], country)
    text = text.replace("c/", "calle ")
    if number or _DIGITS.search(text):
        text = house_numbers.without_flat(text)
    text, house = on_the_way(text)
    way, found = house_numbers.apart(text, country)
    if number and found != number:
        way, found = text, number  # 36th Street: the digits are the street's
    return _street_words(way), found or fold(house).replace(" ", "")


def _street_words(text: str) -> str:
    if "'" in text:
        text = _ELIDED.sub(" ", text)
    digits = _DIGITS.findall(text)
    if digits:
        text = _ORDINAL.sub("", text)
    told = [_TYPES.get(word, word) for word in fold(text).split()]
    told = [word for word in told if word not in _DROPPED] or told
    end = len(told)
    while end > 1 and told[end - 1] in DIRECTIONS:
        end -= 1
    if told[end - 1 : end] == ["st"] and (end > 1 or digits):
        told[end - 1] = "str"
    name = ""
    for word in told:
        if word.isdigit():  # First Avenue
            digits.append(word)
        else:
            name += _ENDINGS.sub(_ending, word) if word.endswith(_LAST_LETTERS) else word
    return "".join(digits) + folded(name)  # 36th street is not 32nd street


def _ending(found: re.Match[str]) -> str:
    return "pl" if found[1] else "weg" if found[2] else "str"


@lru_cache(maxsize=8_192)
def postcode(raw: str, country: str = "") -> str:
    """Letters and digits, upper case, without a country before it (D-10117); "" for 00000 and the like.

    A zero that a spreadsheet lost comes back where codes have five digits; of a US code the first five count.
    """
    text = _COUNTRY_BEFORE.sub("", plain(raw[:20]).strip()).removesuffix(".0")
    text = _NOT_PART.sub("", text)
    if country in _FIVE_DIGITS and text.isdigit():
        if len(text) == 4:
            text = "0" + text
        elif len(text) == 9 and country == "US":
            text = text[:5]
    if (len(set(text)) < 2 and (len(text) > 1 or text == "0")) or (country == "DE" and text == "12345"):
        return ""
    return text[:20].upper()


@lru_cache(maxsize=8_192)
def place(raw: str) -> str:
    """City or region, folded, without spaces; cities under the name they have at home."""
    text = _SAINT.sub("st ", fold(raw[:LONGEST]))
    name = folded(text.replace(" ", ""))[:LONGEST]  # what moved together may be an umlaut
    return _CITIES.get(name, name)
