"""`unifier journey report`: the command as it is typed, on files with planted faults."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from benchmarks._clickstream import Fault, rows
from tests.unit.clickstream.files import write
from unifier.cli import main
from unifier.journey.forecast import parse_forecast

CHECKOUT = Fault("payment_details", since=70, until=80, left=0.3, platform="ios", says_so=True)
OUTAGE = Fault("purchase", since=95, until=98, left=0.2)


def report(file: str, spec: str, out: Path) -> dict[str, Any]:
    assert main(["journey", "report", file, "--spec", spec, "--out", str(out)]) == 0
    made: dict[str, Any] = json.loads((out / "report.json").read_bytes())
    return made


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], str]:
    folder = tmp_path_factory.mktemp("clicks")
    told = report(*write(folder, rows(1, 110, 200, (CHECKOUT, OUTAGE))), folder)
    return told, (folder / "report.html").read_text(encoding="utf-8")


def test_planted_faults_are_found_and_nothing_else(made: tuple[dict[str, Any], str]) -> None:
    outage, checkout = made[0]["weak_points"]
    assert (checkout["step"], checkout["next_step"]) == ("shipping_details", "payment_details")
    assert checkout["where"] == {"device": "ios"}
    assert checkout["since"][:10] == "2026-05-10"
    assert checkout["until"][:10] == "2026-05-20"
    assert checkout["detected_at"][:10] <= "2026-05-14"
    assert checkout["likely_why"] == "error_page"
    assert checkout["share_now"] > checkout["share_before"] + 0.4
    assert (outage["step"], outage["next_step"], outage["where"]) == ("payment_details", "purchase", {})
    assert outage["since"][:10] == "2026-06-04"
    assert outage["likely_why"] is None


def test_the_phases_are_those_of_the_stream(made: tuple[dict[str, Any], str]) -> None:
    document = made[0]
    people = {phase["phase"]: phase["people_now"] for phase in document["phases"]}
    assert sum(people.values()) == document["people"]
    moves = {(flow["from"], flow["to"]): flow["moves"] for flow in document["flows"]}
    assert moves["none", "awareness"] >= people["awareness"]
    assert moves["consideration", "preference"] > moves["preference", "purchase"] > 0
    assert {stay["phase"] for stay in document["dwell"]} >= {"awareness", "consideration", "preference"}


def test_touchpoints_are_those_of_the_file(made: tuple[dict[str, Any], str]) -> None:
    each = {one["touchpoint"]: one for one in made[0]["touchpoints"]["each"]}
    assert each["home"]["touches"] >= each["home"]["people"] > each["purchase"]["people"] > 0
    share = each["product_view"]["resonance"]
    assert 0 < share["low"] < share["share"] < share["high"] < 1


def test_the_page_needs_nothing_else(made: tuple[dict[str, Any], str]) -> None:
    page = made[1]
    assert page.count("<svg") >= 3
    assert not re.search(r"<script|<link|src=|https?://(?!www\.w3\.org/2000/svg)", page)
    assert "payment_details → purchase" in page


def test_a_quiet_shop_is_told_as_quiet(tmp_path: Path) -> None:
    quiet = report(*write(tmp_path, rows(2, 90, 120)), tmp_path)
    assert quiet["weak_points"] == []
    assert "No step stops more visits" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_rows_that_cannot_be_read_are_counted(tmp_path: Path) -> None:
    good = ["1", "u1", "s1", "2026-03-01T10:00:00", "product_view", "ios", "north", ""]
    bad_time, no_user, no_event = [*good], [*good], [*good]
    bad_time[3], no_user[1], no_event[4] = "yesterday", "", ""
    told = report(
        *write(tmp_path, [good, good, ["2", *bad_time[1:]], no_user, ["3", *no_event[1:]]]), tmp_path
    )
    assert told["rows"] == {"read": 5, "refused": {"bad time": 1, "no event": 1, "no user": 1, "repeated": 1}}
    assert told["people"] == 1


@pytest.mark.parametrize(
    ("told", "why"),
    [
        *((ahead, "future time") for ahead in ("9999-12-31T00:00:00Z", "99999999999", "1795737600000000")),
        *((no_time, "bad time") for no_time in ("²²²²²²²²²", "1e9", "-1")),
    ],
)
def test_a_time_that_cannot_be_does_not_end_the_time_of_all(tmp_path: Path, told: str, why: str) -> None:
    """What the stream would refuse: at the end of time everybody has fallen silent."""
    good = ["1", "u1", "s1", "2026-03-01T10:00:00", "product_view", "ios", "north", ""]
    found = report(*write(tmp_path, [good, ["2", "u2", "s2", told, *good[4:]]]), tmp_path)
    assert found["rows"]["refused"] == {why: 1}
    assert found["to"] == "2026-03-01T10:00:00.000Z"


def test_a_name_is_no_markup(tmp_path: Path) -> None:
    report(
        *write(tmp_path, [["1", "u1", "s1", "2026-03-01T10:00:00", "<script>alert(1)</script>", "", "", ""]]),
        tmp_path,
    )
    assert "<script" not in (tmp_path / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (('user = "user_id"', ""), "user: missing; add it, as docs/journey.md shows"),
        (('"user_id"', '"nobody"'), "has no column 'nobody'"),
        (('"signal:trouble"', '"signal:joy"'), "no signal 'signal:joy'; there are touch, interest"),
        (('platform = "device"', 'platform = "visitor"'), "give each a name of its own"),
        (("[attributes]", '[steps]\norder = ["cart"]\n[attributes]'), "steps.order"),
    ],
)
def test_a_wrong_spec_is_one_line_that_names_the_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: tuple[str, str], words: str
) -> None:
    file, spec = write(tmp_path, [["1", "u1", "s1", "2026-03-01T10:00:00", "home", "ios", "north", ""]])
    Path(spec).write_text(Path(spec).read_text(encoding="utf-8").replace(*change), encoding="utf-8")
    assert main(["journey", "report", file, "--spec", spec, "--out", str(tmp_path)]) == 2
    told = capsys.readouterr().err
    assert words in told
    assert told.count("\n") == 1


def test_a_file_without_a_usable_row_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, spec = write(tmp_path, [["1", "u1", "s1", "soon", "home", "ios", "north", ""]])
    assert main(["journey", "report", file, "--spec", spec, "--out", str(tmp_path)]) == 2
    assert "no row can be used (1 bad time)" in capsys.readouterr().err


@pytest.mark.parametrize("column", ["", 'session = "session_id"\n'], ids=["no column", "nothing in it"])
def test_declared_steps_and_sessions_made_by_pauses(tmp_path: Path, column: str) -> None:
    names = ["cart", "payment_details", "purchase"]
    rows_ = [
        [str(number), "u1", "", f"2026-03-01T{10 + number}:00:00", name, "", "", ""]
        for number, name in enumerate(names)
    ]
    file, spec = write(tmp_path, rows_)
    text = Path(spec).read_text(encoding="utf-8").replace('session = "session_id"\n', column)
    Path(spec).write_text(text + '[steps]\norder = ["cart", "purchase"]\n', encoding="utf-8")
    (step,) = report(file, spec, tmp_path)["steps"]
    assert (step["step"], step["next_step"], step["visits"]) == ("cart", "purchase", 1)
    assert step["days"][0][2] == 1.0  # an hour lies between: another visit


def test_a_forecast_is_learnt_from_the_same_files(tmp_path: Path) -> None:
    file, spec = write(tmp_path, rows(1, 40, 60))
    out = tmp_path / "forecast.json"
    assert main(["train", "--journey", file, "--spec", spec, "--out", str(out)]) == 0
    forecast = parse_forecast(out.read_bytes(), "forecast.json")
    assert forecast.learned_from.startswith("click-stream files: ")
    assert {"awareness", "consideration", "preference", "after_sale"} <= forecast.phases.keys()


@pytest.mark.parametrize("then", ["home", "product_view"])
def test_a_journey_that_opens_where_a_buyer_looks_already_has_got_so_far(tmp_path: Path, then: str) -> None:
    """A month after the sale he looks three times, and falls silent; then he comes back."""
    times = ["2025-01-01", *(f"2025-03-0{day}" for day in (1, 2, 3)), "2025-05-01"]
    names = ["purchase", *["product_view"] * 3, then]
    rows_ = [
        [str(n), "u1", "", f"{day}T10:00:00", name, "", "", ""]
        for n, (day, name) in enumerate(zip(times, names, strict=True))
    ]
    journeys = {
        each["phase"]: each["journeys"] for each in report(*write(tmp_path, rows_), tmp_path)["phases"]
    }
    assert journeys["awareness"] == journeys["consideration"] == 2
    assert journeys["preference"] == journeys["after_sale"] == 1
