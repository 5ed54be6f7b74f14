"""How many steps a regular expression takes: a matcher as Python's own works, which counts what it tries."""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

Op = tuple[Any, Any]


class TooManyError(Exception):
    """More steps than allowed."""


def steps(pattern: re.Pattern[str], text: str, most: int) -> int:
    """The steps of a search through the text, tried at every place. Raises TooManyError beyond `most`."""
    matcher = _Matcher(text, most)
    parsed = list(_parser.parse(pattern.pattern, pattern.flags))
    for start in range(len(text) + 1):
        for _ in matcher.ends(parsed, start):
            pass  # all ways in which it can be read: no match that is wanted later can take more
    return matcher.taken


class _Matcher:
    def __init__(self, text: str, most: int) -> None:
        self.text, self.most, self.taken = text, most, 0

    def ends(self, ops: Sequence[Op], at: int) -> Iterator[int]:
        """Where what is left of a pattern may end, in the order in which it is tried."""
        self.taken += 1
        if self.taken > self.most:
            raise TooManyError
        if not ops:
            yield at
            return
        for middle in self._of_one(ops[0], at):
            yield from self.ends(ops[1:], middle)

    def _of_one(self, op: Op, at: int) -> Iterator[int]:
        kind, told = op
        if kind in (sre.MAX_REPEAT, sre.MIN_REPEAT):
            yield from self._repeated(told, at, 0)
        elif kind is sre.POSSESSIVE_REPEAT:
            yield from self._first(self._repeated(told, at, 0))
        elif kind is sre.ATOMIC_GROUP:
            yield from self._first(self.ends(list(told), at))
        elif kind is sre.SUBPATTERN:
            yield from self.ends(list(told[3]), at)
        elif kind is sre.BRANCH:
            for branch in told[1]:
                yield from self.ends(list(branch), at)
        elif kind in (sre.ASSERT, sre.ASSERT_NOT):
            direction, ops = told
            starts = range(at + 1) if direction < 0 else (at,)
            found = any(direction > 0 or end == at for start in starts for end in self.ends(list(ops), start))
            if found == (kind is sre.ASSERT):
                yield at
        elif kind is sre.AT:
            yield from (at,) if _place(str(told)).match(self.text, at) else ()
        elif at < len(self.text) and _is_one_of(op, self.text[at]):
            yield at + 1

    def _first(self, ends: Iterator[int]) -> Iterator[int]:
        end = next(ends, None)
        if end is not None:
            yield end

    def _repeated(self, told: Any, at: int, count: int) -> Iterator[int]:
        least, most, ops = told
        if count < most:
            for end in self.ends(list(ops), at):
                if end > at:
                    yield from self._repeated(told, end, count + 1)
        if count >= least:
            yield at


@cache
def _place(name: str) -> re.Pattern[str]:
    signs = {
        "AT_BEGINNING": r"\A",
        "AT_BEGINNING_STRING": r"\A",
        "AT_BOUNDARY": r"\b",
        "AT_NON_BOUNDARY": r"\B",
    }
    return re.compile(signs.get(name, "$" if name == "AT_END" else r"\Z"))


def _is_one_of(op: Op, letter: str) -> bool:
    kind, told = op
    if kind is sre.ANY:
        return letter != "\n"
    if kind is sre.LITERAL:
        return bool(ord(letter) == told)
    if kind is sre.NOT_LITERAL:
        return bool(ord(letter) != told)
    if kind is sre.RANGE:
        return bool(told[0] <= ord(letter) <= told[1])
    if kind is sre.CATEGORY:
        sign = {"DIGIT": r"\d", "SPACE": r"\s", "WORD": r"\w"}[str(told).rpartition("_")[2]]
        return (re.match(sign, letter) is not None) != ("_NOT_" in str(told))
    assert kind is sre.IN, f"{kind}: not counted yet"
    negated = told[0][0] is sre.NEGATE
    return negated != any(_is_one_of(one, letter) for one in told[negated:])
