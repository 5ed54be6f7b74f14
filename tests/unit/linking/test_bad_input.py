"""Files that nobody wants, through the whole command, training included: an answer, or one line why not."""

import io
import sys
from itertools import product

import pytest

from unifier.cli import main
from unifier.linking.bar import WORTH_IT, Bar
from unifier.linking.rows import Row

from .conftest import PEOPLE, Put, outcome

HEAD = "id,first,last,mail,card"


def linked(put: Put, rows: str | bytes) -> dict[str, str]:
    path, spec = put("rows.csv", rows), put("spec.toml", PEOPLE)
    out = path.with_name("out.csv")
    assert main(["link", str(path), "--spec", str(spec), "--out", str(out)]) == 0
    return outcome(out)


def test_a_file_of_one_row_is_one_profile(put: Put) -> None:
    assert linked(put, f"{HEAD}\n1,Anna,Jagemann,a@x.de,\n") == {"1": "p_1"}


def test_columns_without_any_value_are_no_evidence(put: Put) -> None:
    told = linked(put, f"{HEAD}\n1,Anna,Jagemann,,\n2,Otto,Unterhuber,,\n3,Anna,Jagemann,,\n")
    assert told == {"1": "p_1", "2": "p_2", "3": "p_1"}
    assert linked(put, f"{HEAD}\n1,,,,\n2,,,,\n") == {"1": "p_1", "2": "p_2"}


def test_ten_thousand_rows_of_one_mailbox_are_the_people_who_use_it(put: Put) -> None:
    """Nobody is merged for the mailbox alone; rows that say the same are one."""
    names = ["".join(parts) for parts in product("bdfgklmnpr", "aeiou", "bdfgklmnpr", "aeiou", "lnrt")]
    rows = [f"{n},{name},{name[::-1]}berg,office@school.example," for n, name in enumerate(names)]
    assert len(rows) == 10_000
    assert len(set(linked(put, "\n".join([HEAD, *rows])).values())) > 9_500
    same = [f"{n},Anna,Jagemann,office@school.example," for n in range(10_000)]
    assert len(set(linked(put, "\n".join([HEAD, *same])).values())) == 1


@pytest.mark.parametrize(
    "rows", [f"{HEAD}\n1,Änne,,,\n".encode("latin-1"), f"{HEAD}\n1,Anna,,,\n".encode("utf-16")]
)
def test_an_encoding_that_is_not_utf_8_is_one_line_that_names_the_mend(
    put: Put, capsys: pytest.CaptureFixture[str], rows: bytes
) -> None:
    path, spec = put("rows.csv", rows), put("spec.toml", PEOPLE)
    assert main(["link", str(path), "--spec", str(spec), "--out", str(path.with_name("out.csv"))]) == 2
    told = capsys.readouterr().err
    assert "not UTF-8; save the file as UTF-8" in told
    assert told.count("\n") == 1


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("rows", "terminal", "drawn"),
    [(WORTH_IT + 2_000, True, True), (WORTH_IT - 1, True, False), (WORTH_IT + 2_000, False, False)],
)
def test_a_bar_is_drawn_for_long_files_on_a_terminal_alone(
    monkeypatch: pytest.MonkeyPatch, rows: int, terminal: bool, drawn: bool
) -> None:
    screen = Terminal() if terminal else io.StringIO()
    monkeypatch.setattr(sys, "stderr", screen)
    bar = Bar()
    assert sum(1 for _ in bar.reading((Row(n, n, {}) for n in range(rows)), rows)) == rows
    assert list(bar.track("matching", list(range(rows)))) == list(range(rows))
    shown = screen.getvalue()
    assert ("reading" in shown, "matching" in shown) == (drawn, drawn)
    bar.clear()
    assert not screen.getvalue() or screen.getvalue().endswith("\r")
