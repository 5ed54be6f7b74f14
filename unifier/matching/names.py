"""Names: first, middle and last in one comparable form, from whatever fields and order they were told in.

What is kept is `fold`ed: lower-case letters, single spaces between the parts of a double name. Titles go;
what tells father from son (jr, sr, iii) ends the middle name. Particles that are often left out (von, de) go,
those written together or apart (Mc, La) are written together.

A company is no person: its first name is `COMPANY`, which agrees with no person's, its last name the
company's without the legal form (two companies of one house are no more alike for being two GmbH). So two
rows of a company agree, and nobody agrees with the firm he works for.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from unifier.matching.companies import Company, company, is_address
from unifier.matching.fullnames import take_apart
from unifier.matching.spelling import LONGEST, folded, letters, plain
from unifier.matching.tables import table, words
from unifier.matching.titles import AND, PARTICLES, name_words, untitled

COMPANY = "@"

_TABLE = table("names")
_PLACEHOLDERS = {what: words(text) for what, text in _TABLE["placeholders"].items()}
_NEVER = _PLACEHOLDERS["never"] | _PLACEHOLDERS["phrases"]
_VAGUE, _LONE = _PLACEHOLDERS["vague"], frozenset(_TABLE["placeholders"]["lone"].split("/"))
_PAIRS = frozenset(_TABLE["placeholders"]["pairs"].split("/"))
_DROPPED, _ARTICLES, _JOINED = PARTICLES["dropped"], PARTICLES["articles"], PARTICLES["joined"]
_PAIR_FIRSTS = frozenset(pair.split()[0] for pair in _PAIRS)
_CARE_OF = re.compile(
    r"\s(?:z\.?\s?h(?:d|nd)?|zu h[äa]nden|attn|att|t\.?a\.?v|[àa] l'attention de|alla c\.?a)\b[.:]?\s",
    re.IGNORECASE,
)


class Name(NamedTuple):
    """What a name is compared by; "" where nothing is known."""

    first: str = ""
    middle: str = ""
    last: str = ""


class _Part(NamedTuple):
    text: str = ""  # folded
    suffix: str = ""
    vague: bool = False  # no name, unless the other part is one


@lru_cache(maxsize=8_192)
def _part(raw: str) -> _Part:
    told = name_words(raw[:LONGEST])
    if "/" in raw and raw.strip().lower() in _NEVER:
        return _Part()
    kept, suffix = untitled(told)
    if not kept or not _NEVER.isdisjoint(kept) or _one_letter_over_and_over(kept) or _is_role(kept):
        return _Part("", suffix)
    vague = _VAGUE.issuperset(kept)
    short = folded(" ".join(kept))
    if short != " ".join(told):  # what is left may be a title or a placeholder now
        return _shortened(_Part("", suffix, vague), short)
    return _Part(short[:LONGEST].strip(), suffix, vague)  # other scripts grow when written in Latin letters


def _one_letter_over_and_over(kept: list[str]) -> bool:
    text = "".join(kept)
    return len(text) > 2 and len(set(text)) == 1


def _is_role(kept: list[str]) -> bool:
    return kept[0] in _PLACEHOLDERS["roles"] and any(word in ("of", "in", "the") for word in kept)


@lru_cache(maxsize=4_096)
def person(first: str, middle: str, last: str, title: str = "") -> Name:
    """The name told in fields; a full name in one of them is taken apart, a company's is told apart."""
    first, middle, last, title = (text[: 2 * LONGEST] for text in (first, middle, last, title))
    if (not first and "," in last) or (not last and "," in first):
        return full_name(first or last)
    firm = _firm(first, last, title)
    if firm is not None:
        return Name(COMPANY, "", firm.name[:LONGEST])
    at_work = company(last)
    if at_work is not None and at_work.form:  # Anna of Müller GmbH: her own name is not told
        last = ""
    elif (at_work := company(first)) is not None and at_work.form:
        first, last = "", f"{middle} {last}"
        middle = ""
        if len(last.split()) > 1:
            return full_name(last)
    return _settled(first, middle, last, title)


