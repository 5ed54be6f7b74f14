"""House numbers: told apart from the street, whether they stand before it or behind it, and from the flat."""

import re

from unifier.matching.tables import table, words

_TABLE = table("streets")


def _any_of(text: str) -> str:
    return "|".join(map(re.escape, sorted(words(text), key=len, reverse=True)))


_UNITS, _ALONE = _any_of(_TABLE["units"]["before"]), _any_of(_TABLE["units"]["alone"])
_WORD = rf"(?:(?:{_any_of(_TABLE['words']['number'])})(?![a-z])[.\s]*)?"
_BEHIND: dict[str, str] = _TABLE["words"]["behind"]
_BIS = "|".join(_BEHIND)

# Flat 3, 12 High Street; Hauptstr. 12 Stiege 2 Tür 5; 12 Main St #4; Calle Mayor 12, 3º B. What repeats has
# to be read in one way alone: where a space may belong to two parts, each further one doubles the time.
_UNIT_FIRST = re.compile(rf"(?:{_UNITS})\b\.?\s*(?:#\s*)?(?:\d+[a-z]?|[a-z])\s*(?:[,/-]|\s(?=\d))\s*")
_FLOOR = _any_of(_TABLE["units"]["floor"])
_NUMBERED = rf"(?:{_UNITS})\b\.?\s*(?:#\s*)?{_WORD}(?:\d+(?:\s?[a-z])?|[a-z]{{1,2}})"
_UNIT = rf"(?:\d+\.?\s?(?:{_FLOOR})|{_NUMBERED}|#\s*\w+|(?:{_ALONE}))\b"
_UNIT_LAST = re.compile(rf"[\s,;/-]+{_UNIT}(?:[\s,;/-]+{_UNIT})*+\s*$")
_WITHOUT = re.compile(r"[\s,]+(?:s/n|snc)\.?\s*$")
_FLAT = r"(?:\s*[-/+]\s*(?:\d+(?:\s?[a-z])?|[a-z]{1,3}))*(?:\s+(?:i{1,3}|\d{1,2}\s?[oa](?:\s?[a-z]{1,4})?))?"
_BEHIND_STREET = re.compile(
    rf"(?<=[^\d])(?<![^\W\d_])(?<!\d[-/+]){_WORD}(?<!\d)(\d+)\s?({_BIS}|[-/]?[a-z])?{_FLAT}[\s,.]*$"
)
_BEFORE_STREET = re.compile(
    rf"{_WORD}(\d+)\s?((?:{_BIS})\b|(?<=\d)[a-z]\b(?!')|(?<=\s)(?![nsew]\b)[a-z](?=\s+\S+\s))?([-/]\s?\d+[a-z]?)?"
    r"\s*(?:,\s*|\s)(?=.*[a-z]{2})"
)
_ALONE_NO = re.compile(rf"{_WORD}\d+\s?(?:{_BIS}|[a-z]|/[a-z])?{_FLAT}[\s.]*")
_WITHIN = {
    "AT": re.compile(r"\d[a-z]?/(\d+(?:/\d+)*)$"),  # 12/3/4
    "NL": re.compile(r"\d[a-z]?(?:\s?-\s?(\d+|[a-z]{1,2})|\s(i{1,3}))$"),  # 12-3, 12 III
    "ES": re.compile(r"\d,?\s(\d{1,2}\s?[oa](?:\s?[a-z]{1,4})?)$"),  # 12, 3º B
}
_ORDINAL = re.compile(r"(?<=\d)\s?[oa]\b(?!$)")
_PART = re.compile(r"\d+\s?[a-z]\b|\d+|[a-z]+")
_ROMAN = {"i": "1", "ii": "2", "iii": "3"}
_FLOORS = words(_TABLE["units"]["floor"])
_OF_A_FLAT = words(" ".join(_TABLE["units"].values()))
_NO_FLAT = words(f"{_TABLE['units']['before']} {_TABLE['units']['floor']} {_TABLE['words']['number']}")
_WORDS = re.compile(r"[a-z]+")
_LETTER, _DIGIT = re.compile(r"[a-z]"), re.compile(r"\d")
_RANGE = re.compile(r"(?<=[a-z0-9])\s*[-+]\s*(?=\d)|(?<=[a-z])-(?=[a-z]$)")
_HALF = re.compile(r"\s1/2\b")
_NOT_PART = re.compile(r"[^a-z0-9]+")
_HYPHENATED = ("US", "CA")
"""Countries where 12-34 is one house; elsewhere it is the houses 12 to 34, or flat 34 in house 12."""


def without_flat(text: str) -> str:
    """A `plain` street line with number, without the flat."""
    if "#" not in text and _OF_A_FLAT.isdisjoint(_WORDS.findall(text)):
        return text
    text = _UNIT_LAST.sub("", text)
    first = _UNIT_FIRST.match(text)
    return text[first.end() :] if first else text


def flat(text: str, country: str) -> str:
    """The flat in a `plain` street line or house number: "4b", "3 4" of Stiege 3 Tür 4, "floor 2 links"."""
    text = text.strip(" ,.")
    told = []
    if "#" in text or not _OF_A_FLAT.isdisjoint(_WORDS.findall(text)):
        for found in (_UNIT_FIRST.match(text), _UNIT_LAST.search(text)):
            told += [found[0]] if found else []
    if not told and country in _WITHIN and (behind := _WITHIN[country].search(text)):
        told = [_ORDINAL.sub("", "".join(filter(None, behind.groups())))]
    return flat_told(" ".join(told))


def flat_told(text: str) -> str:
    """A flat that is told by itself, `plain`, without the words that say that it is one."""
    parts = [part.replace(" ", "").lstrip("0") for part in _PART.findall(text)]
    floor = ["floor"] if not _FLOORS.isdisjoint(parts) else []
    kept = [_ROMAN.get(part, part) for part in parts if part and part not in _NO_FLAT]
    return " ".join(floor + (kept or parts))


def apart(text: str, country: str) -> tuple[str, str]:
    """(street, house number) of a `plain` line; the number "" if there is none."""
    if text.endswith(("s/n", "s/n.", "snc")):
        text = _WITHOUT.sub("", text)
    if not _DIGIT.search(text):
        return text, ""
    if "1/2" in text:
        text = _HALF.sub("", text)
    if found := _BEFORE_STREET.match(text):
        more = found[3] if found[3] and country in _HYPHENATED else ""
        return text[found.end() :], number(
            f"{found[1]}{_BEHIND.get(found[2] or '', found[2] or '')}{more}", country
        )
    if (found := _BEHIND_STREET.search(text)) and _LETTER.search(text, 0, found.start()):
        return text[: found.start()], number(f"{found[1]}{found[2] or ''}", country)
    return text, ""


def is_number(text: str) -> bool:
    """Nothing but a house number."""
    return _ALONE_NO.fullmatch(text) is not None


def number(text: str, country: str) -> str:
    """A `plain` house number by itself: digits and letter, without flat and leading zeros; 12 of 12-14."""
    if not text or text.isdigit():
        return text.lstrip("0")
    head, slash, tail = _HALF.sub("", without_flat(text)).removesuffix(".0").partition("/")
    if slash and len(tail.strip()) == 1 and tail.strip().isalpha():  # 12/A
        head += tail
    if country not in _HYPHENATED:
        head = _RANGE.split(head)[0]
    for word, letter in _BEHIND.items():
        head = head.replace(word, letter)
    head = re.sub(rf"^{_WORD}(?=\d)", "", head.strip())
    return _NOT_PART.sub("", head).lstrip("0")
