"""The generated documents are those that the code makes today."""

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
