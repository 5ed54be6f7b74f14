"""Pictures as self-contained SVG: panels with a curve or two each, on one sheet with one legend."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from math import log10

Point = tuple[float, float]
SIDE, MARGIN, COLUMNS = 230, 44, 4
COLOURS = ("#0b6e99", "#c44536", "#5a8f29", "#8e5ea2", "#b8860b", "#555555")
STYLE = (
    "text{font:11px system-ui,sans-serif;fill:#444}.title{font-weight:600;font-size:12px;fill:#222}"
    ".grid{stroke:#e4e4e4}.frame{fill:none;stroke:#999}.curve{fill:none;stroke-width:1.8}"
)


@dataclass(slots=True)
class Panel:
    """One diagram. Lines and dots belong to names, which have a colour on the whole sheet."""

    title: str
    x: tuple[float, float] = (0.0, 1.0)
    y: tuple[float, float] = (0.0, 1.0)
    x_label: str = ""
    y_label: str = ""
    log_y: bool = False  # the axis is of powers of ten
    x_names: Sequence[str] = ()  # x is 0, 1, 2, …: these are written there
    log_x: bool = False
    lines: list[tuple[str, list[Point]]] = field(default_factory=list)
    dots: list[tuple[str, list[Point]]] = field(default_factory=list)
    diagonal: bool = False

    def at(self, point: Point) -> Point:
        """Where a point lies in the panel; outside it, on its rim."""
        shares = []
        for value, (low, high), log in zip(point, (self.x, self.y), (self.log_x, self.log_y), strict=True):
            if log:
                value, low, high = (log10(max(number, 1e-9)) for number in (value, low, high))
            shares.append(min(1.0, max(0.0, (value - low) / (high - low))))
        return shares[0] * SIDE, (1 - shares[1]) * SIDE

    def draw(self, colours: dict[str, str]) -> str:
        """The panel's content, its upper left corner at (0, 0)."""
        parts = [f'<text class="title" x="0" y="-8">{escape(self.title)}</text>', *self._grid()]
        if self.diagonal:
            parts.append(f'<path class="grid" d="M0 {SIDE}L{SIDE} 0"/>')
        parts.append(f'<rect class="frame" width="{SIDE}" height="{SIDE}"/>')
        for name, points in self.lines:
            path = "L".join(f"{x:.1f} {y:.1f}" for x, y in map(self.at, points))
            parts.append(f'<path class="curve" stroke="{colours[name]}" d="M{path}"/>' if points else "")
        for name, points in self.dots:
            places = [self.at(point) for point in points]
            parts += [
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colours[name]}"/>' for x, y in places
            ]
        return "".join(parts)

    def _grid(self) -> list[str]:
        parts = []
        ticks = _powers(*self.y) if self.log_y else _fifths(*self.y)
        for value in ticks:
            y = self.at((self.x[0], value))[1]
            parts.append(f'<path class="grid" d="M0 {y:.1f}H{SIDE}"/>')
            parts.append(f'<text x="-5" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>')
        places = _powers(*self.x) if self.log_x else _fifths(*self.x)
        numbers: list[tuple[float, str]] = [(value, f"{value:g}") for value in places]
        named = [(float(place), name) for place, name in enumerate(self.x_names)] or numbers
        for value, name in named:
            x = self.at((value, self.y[0]))[0]
            parts.append(f'<path class="grid" d="M{x:.1f} 0V{SIDE}"/>')
            parts.append(f'<text x="{x:.1f}" y="{SIDE + 14}" text-anchor="middle">{name}</text>')
        middle = SIDE / 2
        parts.append(f'<text x="{middle}" y="{SIDE + 28}" text-anchor="middle">{escape(self.x_label)}</text>')
        turn = f'transform="rotate(-90)" x="-{middle}" y="-32" text-anchor="middle"'
        parts.append(f"<text {turn}>{escape(self.y_label)}</text>")
        return parts


def sheet(title: str, panels: Sequence[Panel]) -> str:
    """All panels in rows of four."""
    names = list(dict.fromkeys(name for panel in panels for name, _ in [*panel.lines, *panel.dots]))
    colours = {name: COLOURS[number % len(COLOURS)] for number, name in enumerate(names)}
    step, top = SIDE + 2 * MARGIN, 64
    columns = min(COLUMNS, len(panels))
    rows = -(-len(panels) // COLUMNS)
    width, height = columns * step, top + rows * step
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
        f"<title>{escape(title)}</title><style>{STYLE}</style>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
    ]
    x = MARGIN
    for name, colour in colours.items():
        parts.append(f'<rect x="{x}" y="14" width="14" height="4" fill="{colour}"/>')
        parts.append(f'<text x="{x + 19}" y="20">{escape(name)}</text>')
        x += 40 + 7 * len(name)
    for number, panel in enumerate(panels):
        row, column = divmod(number, COLUMNS)
        place = f"translate({MARGIN + column * step},{top + row * step})"
        parts.append(f'<g transform="{place}">{panel.draw(colours)}</g>')
    return "\n".join([*parts, "</svg>\n"])


def _fifths(low: float, high: float) -> list[float]:
    return [round(low + (high - low) * number / 5, 3) for number in range(6)]


def _powers(low: float, high: float) -> list[float]:
    return [10.0**power for power in range(round(log10(low)), round(log10(high)) + 1)]
