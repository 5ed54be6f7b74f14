"""Companies: rows of a customer file that name a firm, an office or a club and no person."""

import re
from functools import lru_cache
from typing import NamedTuple

from unifier.matching.spelling import folded, plain
from unifier.matching.tables import short_forms, table, words
from unifier.matching.titles import AND

_TABLE = table("companies")
_FORMS = short_forms(_TABLE["forms"])
_DOUBTFUL = short_forms(_TABLE["doubtful"])
_COMPANY = words(_TABLE["words"]["company"])
_PARTNERS = words(_TABLE["words"]["partners"])
_AND = AND | {"&", "+", "e"}
_TELLING = _FORMS.keys() | _DOUBTFUL.keys() | _COMPANY | _PARTNERS
_GAPS = re.compile(r"[\s,;/()\"-]+|(?<=\w)(?=[&+])|(?<=[&+])(?=\w)")
_WORDS = re.compile(r"[a-z]+")
_NOT_A_WORD = re.compile(r"[^a-z0-9&+]+")
_ADDRESS = words(_TABLE["words"]["address"])
_FIRM = re.compile(r"^\s*Fa\.\s", re.IGNORECASE)


class Company(NamedTuple):
    """A company's name: folded words without spaces; and its legal form, "" if only a word tells it."""

    name: str
    form: str


@lru_cache(maxsize=8_192)
def company(raw: str) -> Company | None:
    """The company that a name is of; None for a person's, and for what may be one (Maria Sa)."""
    text = plain(raw)
    if "." in text:
        raw = _FIRM.sub("Firma ", raw)
        text = plain(raw).replace(".", "")
    if _TELLING.isdisjoint(_WORDS.findall(text)):
        return None
    written = [token for token in _GAPS.split(raw) if token]
    plains = [_NOT_A_WORD.sub("", plain(token)) for token in written]
    forms = [_form(written, plains, at) for at in range(len(plains))]
    if not any(forms) and _COMPANY.isdisjoint(plains):
        return None
    name = [
        word
        for word, form in zip(plains, forms, strict=True)
        if not form and word not in _AND and word != "firma"
    ]
    return Company(folded("".join(name)), " ".join(filter(None, forms)))


def _form(written: list[str], plains: list[str], at: int) -> str:
    """The legal form that the word is, or what stands for one (& Co, & Sons); "" for any other word."""
    word = plains[at]
    if word in _PARTNERS and at and plains[at - 1] in _AND:
        return word
    form = _FORMS.get(word, "")
    if form and len(word) > 2:
        return form if at or len(plains) == 1 else ""
    form = form or _DOUBTFUL.get(word, "")
    if not form or not at:
        return ""
    if "." in written[at][:-1] or (written[at].isupper() and not "".join(written).isupper()):
        return form
    # Two letters in the text's own case: the last word, and no name (Maria Sa).
    return form if word in _FORMS and all(after in _TELLING or after in _AND for after in plains[at:]) else ""


def is_address(title: str) -> bool:
    """A form of address that says company: "Firma"."""
    return plain(title).strip(" .:") in _ADDRESS
