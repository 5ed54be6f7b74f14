"""Cologne phonetics: names that sound alike in German have one code.

H. J. Postel, "Die Kölner Phonetik", IBM-Nachrichten 19 (1969), 925-931. Reads what `spelling.fold` gives.
"""

import re
from functools import lru_cache

_CODES = dict.fromkeys("aeijouy", "0") | {
    "b": "1", "p": "1", "d": "2", "t": "2", "f": "3", "v": "3", "w": "3", "g": "4", "k": "4", "q": "4",
    "l": "5", "m": "6", "n": "6", "r": "7", "s": "8", "z": "8",
}  # fmt: skip
_REPEATED = re.compile(r"(.)\1+")


@lru_cache(maxsize=8_192)
def cologne(name: str) -> str:
    """The digits of the code; "" if no letter is left. "muller", "muler" and "moller" all give "657"."""
    letters = "".join([letter for letter in name if letter.isalpha()])
    codes = [_code(letters, at) for at in range(len(letters))]
    joined = _REPEATED.sub(r"\1", "".join(codes))
    return joined[:1] + joined[1:].replace("0", "")


def _code(letters: str, at: int) -> str:
    letter = letters[at]
    before = letters[at - 1] if at else ""
    after = letters[at + 1 : at + 2]
    if letter == "p" and after == "h":
        return "3"
    if letter in "dt" and after and after in "csz":
        return "8"
    if letter == "c":
        soft_before = bool(before) and before in "sz"
        hard_after = bool(after) and after in ("ahkloqrux" if not at else "ahkoqux")
        return "4" if hard_after and not soft_before else "8"
    if letter == "x":
        return "8" if before and before in "ckq" else "48"
    return _CODES.get(letter, "")
