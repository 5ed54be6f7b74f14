"""Established first names: two of them are two people's, however alike they look; Lena is no misprint of Lea.

Not so two spellings of one name (Marlen, Marlene), a name and its beginning (Max, Maximilian), two letters
exchanged (Sean, Sena), nor what nobody is called (Jans for Jan).
"""

import re
from collections import Counter
from collections.abc import Collection
from functools import cache, lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from unifier.matching.spelling import fold
from unifier.matching.tables import table, words

_SOUNDS = tuple(
    (re.compile(written), spoken)
    for written, spoken in (
        ("ph", "f"),
        ("(?<=.)h", ""),
        ("ck|c(?![eiy])|q", "k"),
        ("[yj]", "i"),
        ("ie", "i"),
        ("w", "v"),
        ("[zc]", "s"),
        (r"(.)\1+", r"\1"),
        ("(?<=..)[ae]$", ""),
    )
)


def of_two_people(a: str, b: str) -> bool:
    """Two folded first names that are alike, the smaller first, are no misprints or spellings of one."""
    if (a, b) in _told_apart():
        return True
    known = bearers()
    one, other = known.get(a), known.get(b)
    if one is None or other is None or sorted(a) == sorted(b):
        return False
    if {one, other} == {"men", "women"}:
        return True
    return not (a.startswith(b) or b.startswith(a) or _spoken(a) == _spoken(b))


def borne(name: str) -> bool:
    """Whether people bear a folded first name or a word of it, or it may stand for one: an initial."""
    known = bearers()
    return any(len(word) == 1 or word in known for word in (name, *name.split()))


def misspelt(mine: Collection[str], theirs: Collection[str]) -> bool:
    """Whether first names that differ may be one: nobody bears what one side tells, or two are alike."""
    return bool(mine and theirs) and (
        not (any(map(borne, mine)) and any(map(borne, theirs)))
        or any(2 * OSA.distance(a, b) <= max(len(a), len(b)) for a in mine for b in theirs)
    )


def one_name(mine: Collection[str], theirs: Collection[str]) -> bool:
    """Whether one side tells a misspelt form of what the other tells: letters in it follow one another as in
    no name, and hardly any name that people bear is nearer to it (kcma: Jemma; daaniel: Daniel, not Stanley).
    """
    return any(_meant(a, b) or _meant(b, a) for a in mine for b in theirs)


def _meant(told: str, name: str) -> bool:
    """Two thirds of the letters at most are edits, and no name that people bear is nearer by two or more."""
    if not _garbled(told):
        return False
    edits = OSA.distance(told, name)
    return 3 * edits <= 2 * max(len(told), len(name)) and edits <= _nearest(told) + 1


@lru_cache(maxsize=1_024)
def _garbled(name: str) -> bool:
    """Nobody bears it, and it has three letters in a row (or two at an end) that no name has."""
    return not borne(name) and any(not _threes(word) <= _known_threes() for word in name.split())


@lru_cache(maxsize=1_024)
def _nearest(name: str) -> int:
    """Edits to the nearest name that people bear."""
    return int(process.cdist([name], list(bearers()), scorer=OSA.distance).min())


@cache
def _known_threes() -> frozenset[str]:
    return frozenset[str]().union(*(_threes(word) for name in bearers() for word in name.split()))


def _threes(word: str) -> set[str]:
    ended = f"^{word}$"
    return {ended[at : at + 3] for at in range(len(word))}


def akin(a: str, b: str) -> bool:
    """Half of the letters of the longer name are the other's too, in any order, or one is an initial."""
    short, long = sorted((a, b), key=len)
    return len(short) == 1 or sum((Counter(a) & Counter(b)).values()) >= len(long) // 2


@lru_cache(maxsize=1_024)
def established(names: tuple[str, ...]) -> tuple[str, ...]:
    """Those of one person's names that are established; all if none is."""
    return tuple([name for name in names if name in bearers()]) or names


@lru_cache(maxsize=1_024)
def in_full(names: tuple[str, ...]) -> tuple[str, ...]:
    """One person's names without the initials that a longer one of them begins with."""
    begun = {name[0] for name in names if len(name) > 1}
    return tuple([name for name in names if len(name) > 1 or name not in begun])


@cache
def bearers() -> dict[str, str]:
    """Folded name → who bears it."""
    return {name: who for who in ("men", "women", "either") for name in words(table("firstnames")[who])}


@cache
def _told_apart() -> frozenset[tuple[str, str]]:
    """Paul and Paula, Karin and Karina: common names that are alike."""
    pairs = table("nicknames")["of_two_people"].items()
    return frozenset((fold(one), fold(other)) for one, others in pairs for other in others.split())


def _spoken(name: str) -> str:
    """One form for the spellings of a name, and for its endings in several languages (Josefina, Josefine)."""
    for written, spoken in _SOUNDS:
        name = written.sub(spoken, name)
    return name
