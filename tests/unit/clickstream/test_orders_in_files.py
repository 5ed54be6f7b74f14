"""Orders in files of clicks are those of the stream: each number once, and none that was undone."""

import json
from pathlib import Path
from typing import Any

import pytest

from unifier.cli import main

SPEC = """
user = "user"
event = "event"
time = "time"
product = "product"
"""
ORDERS = SPEC + 'order = "order"\ntotal = "total"\ncurrency = "EUR"\n'
HEAD = "user,event,time,product,order,total\n"
NAMES = ("jörn", " jörn ", "jo\N{COMBINING DIAERESIS}rn", "  ")
BOUGHT, SENT, CANCELLED, REFUNDED = "Order Completed", "Order Shipped", "Order Cancelled", "Order Refunded"


def report(folder: Path, spec: str, *rows: tuple[int, str, str, str, str]) -> dict[str, Any]:
    """Of one person's rows: day of March, event, product, order, total."""
    told = [
        f"u,{name},2026-03-{day:02}T10:00:00,{rest}" for day, name, *more in rows for rest in [",".join(more)]
    ]
    (folder / "clicks.csv").write_text(HEAD + "\n".join(told) + "\n", encoding="utf-8")
    (folder / "spec.toml").write_text(spec, encoding="utf-8")
    file, form = str(folder / "clicks.csv"), str(folder / "spec.toml")
    assert main(["journey", "report", file, "--spec", form, "--out", str(folder)]) == 0
    made: dict[str, Any] = json.loads((folder / "report.json").read_bytes())
    return made


def purchases(made: dict[str, Any]) -> int:
    return sum(flow["moves"] for flow in made["flows"] if flow["to"] == "purchase")


def test_who_buys_the_same_product_again_has_bought_again(tmp_path: Path) -> None:
    made = report(
        tmp_path, SPEC, (1, BOUGHT, "milk", "", ""), (8, BOUGHT, "milk", "", ""), (20, "home", "", "", "")
    )
    assert purchases(made) == 2
    assert {phase["phase"]: phase["people_now"] for phase in made["phases"]}["loyalty"] == 1


def test_what_is_sent_need_not_be_told_by_the_product_that_was_bought(tmp_path: Path) -> None:
    made = report(tmp_path, SPEC, (1, BOUGHT, "milk", "", ""), (1, SENT, "parcel", "", ""))
    assert {phase["phase"]: phase["people_now"] for phase in made["phases"]}["after_sale"] == 1


def test_an_order_in_many_rows_is_one(tmp_path: Path) -> None:
    made = report(tmp_path, ORDERS, (1, BOUGHT, "milk", "o1", "1.00"), (5, BOUGHT, "bread", "o1", "2.00"))
    assert purchases(made) == 1


@pytest.mark.parametrize(
    ("back", "left"),
    [
        ((CANCELLED, "", "o1", ""), 0),
        ((CANCELLED, "", " o1 ", ""), 0),
        ((REFUNDED, "", "o1", ""), 0),
        ((REFUNDED, "", "o1", "-5.00"), 0),
        ((REFUNDED, "", "o1", "2.00"), 1),
        ((REFUNDED, "", "o1", "0"), 1),
        ((CANCELLED, "", "o2", ""), 1),
        ((CANCELLED, "", "", ""), 1),
    ],
)
def test_an_order_that_was_undone_is_no_purchase(
    tmp_path: Path, back: tuple[str, str, str, str], left: int
) -> None:
    assert purchases(report(tmp_path, ORDERS, (1, BOUGHT, "milk", "o1", "5.00"), (2, *back))) == left


def test_a_total_that_cannot_be_read_is_refused_of_orders_alone(tmp_path: Path) -> None:
    shown = (2, "home", "", "", "NaN"), (3, SENT, "", "o1", "free")
    made = report(tmp_path, ORDERS, (1, BOUGHT, "milk", "o1", "much"), *shown)
    assert made["rows"]["refused"] == {"bad total": 1}
    assert made["people"] == 1


def test_a_person_is_one_however_the_name_is_written(tmp_path: Path) -> None:
    """As in the stream: with blanks around it, or an ö as an o with two dots after it."""
    (tmp_path / "clicks.csv").write_text(
        HEAD + "".join(f"{user},home,2026-03-0{day}T10:00:00,,,\n" for day, user in enumerate(NAMES, 1)),
        encoding="utf-8",
    )
    (tmp_path / "spec.toml").write_text(SPEC, encoding="utf-8")
    file, form = str(tmp_path / "clicks.csv"), str(tmp_path / "spec.toml")
    assert main(["journey", "report", file, "--spec", form, "--out", str(tmp_path)]) == 0
    made = json.loads((tmp_path / "report.json").read_bytes())
    assert made["people"] == 1
    assert made["rows"]["refused"] == {"no user": 1}


def test_a_sale_below_nothing_is_not_given_back_by_what_was_paid(tmp_path: Path) -> None:
    assert purchases(report(tmp_path, ORDERS, (1, BOUGHT, "", "o1", "-5"), (2, REFUNDED, "", "o1", "5"))) == 1
