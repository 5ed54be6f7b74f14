"""Files that nobody wants, through the whole command, training included: an answer, or one line why not."""

import gzip
import io
import os
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


@pytest.mark.parametrize(
    "line",
    [
        '{"id": "1", "first": "An\\ud83d", "last": "", "mail": "", "card": ""}',
        '{"id": "\\uDE00", "first": "", "last": "", "mail": "", "card": ""}',
        '{"id": "1", "note": ' + "[" * 100_000 + "]" * 100_000 + "}",
    ],
    ids=["half of an emoji", "half of an emoji as id", "deeply nested"],
)
def test_json_that_no_text_can_hold_is_one_line(
    put: Put, capsys: pytest.CaptureFixture[str], line: str
) -> None:
    path, spec = put("rows.jsonl", line), put("spec.toml", PEOPLE)
    assert main(["link", str(path), "--spec", str(spec), "--out", str(path.with_name("out.csv"))]) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"unifier: {path}: line 1: ")
    assert told.count("\n") == 1


def test_whole_characters_may_be_written_in_halves(put: Put) -> None:
    row = '{"id": "1", "first": "An\\ud83d\\ude00na", "last": "", "mail": "", "card": ""}'
    path, spec = put("rows.jsonl", row), put("spec.toml", PEOPLE)
    out = path.with_name("out.csv")
    assert main(["link", str(path), "--spec", str(spec), "--out", str(out)]) == 0


@pytest.mark.parametrize(
    "command",
    [
        "link rows.csv --spec spec.toml --out rows.csv",
        "link rows.csv --spec spec.toml --out ./spec.toml",
        "link rows.csv --spec spec.toml --out out.csv --report rows.csv",
        "link rows.csv --spec spec.toml --out out.csv --explain link.csv",
        "link rows.csv --spec spec.toml --out out.csv --report ../{here}/out.csv",
        "train rows.csv --spec spec.toml --out rows.csv",
        "train --journey rows.csv --spec spec.toml --out spec.toml",
    ],
)
def test_a_file_that_is_read_is_not_overwritten(
    put: Put, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    rows, spec = f"{HEAD}\n1,Anna,Jagemann,a@x.de,\n", PEOPLE
    folder = put("rows.csv", rows).parent
    put("spec.toml", spec)
    (folder / "link.csv").symlink_to("rows.csv")
    monkeypatch.chdir(folder)
    assert main(command.format(here=folder.name).split()) == 2
    told = capsys.readouterr().err
    assert "choose another file" in told
    assert told.count("\n") == 1
    assert ((folder / "rows.csv").read_text(), (folder / "spec.toml").read_text()) == (rows, spec)


def test_outputs_that_are_no_files_may_be_one(put: Put) -> None:
    path, spec = put("rows.csv", f"{HEAD}\n1,Anna,Jagemann,a@x.de,\n"), put("spec.toml", PEOPLE)
    command = ["link", str(path), "--spec", str(spec), "--out", "/dev/null", "--report", "/dev/null"]
    assert main(command) == 0


@pytest.mark.parametrize("packed", [False, True])
def test_rows_may_come_through_a_pipe(put: Put, packed: bool) -> None:
    """`unifier link <(zcat rows.csv.gz) …`, or with what it gives still packed."""
    rows = f"{HEAD}\n1,Anna,Jagemann,a@x.de,\n2,Otto,Unterhuber,,\n".encode()
    spec = put("spec.toml", PEOPLE)
    out = spec.with_name("out.csv")
    end, start = os.pipe()
    with os.fdopen(start, "wb") as pipe:
        pipe.write(gzip.compress(rows) if packed else rows)
    try:
        assert main(["link", f"/dev/fd/{end}", "--spec", str(spec), "--out", str(out)]) == 0
    finally:
        os.close(end)
    assert outcome(out) == {"1": "p_1", "2": "p_2"}


@pytest.mark.parametrize(
    "command",
    [
        "link none.csv --spec spec.toml --out none/out.csv",
        "link none.csv --spec spec.toml --out .",
        "link none.csv --spec spec.toml --out out.csv --report none/report.json",
        "link none.csv --spec spec.toml --out out.csv --explain spec.toml/pairs.jsonl",
        "train none.csv --spec spec.toml --out none/model.json",
        "train --journey none.csv --spec spec.toml --out .",
    ],
)
def test_what_cannot_be_written_is_told_before_the_work(
    put: Put, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    journey = 'user = "u"\nevent = "e"\ntime = "t"\n'
    monkeypatch.chdir(put("spec.toml", journey if "--journey" in command else PEOPLE).parent)
    assert main(command.split()) == 2
    told = capsys.readouterr().err
    assert "cannot be written" in told
    assert told.count("\n") == 1


def test_a_pipe_can_be_written(put: Put) -> None:
    """`unifier link … --out >(gzip > out.csv.gz)`."""
    path, spec = put("rows.csv", f"{HEAD}\n1,Anna,Jagemann,a@x.de,\n"), put("spec.toml", PEOPLE)
    end, start = os.pipe()
    assert main(["link", str(path), "--spec", str(spec), "--out", f"/dev/fd/{start}"]) == 0
    os.close(start)
    with os.fdopen(end, "rb") as pipe:
        assert pipe.read() == b"rec_id,profile_id\n1,p_1\n"
