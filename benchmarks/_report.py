"""How a benchmark says what it found: a table for people, JSON for machines, a picture; the last two are kept
in docs/benchmarks, under the benchmark's name."""

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks._measuring import BenchmarkError, facts
from benchmarks._svg import Panel, sheet

FOLDER = Path(__file__).parents[1] / "docs" / "benchmarks"


class Found(NamedTuple):
    """What a benchmark found."""

    figures: dict[str, Any]
    table: str
    panels: Sequence[Panel]


def parser_of(name: str, words: str | None) -> argparse.ArgumentParser:
    """The options that all benchmarks have."""
    parser = argparse.ArgumentParser(
        prog=f"unifier bench {name}",
        description=words,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="of the events")
    parser.add_argument("--out", type=Path, default=FOLDER, metavar="DIR", help="where JSON and picture go")
    return parser


def tell(name: str, args: argparse.Namespace, measure: Callable[[argparse.Namespace], Found]) -> int:
    """Measure, and say what was found; 1 when it could not be carried through."""
    machine = facts()
    try:
        found = measure(args)
    except BenchmarkError as error:
        print(f"unifier bench {name}: {error}", file=sys.stderr)
        return 1
    options = {key: value for key, value in vars(args).items() if key != "out"}
    told = json.dumps({"options": options, "machine": machine, **found.figures}, indent=1)
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / f"{name}.json").write_text(told + "\n")
    (args.out / f"{name}.svg").write_text(sheet(f"unifier bench {name}", found.panels))
    print(found.table, file=sys.stderr)
    print(told)
    return 0


def rows_of(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows of figures as a table in Markdown; the first row names the columns."""
    columns = list(rows[0])
    lines = [f"| {' | '.join(columns)} |", "| --- " * len(columns) + "|"]
    lines += [f"| {' | '.join(_text(row.get(column, '')) for column in columns)} |" for row in rows]
    return "\n".join(lines)


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.1f}" if abs(value) < 1_000 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
