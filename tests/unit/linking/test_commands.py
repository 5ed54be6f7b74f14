import csv
import json

import pytest

from unifier.cli import main

from .conftest import DATA, PEOPLE, SPECS, Put, outcome

ROWS = "id,first,last,mail,card\n1,Anna,Jagemann,a@x.de,\n2,Änna,JAGEMAN,A@X.DE,\n3,Otto,Unterhuber,,\n"


def test_link_names_the_profile_of_every_row(put: Put, capsys: pytest.CaptureFixture[str]) -> None:
    spec, rows = put("spec.toml", PEOPLE), put("rows.csv", ROWS)
    more = put("more.jsonl", '{"id": "4", "first": "Anna", "last": "Jagemann", "mail": "a@x.de", "card": ""}')
    out = rows.with_name("out.csv")
    assert main(["link", str(rows), str(more), "--spec", str(spec), "--out", str(out)]) == 0
    assert outcome(out) == {"1": "p_1", "2": "p_1", "3": "p_3", "4": "p_1"}
    assert capsys.readouterr().out == ""


def test_link_reports_and_explains(put: Put) -> None:
    spec, people = put("spec.toml", SPECS["febrl_people"]), DATA / "febrl_people.csv"
    out, told, pairs = (spec.with_name(name) for name in ("out.csv", "report.json", "pairs.jsonl"))
    arguments = ["link", str(people), "--spec", str(spec), "--out", str(out)]
    assert main([*arguments, "--report", str(told), "--explain", str(pairs)]) == 0
    report = json.loads(told.read_text())
    assert report["records"] == len(outcome(out)) == 274
    assert report["profiles"] == len(set(outcome(out).values()))
    assert set(report["b_cubed"]) == {"precision", "recall", "f1"}
    lines = [json.loads(line) for line in pairs.read_text().splitlines()]
    assert (
        len([line for line in lines if line["decision"] == "linked"])
        == report["fragments"] - report["profiles"]
    )


def test_link_says_who_lives_together_and_how_right_that_is(put: Put) -> None:
    """Real household structure, and a hall of residence that is none; so few addresses teach caution."""
    spec = put("spec.toml", 'household = "household"\n' + SPECS["pseudopeople"])
    out, told = spec.with_name("out.csv"), spec.with_name("report.json")
    arguments = ["link", str(DATA / "pseudopeople_homes.csv"), "--spec", str(spec), "--out", str(out)]
    assert main([*arguments, "--households", "--report", str(told)]) == 0
    report = json.loads(told.read_text())
    assert report["household_pair"]["precision"] >= 0.95
    assert report["household_pair"]["recall"] >= 0.8
    with out.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len({row["household_id"] for row in rows}) == report["households"]
    assert len({(row["profile_id"], row["household_id"]) for row in rows}) == report["profiles"]
    assert main(arguments) == 0
    assert outcome(out) == {row["rec_id"]: row["profile_id"] for row in rows}


def test_another_model_gives_another_outcome(put: Put) -> None:
    from unifier.matching.model import shipped_model

    doubting = shipped_model().model_copy(update={"prior_bits": -100.0})
    model, spec, rows = put("m.json", doubting.to_json()), put("spec.toml", PEOPLE), put("rows.csv", ROWS)
    out = rows.with_name("out.csv")
    assert main(["link", str(rows), "--spec", str(spec), "--out", str(out), "--model", str(model)]) == 0
    assert outcome(out)["1"] != outcome(out)["2"]


def test_explain_shows_the_waterfall_as_text_and_as_json(
    put: Put, capsys: pytest.CaptureFixture[str]
) -> None:
    spec, rows = put("spec.toml", PEOPLE), put("rows.csv", ROWS)
    arguments = ["explain", "1", "2", "--in", str(rows), "--spec", str(spec)]
    assert main(arguments) == 0
    text = capsys.readouterr().out
    assert text.startswith("1 and 2: one person: ")
    assert all(word in text for word in ("prior", "first_name", "email", "sum", "threshold", "%"))
    assert main([*arguments, "--json"]) == 0
    story = json.loads(capsys.readouterr().out)
    assert story["one_person"]
    waterfall = story["waterfall"]
    assert sum(line["bits"] for line in waterfall["lines"]) == pytest.approx(waterfall["bits"])


@pytest.mark.parametrize(("form", "start"), [("svg", "<svg "), ("html", "<!doctype html>"), ("json", "{")])
@pytest.mark.parametrize("records", [["1", "2"], ["1", "3"], ["1"]])
def test_explain_takes_every_form_of_two_records_and_of_the_profile_of_one(
    put: Put, capsys: pytest.CaptureFixture[str], records: list[str], form: str, start: str
) -> None:
    spec, rows = put("spec.toml", PEOPLE), put("rows.csv", ROWS)
    assert main(["explain", *records, "--in", str(rows), "--spec", str(spec), "--format", form]) == 0
    told = capsys.readouterr().out
    assert told.startswith(start)
    assert told.endswith("\n")
    assert "a@x.de" not in told.lower()


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("id,first,last,mail,card\n1,Secret,,,\n1,Secret,,,\n", "line 3: id is that of"),
        ("id,first,last,mail,card\n1,Secret,,,\n,Secret,,,\n", "line 3: id is empty"),
        ("id,first,last,mail\n1,Secret,,\n", "has no column 'card'"),
        ("", "is empty"),
    ],
)
def test_a_wrong_file_is_one_line_and_exit_2(
    put: Put, capsys: pytest.CaptureFixture[str], rows: str, words: str
) -> None:
    spec, path = put("spec.toml", PEOPLE), put("rows.csv", rows)
    out = path.with_name("out.csv")
    assert main(["link", str(path), "--spec", str(spec), "--out", str(out)]) == 2
    told = capsys.readouterr().err
    assert words in told
    assert told.count("\n") == 1
    assert "Secret" not in told
    assert not out.exists()


def test_wrong_arguments_are_one_line_and_exit_2(put: Put, capsys: pytest.CaptureFixture[str]) -> None:
    spec, rows = put("spec.toml", PEOPLE), put("rows.csv", ROWS)
    out, nowhere = str(rows.with_name("out.csv")), str(rows.with_name("none") / "out.csv")
    for arguments, words in (
        (["link", str(rows), "--spec", "none.toml", "--out", out], "none.toml: cannot be read"),
        (["link", str(rows), "--spec", str(spec), "--out", nowhere], "cannot be written"),
        (["link", str(rows), "--spec", str(spec), "--out", out, "--model", "none.json"], "none.json"),
        (["explain", "1", "9", "--in", str(rows), "--spec", str(spec)], "no record has the id '9'"),
        (["explain", "1", "2", "3", "--in", str(rows), "--spec", str(spec)], "give one or two ids"),
        (["explain", "1", "2", "--in", str(rows)], "give both --in FILE and --spec SPEC"),
    ):
        assert main(arguments) == 2
        told = capsys.readouterr().err
        assert words in told.splitlines()[-1]


def test_a_column_without_a_value_and_cells_that_are_too_long_do_no_harm(
    put: Put, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = put("spec.toml", PEOPLE)
    long = "x" * 10**6
    rows = put("rows.csv", f"id,first,last,mail,card\n1,{long},,,\n2,{long},,,\n3,,,,\n")
    out = rows.with_name("out.csv")
    assert main(["link", str(rows), "--spec", str(spec), "--out", str(out)]) == 0
    assert "left out 2 cells" in capsys.readouterr().err
    assert set(outcome(out)) == {"1", "2", "3"}
