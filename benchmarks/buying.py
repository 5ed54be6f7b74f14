"""BG/NBD on CDNOW: the fit on January to September 1997, held against what was bought until June 1998.

    unifier bench buying --file CDNOW_master.txt.gz [--picture FILE.svg] [--json FILE]

Weeks; purchases of one day are one. The reference fit of all 23,570 customers: r .2516, alpha 4.789, a .7234,
b 2.161, log-likelihood -95,368.4.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks._sources import days_of_purchase
from benchmarks._svg import Panel, sheet
from unifier.journey.buying import Buyer
from unifier.journey.buying_fit import Fit, fit

CALIBRATED, END = date(1997, 9, 30), date(1998, 6, 30)
GROUPS = 8  # customers by repeat purchases so far: 0, 1, … 7 or more


def main(argv: Sequence[str] | None = None) -> int:
    """`unifier bench buying`."""
    parser = argparse.ArgumentParser(
        prog="unifier bench buying",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--file", type=Path, required=True, help="CDNOW_master.txt, plain or gzipped")
    parser.add_argument("--picture", type=Path, help="expected and bought, as SVG")
    parser.add_argument("--json", type=Path, help="the figures")
    args = parser.parse_args(argv)
    days = [sorted(each) for each in days_of_purchase(args.file).values()]
    days = [each for each in days if each[0] <= CALIBRATED]
    buyers = [_buyer(each) for each in days]
    start = time.perf_counter()
    found = fit(buyers)
    seconds = time.perf_counter() - start
    model = found.model
    print(f"{found.buyers:,} customers, fitted in {seconds:.1f} s")
    print(f"r {model.r:.4f}  alpha {model.alpha:.3f}  a {model.a:.4f}  b {model.b:.3f}")
    print(f"log-likelihood {found.log_likelihood:,.1f}")
    rows = _by_repeats(found, buyers, days)
    print("\nrepeat purchases  customers  expected until June 1998  bought   (mean per customer)")
    for name, number, expected, bought in rows:
        print(f"{name:<18}{number:>9,}{expected:>26.3f}{bought:>8.3f}")
    weekly = _cumulative(found, days)
    if args.picture:
        args.picture.write_text(_picture(rows, weekly), encoding="utf-8")
    if args.json:
        told: dict[str, Any] = {"parameters": asdict(found.model), "log_likelihood": found.log_likelihood}
        args.json.write_text(json.dumps(told | {"hold_out": rows, "cumulative": weekly}, indent=2) + "\n")
    return 0


def _buyer(days: Sequence[date]) -> Buyer:
    known = [day for day in days if day <= CALIBRATED]
    return Buyer(len(known) - 1, (known[-1] - known[0]).days / 7, (CALIBRATED - known[0]).days / 7)


def _by_repeats(
    found: Fit, buyers: Sequence[Buyer], days: Sequence[Sequence[date]]
) -> list[tuple[str, int, float, float]]:
    """(repeat purchases, customers, mean expected, mean bought) in the months held out."""
    weeks = (END - CALIBRATED).days / 7
    sums = [[0, 0.0, 0] for _ in range(GROUPS + 1)]
    for buyer, each in zip(buyers, days, strict=True):
        expected, bought = found.model.outlook(buyer, weeks).expected, sum(day > CALIBRATED for day in each)
        for group in (min(buyer.repeats, GROUPS - 1), GROUPS):
            sums[group][0] += 1
            sums[group][1] += expected
            sums[group][2] += bought
    names = [*map(str, range(GROUPS - 1)), f"{GROUPS - 1} or more", "all"]
    return [
        (name, int(number), expected / number, bought / number)
        for name, (number, expected, bought) in zip(names, sums, strict=True)
    ]


def _cumulative(found: Fit, days: Sequence[Sequence[date]]) -> list[tuple[int, float, int]]:
    """(week, repeat purchases expected up to it, bought up to it), of all customers."""
    first = date(1997, 1, 1)
    begun = [0] * 400
    bought = [0] * 700
    for each in days:
        begun[(each[0] - first).days] += 1
        for day in each[1:]:
            bought[(day - first).days] += 1
    rows = []
    for week in range(2, 79):
        now = week * 7
        expected = sum(
            number * found.model.expected_of_new((now - day) / 7)
            for day, number in enumerate(begun)
            if number and day < now
        )
        rows.append((week, expected, sum(bought[:now])))
    return rows


def _picture(rows: Sequence[tuple[str, int, float, float]], weekly: Sequence[tuple[int, float, int]]) -> str:
    groups = rows[:-1]
    highest = max(max(expected, bought) for _, _, expected, bought in groups)
    by_repeats = Panel(
        "October 1997 to June 1998, by purchases before",
        x=(0, GROUPS - 1),
        y=(0, highest * 1.05),
        x_label="repeat purchases until September",
        y_label="purchases per customer",
        x_names=[*map(str, range(GROUPS - 1)), f"{GROUPS - 1}+"],
    )
    expected = [(float(place), row[2]) for place, row in enumerate(groups)]
    by_repeats.lines = [("expected", expected), ("bought", [(float(p), r[3]) for p, r in enumerate(groups)])]
    total = Panel(
        "Repeat purchases of all customers, cumulated",
        x=(0, 80),
        y=(0, max(weekly[-1][1], weekly[-1][2]) * 1.05 / 1000),
        x_label="week from January 1997; fitted to week 39",
        y_label="thousands",
    )
    total.lines = [
        ("expected", [(float(week), told / 1000) for week, told, _ in weekly]),
        ("bought", [(float(week), told / 1000) for week, _, told in weekly]),
    ]
    return sheet("BG/NBD on CDNOW", [by_repeats, total])


if __name__ == "__main__":
    sys.exit(main())
