"""A journey report as a web page that opens from disk: no script, nothing fetched, tables beside pictures."""

from collections.abc import Iterable, Sequence
from typing import Any

from unifier.clickstream.pictures import STYLE, intensity_and_resonance, journey_map, stops_by_day
from unifier.explaining.page import NOTHING_FETCHED
from unifier.explaining.picture import safe

_STYLE = """
body { margin: 0 auto; padding: 1.5rem; max-width: 64rem; font: 16px/1.5 system-ui, sans-serif;
  background: var(--paper); color: var(--ink); }
h1, h2, h3 { line-height: 1.25; overflow-wrap: anywhere; } section { border-top: 1px solid var(--rule); }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .2rem .6rem; text-align: left; overflow-wrap: anywhere; }
thead { border-block: 1px solid var(--rule); } svg { width: 100%; height: auto; }
"""


def page(made: dict[str, Any]) -> str:
    """A whole file from what `report.json` says."""
    title = "Customer journeys"
    span = f"{made['from'][:10]} to {made['to'][:10]}, {made['people']:,} people, model {made['model']}"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{NOTHING_FETCHED}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{STYLE}{_STYLE}</style></head>\n"
        f"<body><main><h1>{title}</h1><p>{safe(span)}</p>\n"
        f"{_weak_points(made)}{_map(made)}{_touchpoints(made)}</main></body></html>\n"
    )


def _weak_points(made: dict[str, Any]) -> str:
    points = made["weak_points"]
    rows = (
        (
            f"{point['step']} → {point['next_step']}",
            point["since"][:10],
            point["until"][:10] if point["until"] else "still",
            ", ".join(f"{name}: {value}" for name, value in point["where"].items()) or "all",
            f"{point['share_before']:.1%} → {point['share_now']:.1%}",
            point["likely_why"] or "",
        )
        for point in points
    )
    head = ("step", "since", "until", "for whom", "share that stops", "likely why")
    told = _table(head, rows) if points else "<p>No step stops more visits than it used to.</p>"
    drawn = "".join(
        f"<h3>{safe(step['step'])} → {safe(step['next_step'])}</h3>"
        + stops_by_day(step, [point for point in points if point["step"] == step["step"]])
        for step in made["steps"]
        if step["days"]
    )
    return f"<section><h2>Weak points</h2>{told}{drawn}</section>\n"


def _map(made: dict[str, Any]) -> str:
    stays = {stay["phase"]: stay for stay in made["dwell"]}
    phases = (
        (
            phase["phase"],
            f"{phase['people_now']:,}",
            f"{phase['journeys']:,}",
            f"{phase['drop_off']:.1%}" if phase["drop_off"] is not None else "",
            _span(stays[phase["phase"]]["median_s"]) if phase["phase"] in stays else "",
        )
        for phase in made["phases"]
    )
    flows = (
        (
            f"{flow['from']} → {flow['to']}",
            flow["direction"],
            f"{flow['moves']:,}",
            _span(flow["median_dwell_s"]),
        )
        for flow in made["flows"]
    )
    return (
        f"<section><h2>The journey</h2>{journey_map(made['phases'], made['flows'])}"
        + _table(
            ("phase", "people now", "journeys that got here", "of these stop here", "median stay"), phases
        )
        + "<h3>Moves</h3>"
        + _table(("move", "direction", "moves", "median stay before"), flows)
        + "</section>\n"
    )


def _touchpoints(made: dict[str, Any]) -> str:
    rows = (
        (
            f"{one['touchpoint']} ({one['channel']})",
            f"{one['people']:,}",
            f"{one['touches']:,}",
            _share(one["resonance"]),
            _share(one["last_stop"]),
            "" if one["median_response_s"] is None else _span(one["median_response_s"]),
        )
        for one in made["touchpoints"]["each"]
    )
    head = (
        "touchpoint",
        "people",
        "touches",
        "go on to the next phase",
        "fall silent here",
        "next visit after",
    )
    return (
        f"<section><h2>Touchpoints</h2>{intensity_and_resonance(made['touchpoints'])}"
        f"{_table(head, rows)}</section>\n"
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    body = "".join(f"<tr>{''.join(f'<td>{safe(cell)}</td>' for cell in row)}</tr>" for row in rows)
    heads = "".join(f'<th scope="col">{name}</th>' for name in head)
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"


def _share(share: dict[str, Any] | None) -> str:
    return f"{share['share']:.1%} ({share['low']:.1%} to {share['high']:.1%})" if share else ""


def _span(seconds: float) -> str:
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"
