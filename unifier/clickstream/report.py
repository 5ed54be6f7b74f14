"""`unifier journey report`: the journeys of click-stream files, told by the code of the stream."""

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from unifier.clickstream.clicks import Click, Clicks, read_clicks
from unifier.clickstream.histories import history
from unifier.clickstream.page import page
from unifier.clickstream.spec import ClickSpec, read_click_spec
from unifier.events.form import time_text
from unifier.journey import paths, steps, touchpoints, weak_points
from unifier.journey.counts import Counts, Way, add, count
from unifier.journey.models import Model, compile_models
from unifier.journey.walk import State, advance, settle
from unifier.linking.bar import Bar
from unifier.linking.rows import InputError
from unifier.profiles.marks import DAY_MS
from unifier.rules import Rules, load_rules
from unifier.settings import Settings

Document = dict[str, Any]


def run(settings: Settings, files: Sequence[str], spec_file: str, out: str) -> int:
    """The command. Raises SpecError, InputError and RulesError; gives the exit code."""
    spec = read_click_spec(Path(spec_file))
    rules = load_rules(settings.rules)
    bar = Bar()
    try:
        clicks = read_clicks([Path(file) for file in files], spec, bar)
    finally:
        bar.clear()
    if not clicks.of:
        told = ", ".join(f"{count} {reason}" for reason, count in sorted(clicks.refused.items()))
        raise InputError(
            f"{files[0]}: no row can be used ({told}); see that the spec names the right columns"
        )
    made = report(clicks, rules)
    _write(Path(out), made)
    _tell(made)
    return 0


def report(clicks: Clicks, rules: Rules) -> Document:
    """All that `report.json` says. Times are UTC, RFC 3339; shares are parts of one."""
    model = compile_models(rules).each[0]
    end = max(each[-1].at for each in clicks.of.values())
    ways = [_way(each, clicks.spec, rules, model, end) for each in clicks.of.values()]
    counts: Counts = {}
    for way in ways:
        add(counts, count(way, model))
    now = Counter(model.phases[way.steps[-1].to] for way in ways if way.steps)
    return {
        "model": model.name,
        "from": time_text(min(each[0].at for each in clicks.of.values())),
        "to": time_text(end),
        "rows": {"read": clicks.read, "refused": dict(sorted(clicks.refused.items()))},
        "people": len(ways),
        "phases": paths.phases(now, counts, model),
        "flows": paths.flows(counts, model),
        "dwell": paths.dwell(counts, model),
        "touchpoints": touchpoints.touchpoints(counts, end // DAY_MS),
        **_weak_points(clicks),
    }


def _way(clicks: Sequence[Click], spec: ClickSpec, rules: Rules, model: Model, end: int) -> Way:
    """One person's way, as the stream would have walked it by the end of the files."""
    state = State()
    marks, undone = history(clicks, spec, rules)
    walked = advance(model, state, marks, undone) + settle(model, state, end)
    return Way([(click.at, (click.channel, click.name)) for click in clicks], walked)


def _weak_points(clicks: Clicks) -> Document:
    visits = list(clicks.visits())
    spec = clicks.spec
    following = steps.declared(spec.steps.order) if spec.steps else steps.learned(visits)
    counts = steps.count(visits, following)
    last = max(visit.day for visit in visits)
    return {
        "steps": [
            {"step": step, "next_step": after, **_daily(counts, step)} for step, after in following.items()
        ],
        "weak_points": [
            point.document(
                following[point.step], steps.likely_why(point, following[point.step], visits, last)
            )
            for point in weak_points.weak_points(counts)
        ],
    }


def _daily(counts: Mapping[weak_points.Cell, weak_points.Days], step: str) -> Document:
    """Visits to a step, and the share that stopped there, by day."""
    days = sorted(counts.get(weak_points.Cell(step), {}).items())
    return {
        "visits": int(sum(count.came for _, count in days)),
        "days": [[time_text(day * DAY_MS)[:10], count.came, round(count.stopped, 4)] for day, count in days],
    }


def _write(out: Path, made: Document) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / "report.json").write_bytes(
            orjson.dumps(made, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
        )
        (out / "report.html").write_text(page(made), encoding="utf-8")
    except OSError as error:
        raise InputError(f"{out}: cannot be written ({error.strerror}); give another folder") from None


def _tell(made: Document) -> None:
    refused = sum(made["rows"]["refused"].values())
    sys.stderr.write(
        f"{made['rows']['read']:,} rows ({refused:,} refused), {made['people']:,} people, "
        f"{len(made['weak_points'])} weak points\n"
    )
