"""The page that explains lists every reason why two are not one person."""

import re
from pathlib import Path

from unifier.profiles import verdict

PAGE = Path(__file__).parents[3] / "docs/explaining.md"
ONE_PERSON = {"same", "over", "linked", "linked_through"}
OF_A_STEWARDS_WORD = {"newer_word", "restricted", "too_many_words", "no_two_sides"}  # told in answer to it


def test_every_reason_is_listed() -> None:
    rows = re.findall(r"^\| (`.*`) \| .* \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    listed = [reason for row in rows for reason in re.findall(r"`(.*?)`", row)]
    reasons = verdict._WORDS.keys() - ONE_PERSON - OF_A_STEWARDS_WORD
    assert sorted(listed) == sorted([*reasons, "unique:TYPE"])
