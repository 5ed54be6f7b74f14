"""Names in mailboxes: whom anna.huber77@… and hubera@… tell, if it is anybody."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from unifier.matching.firstnames import bearers
from unifier.matching.spelling import folded, plain

SHORTEST = 3
"""Letters of a name that is told without a sign beside it."""
_NOT_LETTERS = re.compile("[^a-z]+")


class Told(NamedTuple):
    """A name that a mailbox tells, folded; an initial, or "" where it tells none."""

    first: str
    last: str


@lru_cache(maxsize=4_096)
def told_by(address: str) -> tuple[Told, ...]:
    """What may be read in anna.huber77, huber_anna, annahuber, a.huber, ahuber; in anna77 but a first name.

    Whether it is meant so, the surname says.
    """
    words = [word for word in _NOT_LETTERS.split(plain(address.partition("@")[0])) if word]
    if len(words) == 1:
        return tuple(_in_one(folded(words[0])))
    if len(words) != 2 or max(map(len, words)) < SHORTEST:
        return ()
    one, other = map(folded, words)
    if len(one) == 1 or len(other) == 1:
        return (Told(*sorted((one, other), key=len)),)
    known = bearers()
    return (Told(other, one),) if other in known and one not in known else (Told(one, other),)


def _in_one(word: str) -> Iterator[Told]:
    """Of a name without a sign in it the longest first name before it, one behind it, or an initial."""
    if len(word) < SHORTEST:
        return
    known = bearers()
    if word in known:
        yield Told(word, "")
        return
    ends = range(SHORTEST, len(word) - 1)
    if at := next((at for at in reversed(ends) if word[:at] in known), 0):
        yield Told(word[:at], word[at:])
    if later := next((at for at in ends if word[-at:] in known), 0):
        yield Told(word[-later:], word[:-later])
    if not at:
        yield Told(word[0], word[1:])


def named_only(address: str, firsts: Iterable[str], lasts: Iterable[str]) -> bool:
    """The letters of a mailbox are the name of a person of these names: anna.huber, huber1, ahuber77."""
    told = folded(_NOT_LETTERS.sub("", plain(address.partition("@")[0])))
    ones, others = ([folded(name.replace(" ", "")) for name in names] for names in (firsts, lasts))
    return told in ones or any(
        told in (last, *map(folded, (first + last, last + first, first[:1] + last, last + first[:1])))
        for last in others
        for first in ones or ("",)
    )
