"""`unifier train --journey`: a forecast, learnt from click-stream files or from what the workers stored."""

import asyncio
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from unifier.clickstream.clicks import read_clicks
from unifier.clickstream.histories import history
from unifier.clickstream.spec import read_click_spec
from unifier.events.form import time_text
from unifier.journey.forecast import Forecast
from unifier.journey.models import compile_models
from unifier.linking.bar import Bar
from unifier.linking.link import keep_what_is_read, write
from unifier.linking.rows import InputError
from unifier.linking.stored import components
from unifier.profiles.component import Component
from unifier.profiles.marks import Mark
from unifier.profiles.store import Store
from unifier.profiles.store.layout import HEAD_BYTES
from unifier.profiles.store.opening import opened
from unifier.rules import Rules, load_rules
from unifier.settings import Settings

PEOPLE_MOST = 200_000
"""Whom Redis gives first; it gives them in the order of their hashes. Some 1 kB each."""


def run(settings: Settings, files: Sequence[str], spec_file: str, out: str) -> int:
    """The command on files. Raises SpecError, InputError and RulesError; gives the exit code."""
    keep_what_is_read([*files, spec_file], [out])
    spec, rules, bar = read_click_spec(Path(spec_file)), load_rules(settings.rules), Bar()
    try:
        clicks = read_clicks([Path(file) for file in files], spec, bar)
    finally:
        bar.clear()
    histories = [history(each, spec, rules) for each in clicks.of.values()]
    _put_out(learned(histories, rules, "click-stream files"), out)
    return 0


def run_on_stored(settings: Settings, out: str) -> int:
    """The command with --from-redis. Raises InputError, RulesError and RedisError."""
    rules = load_rules(settings.rules)
    _put_out(learned(asyncio.run(_stored(settings)), rules, "this stream"), out)
    return 0


def learned(histories: Sequence[tuple[list[Mark], frozenset[bytes]]], rules: Rules, where: str) -> Forecast:
    """The forecast of these journeys. Raises InputError."""
    try:
        from unifier.journey import forecast_fit
        from unifier.journey.buying_fit import FitError
    except ImportError:
        raise InputError("train --journey: needs numpy and scipy: pip install unifier[train]") from None
    told = [forecast_fit.History(*each) for each in histories if each[0]]
    end = min(max((each.marks[-1].at for each in told), default=0), int(time.time() * 1000))
    try:
        return forecast_fit.learn(
            told,
            compile_models(rules).each[0],
            end,
            f"{where}: {len(told)} people up to {time_text(end)[:10]}",
        )
    except FitError as error:
        raise InputError(f"train --journey: {error}; give a longer history") from None


async def _stored(settings: Settings) -> list[tuple[list[Mark], frozenset[bytes]]]:
    async with opened(settings) as store:
        return await read_histories(store)


async def read_histories(store: Store) -> list[tuple[list[Mark], frozenset[bytes]]]:
    """(marks, undone orders) of every profile that may be read, PEOPLE_MOST at most."""
    found: list[tuple[list[Mark], frozenset[bytes]]] = []
    async for values in components(store):
        for value in values:
            component = Component.unpack(b"", value[HEAD_BYTES:])
            for record in component.records.values():
                if not component.is_restricted(record):
                    marks = [mark for f in component.fragments(record.members) for mark in f.all_marks()]
                    found.append((sorted(marks), frozenset(record.undone)))
        if len(found) >= PEOPLE_MOST:
            break
    return found[:PEOPLE_MOST]


def _put_out(forecast: Forecast, out: str) -> None:
    write(out, [forecast.model_dump_json(indent=1).encode() + b"\n"])
    if forecast.buying is None:
        sys.stderr.write("too few buyers: orders to expect, and whether buyers still buy, are not forecast\n")
    sys.stderr.write(f"{forecast.learned_from}. To use it, name {out} in UNIFIER_FORECAST.\n")
