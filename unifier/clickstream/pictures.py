"""Pictures of a journey report as SVG: the map of moves, touchpoints, and the days of the weak points."""

from collections.abc import Sequence
from math import log10
from typing import Any

from unifier.explaining.picture import safe

WIDTH = 960
STYLE = """
:root, svg { color-scheme: light dark; --paper: #fff; --ink: #1b1f24; --faint: #57606a; --rule: #d0d7de;
  --forward: #0a7d43; --back: #b3261e; --node: #3056a0; }
@media (prefers-color-scheme: dark) {
  :root, svg { --paper: #14171a; --ink: #e8eaed; --faint: #a7b0ba; --rule: #40474f;
    --forward: #4cc38a; --back: #ff8a80; --node: #8ab4f8; } }
svg text { font: 13px system-ui, sans-serif; fill: var(--ink); } svg .faint { fill: var(--faint); }
svg .middle { text-anchor: middle; } svg .end { text-anchor: end; } svg .node { fill: var(--node); }
svg .axis { stroke: var(--rule); }
svg .line { fill: none; stroke: var(--node); stroke-width: 1.5; }
svg .forward { stroke: var(--forward); } svg .back { stroke: var(--back); }
svg .trouble { fill: var(--back); }
svg .move { fill: none; stroke-linecap: butt; opacity: .55; } svg .dot { fill: var(--node); opacity: .75; }
"""
_LEAST_MOVES = 0.002  # moves that are less than this part of all are left out of the map; the table has them
_SHOWN = 40  # touchpoints in the picture


def journey_map(phases: Sequence[dict[str, Any]], flows: Sequence[dict[str, Any]]) -> str:
    """Phases from left to right; forward moves above them, moves back below, as wide as they are frequent."""
    names = [phase["phase"] for phase in phases]
    names.insert(0, names.pop())  # "none" comes first
    x = {name: 70 + number * (WIDTH - 140) / (len(names) - 1) for number, name in enumerate(names)}
    told = {phase["phase"]: phase for phase in phases}
    most = max((flow["moves"] for flow in flows), default=1)
    total = sum(flow["moves"] for flow in flows)
    middle, shapes = 170, []
    for flow in reversed(flows):
        if flow["moves"] < _LEAST_MOVES * total:
            continue
        start, end = x[flow["from"]], x[flow["to"]]
        ahead = flow["direction"] in ("forward", "skip")
        bend = middle + (-1 if ahead else 1) * (24 + 0.28 * abs(end - start))
        edge = middle + (-16 if ahead else 16)
        words = f"{flow['from']} to {flow['to']}: {flow['moves']} moves"
        kind, width = "forward" if ahead else "back", 1 + 22 * flow["moves"] / most
        shapes.append(
            f'<path class="move {kind}" stroke-width="{width:.1f}" '
            f'd="M{start:.0f} {edge}C{start:.0f} {bend:.0f} {end:.0f} {bend:.0f} {end:.0f} {edge}">'
            f"<title>{safe(words)}</title></path>"
        )
    for name in names:
        phase = told[name]
        shapes.append(
            f'<rect class="node" x="{x[name] - 48:.0f}" y="{middle - 16}" width="96" height="6" rx="3"/>'
        )
        shapes.append(_text(x[name], middle + 4, name.replace("_", " "), "middle"))
        if phase["drop_off"] is not None:
            shapes.append(_text(x[name], middle + 18, f"{phase['drop_off']:.0%} stop", "faint middle"))
    return _svg("Moves between the phases", 340, shapes)


def intensity_and_resonance(touchpoints: dict[str, Any]) -> str:
    """A dot for each touchpoint: people from left to right, resonance upward; the base rate is a line."""
    each = [one for one in touchpoints["each"] if one["resonance"]][:_SHOWN]
    left, right, top, bottom = 60, WIDTH - 150, 20, 320
    most = max((one["people"] for one in each), default=1)
    highest = max((one["resonance"]["high"] for one in each), default=1.0) or 1.0

    def place(people: int, share: float) -> tuple[float, float]:
        across = log10(max(people, 1)) / max(log10(max(most, 2)), 1e-9)
        return left + across * (right - left), bottom - min(share / highest, 1.0) * (bottom - top)

    shapes = [_line(left, bottom, right, bottom), _line(left, top, left, bottom)]
    shapes.append(_text((left + right) / 2, bottom + 30, "people (logarithmic)", "faint middle"))
    shapes.append(_text(left - 6, top + 4, f"{highest:.0%}", "faint end"))
    shapes.append(_text(left - 6, bottom + 4, "0%", "faint end"))
    if touchpoints["base"]:
        _, y = place(1, touchpoints["base"]["share"])
        shapes += [_line(left, y, right, y), _text(right + 6, y + 4, "any touch", "faint")]
    for one in each:
        share = one["resonance"]
        x, y = place(one["people"], share["share"])
        shapes.append(_line(x, place(1, share["low"])[1], x, place(1, share["high"])[1]))
        words = f"{one['touchpoint']} ({one['channel']}): {one['people']} people, {share['share']:.1%} go on"
        shapes.append(
            f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="5"><title>{safe(words)}</title></circle>'
        )
        shapes.append(_text(x + 7, y - 5, one["touchpoint"][:24]))
    return _svg("Touchpoints: how many people they reach, and how many of those go on", 360, shapes)


def stops_by_day(step: dict[str, Any], points: Sequence[dict[str, Any]]) -> str:
    """The share that stopped at a step, by day, with its weak points."""
    days = step["days"]
    left, right, top, bottom = 60, WIDTH - 20, 16, 126
    place = {day: number for number, (day, _, _) in enumerate(days)}
    wide = (right - left) / max(len(days) - 1, 1)
    shapes = [_line(left, bottom, right, bottom)]
    for point in points:
        start = _nearest(place, point["since"][:10])
        end = len(days) - 1 if point["until"] is None else _nearest(place, point["until"][:10])
        shapes.append(
            f'<rect class="trouble" opacity=".2" x="{left + start * wide:.1f}" y="{top}" '
            f'width="{max((end - start) * wide, 2):.1f}" height="{bottom - top}"/>'
        )
    line = " ".join(
        f"{left + number * wide:.1f},{bottom - share * (bottom - top):.1f}"
        for number, (_, _, share) in enumerate(days)
    )
    shapes.append(f'<polyline class="line" points="{line}"/>')
    shapes += [_text(left - 6, top + 6, "100%", "faint end"), _text(left - 6, bottom + 4, "0%", "faint end")]
    if days:
        shapes.append(_text(left, bottom + 18, days[0][0], "faint"))
        shapes.append(_text(right, bottom + 18, days[-1][0], "faint end"))
    return _svg(f"Share that stops at {step['step']} before {step['next_step']}", 152, shapes)


def _nearest(place: dict[str, int], day: str) -> int:
    return next((number for known, number in place.items() if known >= day), len(place) - 1)


def _svg(title: str, height: int, shapes: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-label="{safe(title)}">{"".join(shapes)}</svg>'
    )


def _text(x: float, y: float, words: str, style: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{style}">{safe(words)}</text>'


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<path class="axis" d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}"/>'
