"""A report as text for a terminal."""

from unifier.explaining.report import Report, Section, percent, printable
from unifier.profiles.waterfall import Waterfall


def text(report: Report) -> str:
    """Lines, the last without its end."""
    parts = [f"{report.title}: {report.answer}"]
    for section in report.sections:
        # Of a single waterfall the first line has said whose it is.
        parts += ["", *_head(section)] if len(report.sections) > 1 else [""]
        if section.waterfall is not None:
            parts += _table(section.waterfall)
    return printable("\n".join(parts))


def _head(section: Section) -> list[str]:
    first, *more = section.words.splitlines() or [""]
    if section.waterfall is None:  # steps
        return [section.title, *(f"  {step}" for step in (first, *more))]
    return [f"{section.title}: {first}" if first else section.title]


def _table(waterfall: Waterfall) -> list[str]:
    told = [(line.field, line.level, line.bits) for line in waterfall.lines]
    chance = waterfall.probability
    if waterfall.threshold is None or chance is None:
        told.append(("sum", "bits; a rule decides, nothing is weighed", waterfall.bits))
    else:
        told.append(("sum", f"bits; as a probability {percent(chance)}", waterfall.bits))
        told.append(("threshold", "", waterfall.threshold))
    wide = max(len(field) for field, _, _ in told)
    long = max(len(level) for _, level, _ in told)
    return [f"  {field:<{wide}}  {level:<{long}}  {bits:+8.2f}" for field, level, bits in told]
