"""The report as tables: on the terminal and in docs/benchmarks/match.md."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from benchmarks.linkage.judge import ours

HEAD = (
    "data",
    "tool",
    "B³ P",
    "B³ R",
    "B³ F1",
    "closure F1",
    "best B³ F1",
    "train s",
    "predict s",
    "peak MB",
)

PROMISES = (
    *(
        "data",
        "tool",
        "calibration error",
        "errors in review",
        "of what can be righted",
        "profiles in review",
    ),
    *(
        "differ when shuffled",
        "differ in the stream",
        "cuts disobeyed",
        "differ after undo",
        "mean µs",
        "p99 µs",
        "max µs",
    ),
)


def comparison(report: dict[str, Any]) -> list[Sequence[str]]:
    """A line per data set and tool."""
    lines: list[Sequence[str]] = [HEAD]
    for name, tools in report["sets"].items():
        for tool, told in tools.items():
            lines.append([name, tool, *(_figures(told) if "failed" not in told else [told["failed"]])])
        ceiling = tools[ours(tools)[0]]["ceiling"]
        lines.append(
            [name, "(ceiling)", "", "", *(f"{ceiling[key]['f1']:.4f}" for key in ("b_cubed", "closure"))]
        )
    return lines


def _figures(told: dict[str, Any]) -> list[str]:
    b_cubed = told["b_cubed"]
    best = f"{told['best']['b_cubed']['f1']:.4f}" if "best" in told else ""
    return [
        *(f"{b_cubed[key]:.4f}" for key in ("precision", "recall", "f1")),
        f"{told['closure']['f1']:.4f}",
        best,
        f"{told['train_s']:.1f}",
        f"{told['predict_s']:.1f}",
        f"{told['peak_mb']:.0f}",
    ]


def promises(report: dict[str, Any]) -> list[Sequence[str]]:
    """What only our side promises: order, undo, calibration, the review band, time per event."""
    lines: list[Sequence[str]] = [PROMISES]
    for name, tools in report["sets"].items():
        lines += [[name, tool, *_promised(tools[tool])] for tool in ours(tools)]
    return lines


def _promised(told: dict[str, Any]) -> list[str]:
    checks = told["checks"]
    return [
        f"{told['calibration']['expected_error']:.4f}",
        f"{told['review']['errors_shown']:.0%}",
        f"{told['review'].get('decisions_shown', 0):.0%}",
        f"{told['review']['asked']:.1%}",
        *(" ".join(str(n) for key, n in checks.items() if kind in key) for kind in ("shuffle", "stream")),
        str(checks.get("separations_disobeyed", "")),
        str(checks.get("differ_after_undo", "")),
        *(f"{told['latency_us'][key]:,.0f}" for key in ("mean", "p99", "p100")),
    ]


def planted(report: dict[str, Any]) -> list[Sequence[str]]:
    """Pairs of trapped people that each tool took for one."""
    lines: list[Sequence[str]] = []
    for name, tools in report["sets"].items():
        told = {tool: found["traps"] for tool, found in tools.items() if found.get("traps")}
        if told:
            lines.append(["data", "trap", "people", *told])
            for trap, first in next(iter(told.values())).items():
                merged = [str(found[trap]["merged"]) for found in told.values()]
                lines.append([name, trap, str(first["people"]), *merged])
    return lines


def errors(report: dict[str, Any]) -> list[Sequence[str]]:
    """The classes of what our side leaves wrong, the commonest of each set."""
    lines: list[Sequence[str]] = [("data", "error", "pairs", "cases", "what the two have in common")]
    for name, tools in report["sets"].items():
        for kind in ("wrong", "missed"):
            commonest = tools[ours(tools)[0]][kind][:6]
            lines += [[name, kind, str(one["pairs"]), str(one["cases"]), one["what"]] for one in commonest]
    return lines


def plain(lines: Sequence[Sequence[str]]) -> str:
    """In columns, for a terminal."""
    widths = [
        max(len(line[n]) for line in lines if n < len(line)) for n in range(max(map(len, lines), default=0))
    ]
    return "\n".join(
        "  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=False)).rstrip()
        for line in lines
    )


def figures(report: dict[str, Any]) -> str:
    """The whole report as JSON, but for the curves, which the picture shows."""
    sets = {
        name: {tool: {k: v for k, v in told.items() if k != "curve"} for tool, told in tools.items()}
        for name, tools in report["sets"].items()
    }
    return json.dumps(report | {"sets": sets}, indent=1) + "\n"


def markdown(report: dict[str, Any]) -> str:
    """The whole report."""
    machine = report["machine"]
    parts = [
        "# The matching beside its peers\n",
        "Made by `unifier bench match`; do not edit. "
        f"{machine['cpu']}, {machine['cores']} cores, Python {machine['python']}.",
        "Peers get the rows normalised by us. *best* is the threshold that only the truth knows. The ceiling "
        "is what a perfect\nmatcher would find among rows that lead to one another by common values.\n",
        _table(comparison(report)),
        "![Precision and recall](precision-recall.svg)\n\n## Order, undo, calibration, review, time\n",
        _table(promises(report)),
        "Time is CPU time of one event in the matcher, from the raw row to who is who. A worker's tables of\n"
        f"frequencies and all that matching remembers take {report['remembered_mb']} MB when full.\n",
        "![Calibration](calibration.svg)\n\n![Latency](match-latency.svg)\n",
    ]
    if lines := planted(report):
        parts += ["## Planted traps: pairs of people taken for one\n", _table(lines)]
    parts += ["## What is left wrong\n", _table(errors(report))]
    return "\n".join(parts)


def _table(lines: Iterable[Sequence[str]]) -> str:
    head, *rest = lines
    told = [head, ["---"] * len(head), *([*line, *[""] * (len(head) - len(line))] for line in rest)]
    return "\n".join("| " + " | ".join(line) + " |" for line in told) + "\n"
