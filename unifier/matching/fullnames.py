"""Full names: which words of one line are the first, the middle and the last name.

"Dr. Anna M. von der Heide", "Heide, Anna M. von der", "HEIDE Anna", "Smith, John, Jr.", "José García López".
"""

from unifier.matching.spelling import letters
from unifier.matching.tables import table, words
from unifier.matching.titles import PARTICLES, is_title, name_words, untitled, without_degrees

_SPANISH = table("names")["spanish"]
_TWO_LAST_NAMES = words(_SPANISH["countries"])
_SECOND_FIRST_NAMES = words(_SPANISH["second"])
_PARTICLES = PARTICLES["dropped"] | PARTICLES["joined"]
_NO_PARTS = ("", "", "")


def take_apart(raw: str, country: str = "") -> tuple[str, str, str]:
    """(first, middle, last) as written, but without titles; a suffix stays behind the last name.

    One word alone is a last name. `country` says whether people have two last names.
    """
    pieces = [piece for piece in raw.split(",") if any(map(str.isalpha, piece))]
    suffix = ""
    while len(pieces) > 1 and is_title(name_words(pieces[-1])):
        suffix = untitled(["x", *name_words(pieces.pop())])[1] or suffix
    if not pieces:
        return _NO_PARTS
    if len(pieces) > 1:
        first, middle = _given(_compounds(pieces[1]))
        return first, middle, f"{pieces[0]} {suffix}".strip()
    told = _compounds(pieces[0])
    kept, own = untitled(told, 2)
    suffix = suffix or own
    if len(kept) < 2:
        return "", "", " ".join([*kept, suffix]).strip()
    if capitals := _leading_capitals(pieces[0], kept):
        return (*_given(kept[capitals:]), " ".join([*kept[:capitals], suffix]).strip())
    start = 0 if kept[0] in PARTICLES["dropped"] else _last_name(kept, country)
    return " ".join(kept[: min(1, start)]), " ".join(kept[1:start]), " ".join([*kept[start:], suffix]).strip()


def _compounds(text: str) -> list[str]:
    """Words; a double name with a hyphen (Anna-Maria) is one."""
    told: list[str] = []
    for token in without_degrees(text).replace(".", " ").split():
        if token.isalpha():
            told.append(token)
            continue
        parts = letters(token).split()
        told += parts if is_title(parts) else ["-".join(parts)]
    return told


def _given(told: list[str]) -> tuple[str, str]:
    """First and middle name of what is told behind the last one; "Anna van den" has its particles there."""
    kept, _ = untitled(told, len(told))
    while len(kept) > 1 and kept[-1] in _PARTICLES:
        kept.pop()
    return (kept[0], " ".join(kept[1:])) if kept else ("", "")


def _last_name(kept: list[str], country: str) -> int:
    """Where the last name begins."""
    for at in range(2, len(kept) - 1):
        if kept[at] in PARTICLES["born"]:  # Anna Müller geb. Schmidt
            return _with_particles(kept, at - 1)
    start = _with_particles(kept, len(kept) - 1)
    before = kept[start - 1]
    if country in _TWO_LAST_NAMES and start > 1 and len(before) > 1 and before not in _SECOND_FIRST_NAMES:
        start = _with_particles(kept, start - 1)
    return start


def _with_particles(kept: list[str], start: int) -> int:
    while start > 1 and (kept[start - 1] in _PARTICLES or (start > 2 and _article(kept, start - 1))):
        start -= 1
    return start


def _article(kept: list[str], at: int) -> bool:
    return kept[at] in PARTICLES["articles"] and kept[at - 1] in PARTICLES["dropped"]


def _leading_capitals(raw: str, kept: list[str]) -> int:
    """How many words are a last name in capitals before a first name that is not: "DE GAULLE Charles"."""
    if raw.istitle() or raw.isupper() or raw.islower():
        return 0
    written = [token for token in raw.replace(".", " ").split() if letters(token).replace(" ", "-") in kept]
    count = 0
    while count < len(written) and len(written[count]) > 1 and written[count].isupper():
        count += 1
    longest = max([len(token) for token in written[:count]], default=0)
    return count if longest > 2 and count < len(written) == len(kept) else 0
