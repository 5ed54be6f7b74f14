"""The three pictures of the report: precision and recall, calibration, latency."""

from typing import Any

from benchmarks.linkage.svg import Panel, sheet

US = "unifier"


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
            [_calibration(name, tools[US]) for name, tools in sets.items()],
        ),
        "latency.svg": sheet("CPU time of one event in the matcher", [_latency(sets)]),
    }


def _precision_recall(name: str, tools: dict[str, Any]) -> Panel:
    panel = Panel(name, (0.5, 1.0), (0.5, 1.0), "recall", "precision")
    for tool, told in tools.items():
        if "curve" in told:
            panel.lines.append((tool, [(point.recall, point.precision) for point in told["curve"]]))
            panel.dots.append((tool, [(told["closure"]["recall"], told["closure"]["precision"])]))
    return panel


def _calibration(name: str, told: dict[str, Any]) -> Panel:
    bins = told["calibration"]["bins"]
    title = f"{name}: error {told['calibration']['expected_error']:.3f}"
    points = [(one.said, one.right) for one in bins]
    return Panel(
        title, x_label="said", y_label="right", diagonal=True, lines=[(US, points)], dots=[(US, points)]
    )


def _latency(sets: dict[str, dict[str, Any]]) -> Panel:
    names = [name for name in next(iter(sets.values()))[US]["latency_us"] if name != "mean"]
    panel = Panel(
        "CPU time of one event", (0, len(names) - 1), (10.0, 100_000.0), "percentile", "µs", True, names
    )
    for name, tools in sets.items():
        told = tools[US]["latency_us"]
        panel.lines.append((name, [(place, told[key]) for place, key in enumerate(names)]))
    return panel
