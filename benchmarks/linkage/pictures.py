"""The three pictures of the report: precision and recall, calibration, latency."""

from typing import Any

from benchmarks._svg import Panel, sheet
from benchmarks.linkage.judge import ours


def pictures(report: dict[str, Any]) -> dict[str, str]:
    """File name → SVG."""
    sets: dict[str, dict[str, Any]] = report["sets"]
    return {
        "precision-recall.svg": sheet(
            "Precision and recall of scored pairs; dots: of what was put together",
            [_precision_recall(name, tools) for name, tools in sets.items()],
        ),
        "calibration.svg": sheet(
            "Links said to be so sure, and the share of them that is right",
            [_calibration(name, tools) for name, tools in sets.items()],
        ),
        "match-latency.svg": sheet("CPU time of one event in the matcher", [_latency(sets)]),
    }


def _precision_recall(name: str, tools: dict[str, Any]) -> Panel:
    panel = Panel(name, (0.5, 1.0), (0.5, 1.0), "recall", "precision")
    for tool, told in tools.items():
        if "curve" in told:
            panel.lines.append((tool, [(recall, precision) for precision, recall, _ in told["curve"]]))
            panel.dots.append((tool, [(told["closure"]["recall"], told["closure"]["precision"])]))
    return panel


def _calibration(name: str, tools: dict[str, Any]) -> Panel:
    panel = Panel(name, x_label="said", y_label="right", diagonal=True)
    for tool in ours(tools):
        points = [(said, right) for _, said, right in tools[tool]["calibration"]["bins"]]
        panel.lines.append((tool, points))
        panel.dots.append((tool, points))
    return panel


def _latency(sets: dict[str, dict[str, Any]]) -> Panel:
    told = {name: tools[ours(tools)[0]]["latency_us"] for name, tools in sets.items()}
    names = [name for name in next(iter(told.values())) if name != "mean"]
    panel = Panel("", (0, len(names) - 1), (10.0, 100_000.0), "percentile", "µs", True, names)
    for name, values in told.items():
        panel.lines.append((name, [(place, values[key]) for place, key in enumerate(names)]))
    return panel
