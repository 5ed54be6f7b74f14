"""A report as a picture: one SVG that needs nothing else, in the colours that the reader's system asks for.

Every waterfall is drawn from top to bottom: a bar for each line from the sum before it to the sum after it,
then the sum, and an upright line for the threshold. What colour says, a sign and a number say too.
"""

from collections.abc import Iterator
from html import escape
from itertools import accumulate, pairwise
from textwrap import wrap

from unifier.explaining.report import Report, Section, field_in_words, percent, printable
from unifier.explaining.text import text
from unifier.profiles.waterfall import Waterfall

WIDTH = 960
_TEXT, _BARS, _END = 16, 470, 864  # where the words begin, the bars begin, the bars end
_ROW, _BAR, _LEADING = 24, 14, 20
_MOST = 60.0
"""Bits beyond which a bar is cut: a steward's word is worth a thousand, and the other bars should be seen."""
_LETTERS = 62  # of a line, that fit before the bars
_LONG = 120  # of a line of words, that fit the width

STYLE = """
:root, svg { color-scheme: light dark; --paper: #fff; --ink: #1b1f24; --faint: #57606a; --rule: #d0d7de;
  --for: #0a7d43; --against: #b3261e; --sum: #3056a0; }
@media (prefers-color-scheme: dark) {
  :root, svg { --paper: #14171a; --ink: #e8eaed; --faint: #a7b0ba; --rule: #40474f;
    --for: #4cc38a; --against: #ff8a80; --sum: #8ab4f8; } }
svg text { font: 13px system-ui, sans-serif; fill: var(--ink); }
svg .title { font-size: 18px; font-weight: 600; } svg .head { font-weight: 600; }
svg .faint { fill: var(--faint); } svg .number { text-anchor: end; font-variant-numeric: tabular-nums; }
svg .paper { fill: var(--paper); } svg .for { fill: var(--for); } svg .against { fill: var(--against); }
svg .sum { fill: var(--sum); } svg .axis { stroke: var(--rule); }
svg .middle { text-anchor: middle; } svg .threshold { stroke: var(--ink); stroke-dasharray: 4 3; }
"""


def svg(report: Report) -> str:
    """A whole file. Its description says in words all that it shows."""
    drawn, height = [], 12.0
    for line in wrap(report.title, 80):
        height += 24
        drawn.append(_words(_TEXT, height, line, "title"))
    for line in wrap(report.answer, _LONG):
        height += _LEADING
        drawn.append(_words(_TEXT, height, line))
    for section in report.sections:
        shapes, deep = _section(section, len(report.sections) > 1)
        drawn.append(f'<g transform="translate(0 {height + 12:g})">{shapes}</g>')
        height += deep + 12
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height + 16:g}" role="img" '
        f'aria-labelledby="title description"><title id="title">{safe(report.title)}</title>'
        f'<desc id="description">{safe(text(report))}</desc><style>{STYLE}</style>'
        f'<rect class="paper" width="100%" height="100%"/>{"".join(drawn)}</svg>\n'
    )


def drawing(waterfall: Waterfall) -> str:
    """One waterfall within a page that says the same in words: hidden from those who listen to it."""
    shapes, height = _waterfall(waterfall, 0)
    return f'<svg viewBox="0 0 {WIDTH} {height + 8:g}" aria-hidden="true">{shapes}</svg>'


def _section(section: Section, headed: bool) -> tuple[str, float]:
    """Shapes, and how deep they reach."""
    drawn, height = [], 0.0
    if headed:
        height += _LEADING
        drawn.append(_words(_TEXT, height, section.title, "head"))
    for line in section.words.splitlines():
        for part in wrap(line, _LONG):
            height += _LEADING
            drawn.append(_words(_TEXT, height, part, "faint"))
    if section.waterfall is not None:
        shapes, height = _waterfall(section.waterfall, height + 6)
        drawn.append(shapes)
    return "".join(drawn), height


def _waterfall(waterfall: Waterfall, top: float) -> tuple[str, float]:
    """Shapes below `top`, and how deep they reach."""
    steps = [0.0, *accumulate(line.bits for line in waterfall.lines)]
    marks = [*steps, waterfall.threshold or 0.0]
    low, high = max(min(marks), -_MOST), min(max(marks), _MOST)
    scale = (_END - _BARS) / max(high - low, 1.0)

    def x(bits: float) -> float:
        return round(_BARS + (min(max(bits, low), high) - low) * scale, 1)

    drawn = []
    rows = [*_rows(waterfall)]
    bottom = top + _ROW * len(rows) + 4
    drawn.append(_upright(x(0.0), top, bottom, "axis"))
    bars = [*pairwise(steps), (0.0, waterfall.bits)]
    for (words, bits, kind), (start, end) in zip(rows, bars, strict=True):
        left, right = sorted((x(start), x(end)))
        drawn.append(_words(_TEXT, top + 17, words, "head" if kind == "sum" else "", _LETTERS))
        drawn.append(
            f'<rect class="{kind}" x="{left:g}" y="{top + 6:g}" width="{max(right - left, 1):g}" '
            f'height="{_BAR}" rx="2"/>'
        )
        drawn.append(_words(WIDTH - 16, top + 17, f"{bits:+.2f}", "number"))
        top += _ROW
    if waterfall.threshold is not None:
        at = x(waterfall.threshold)
        drawn.append(_upright(at, bottom - 4 - _ROW * len(rows), bottom, "threshold"))
        bottom += 14
        drawn.append(_words(at, bottom, f"threshold {waterfall.threshold:+g}", "faint middle"))
    return "".join(drawn), bottom


def _rows(waterfall: Waterfall) -> Iterator[tuple[str, float, str]]:
    """(words, bits, kind of bar), the sum at the end."""
    for field, level, bits in waterfall.lines:
        yield f"{field_in_words(field)}: {level}", bits, "for" if bits >= 0 else "against"
    chance = waterfall.probability
    words = "sum" if chance is None else f"sum, as a probability {percent(chance)}"
    yield words, waterfall.bits, "sum"


def _upright(x: float, top: float, bottom: float, kind: str) -> str:
    return f'<line class="{kind}" x1="{x:g}" x2="{x:g}" y1="{top:g}" y2="{bottom:g}"/>'


def _words(x: float, y: float, words: str, kind: str = "", most: int = _LONG) -> str:
    short = words if len(words) <= most else words[: most - 1] + "…"
    return f'<text x="{x:g}" y="{y:g}" class="{kind}">{safe(short)}</text>'


def safe(words: str) -> str:
    """Words within XML or HTML."""
    return escape(printable(words))
