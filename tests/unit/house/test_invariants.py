"""The page of the invariants names all nine, and tests that there are."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
ROWS = re.findall(r"^\| (\d)\. .* \| (.*) \|$", (ROOT / "docs/invariants.md").read_text(), re.MULTILINE)


def test_each_invariant_has_a_row() -> None:
    assert [number for number, _ in ROWS] == list("123456789")


@pytest.mark.parametrize(("number", "tests"), ROWS)
def test_its_tests_are_there(number: str, tests: str) -> None:
    paths = re.findall(r"`(tests/[a-z_/]+\.py)`", tests)
    assert paths
    assert [path for path in paths if "def test_" not in (ROOT / path).read_text()] == []
