"""The generated documents are those that the code makes today; each decision has a number of its own."""

import runpy
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_no_generated_document_is_out_of_date() -> None:
    made: dict[str, str] = runpy.run_path(str(ROOT / "docs/generate.py"))["documents"]()
    stale = [
        path
        for path, text in made.items()
        if not (ROOT / path).is_file() or (ROOT / path).read_text(encoding="utf-8") != text
    ]
    assert not stale, "make docs"


def test_each_decision_has_a_number_of_its_own_which_its_title_tells() -> None:
    pages = sorted((ROOT / "docs/decisions").glob("*.md"))
    numbers = [page.name[:4] for page in pages]
    assert sorted(set(numbers)) == numbers
    titles = [page.read_text(encoding="utf-8").partition("\n")[0] for page in pages]
    assert [title.partition(".")[0] for title in titles] == [f"# {int(number)}" for number in numbers]
