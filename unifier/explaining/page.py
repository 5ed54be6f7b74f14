"""A report as a web page that opens from disk: no script, nothing fetched, a table beside each picture."""

from unifier.explaining.picture import STYLE, drawing, safe
from unifier.explaining.report import Report, Section, field_in_words, percent
from unifier.profiles.waterfall import Waterfall

_STYLE = """
body { margin: 0 auto; padding: 1.5rem; max-width: 60rem; font: 16px/1.5 system-ui, sans-serif;
  background: var(--paper); color: var(--ink); }
h1, h2 { line-height: 1.25; overflow-wrap: anywhere; } section { border-top: 1px solid var(--rule); }
table { border-collapse: collapse; width: 100%; } th, td { padding: .2rem .6rem; text-align: left; }
thead, tfoot { border-block: 1px solid var(--rule); }
.bits { text-align: right; font-variant-numeric: tabular-nums; }
svg { width: 100%; height: auto; } pre { white-space: pre-wrap; overflow-wrap: anywhere; }
"""


NOTHING_FETCHED = "default-src 'none'; style-src 'unsafe-inline'"


def page(report: Report) -> str:
    """A whole file."""
    sections = "".join(map(_section, report.sections))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{NOTHING_FETCHED}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{safe(report.title)}</title><style>{STYLE}{_STYLE}</style></head>\n"
        f"<body><main><h1>{safe(report.title)}</h1><p>{safe(report.answer)}</p>\n"
        f"{sections}</main></body></html>\n"
    )


def _section(section: Section) -> str:
    told = f"<h2>{safe(section.title)}</h2>"
    if section.waterfall is None:
        return f"<section>{told}<pre>{safe(section.words)}</pre></section>\n"
    words = f"<p>{safe(section.words)}</p>" if section.words else ""
    return f"<section>{told}{words}{drawing(section.waterfall)}{_table(section.waterfall)}</section>\n"


def _table(waterfall: Waterfall) -> str:
    rows = "".join(
        f'<tr><th scope="row">{safe(field_in_words(field))}</th><td>{safe(level)}</td>'
        f'<td class="bits">{bits:+.2f}</td></tr>'
        for field, level, bits in waterfall.lines
    )
    chance = waterfall.probability
    words = "a rule decides, nothing is weighed" if chance is None else f"as a probability {percent(chance)}"
    foot = f'<tr><th scope="row">sum</th><td>{words}</td><td class="bits">{waterfall.bits:+.2f}</td></tr>'
    if waterfall.threshold is not None:
        foot += (
            '<tr><th scope="row">threshold</th><td></td>'
            f'<td class="bits">{waterfall.threshold:+.2f}</td></tr>'
        )
    return (
        '<table><thead><tr><th scope="col">field</th><th scope="col">level</th>'
        f'<th scope="col" class="bits">bits</th></tr></thead>'
        f"<tbody>{rows}</tbody><tfoot>{foot}</tfoot></table>"
    )