@lru_cache(maxsize=4_096)
def full_name(raw: str, country: str = "") -> Name:
    """(first, middle, last) of "Dr. Anna M. von der Heide" or "Heide, Anna"; one word is a last name."""
    text = raw[: 2 * LONGEST]
    firm = company(text)
    if firm is not None:
        if found := _CARE_OF.search(text):  # Müller GmbH, z. Hd. Frau Schmidt
            return full_name(text[found.end() :], country)
        return Name(COMPANY, "", firm.name[:LONGEST])
    if _are_two(text):  # Anna und Peter Müller: the home of both, and neither's name
        return Name("", "", _settled("", "", take_apart(text)[2], "").last)
    first, middle, last = take_apart(text, country)
    at_work = company(first)
    if at_work is not None and at_work.form:  # GmbH Schmidt
        return full_name(f"{middle} {last}".strip(), country)
    return _settled(first, middle, last, "")


def _firm(first: str, last: str, title: str) -> Company | None:
    """The company that the fields name, and no person beside it."""
    named = company(last) if last else company(first)
    if named is None:
        if is_address(title) and not first:
            return Company(folded(letters(last[:LONGEST]).replace(" ", "")), "")
        beside = company(first) if first else None
        return company(f"{first} {last}") if beside is not None and not beside.form else None
    if not first or not last or not named.name or company(first) is not None or not letters(first):
        return company(f"{first} {last}")
    return None


def _settled(first: str, middle: str, last: str, title: str) -> Name:
    """Names in their own fields."""
    given, second, family = _part(first), _part(middle), _part(last)
    family = _shortened(family, _surname(family.text))
    without, initials = _initials(given.text)
    while without != given.text:  # behind a suffix there may be one before it: "anna m jr m"
        given = _shortened(given, without)
        without, more = _initials(given.text)
        initials = f"{more} {initials}".strip()
    one, other = given.text, family.text
    if one in _PAIR_FIRSTS and letters(f"{first} {last}") in _PAIRS:
        one = other = ""
    if given.vague or _are_two(first):
        one = ""
    if family.vague and not one:
        other = ""
    if (one in _LONE and not other) or (other in _LONE and not one):
        one = other = ""
    one, other = _once(one, other)
    suffix = family.suffix or given.suffix or second.suffix or _part(title).suffix
    return Name(one, f"{second.text or initials} {suffix}".strip(), other)


def _are_two(first: str) -> bool:
    """Two first names: "Anna und Peter", "Anna & Peter"."""
    if "&" in first or "+" in first:
        return True
    told = first.split()
    return len(told) > 2 and not AND.isdisjoint(plain(" ".join(told[1:-1])).replace(".", "").split())


def _once(first: str, last: str) -> tuple[str, str]:
    """A full name in one of the fields: its other half is told twice (Anna Schmidt, Schmidt)."""
    if first != last and (" " in first or " " in last):
        if first.endswith(f" {last}") and last:
            return first.removesuffix(f" {last}"), last
        if last.startswith(f"{first} ") and first:
            return first, last.removeprefix(f"{first} ")
    return first, last


def _initials(first: str) -> tuple[str, str]:
    """Initials behind a first name are middle names: "john a" and "john" are one name."""
    if " " not in first:
        return first, ""
    told = first.split()
    end = len(told)
    while end > 1 and len(told[end - 1]) == 1 and len(told[0]) > 1:
        end -= 1
    return " ".join(told[:end]), " ".join(told[end:])


def _shortened(part: _Part, text: str) -> _Part:
    """What is left of a name may be a title or a placeholder: von Gast is a Gast."""
    if text == part.text:
        return part
    again = _part(text)
    return _Part(again.text, part.suffix or again.suffix, part.vague or again.vague)


def _surname(text: str) -> str:
    """A folded last name without the particles that are often left out, the others joined to what follows."""
    if " " not in text:
        return text
    told = text.split()
    kept: list[str] = []
    joined, dropped = "", False
    for word in told:
        if word in _DROPPED or (dropped and word in _ARTICLES):
            dropped = True
        elif word in _JOINED:
            joined += word
        else:
            kept.append(joined + word)
            joined, dropped = "", False
    if joined:
        kept.append(joined)
    short = " ".join(kept) or "".join(told)
    return short if short == text else _surname(short)  # D'A A: what was joined may be a particle now
