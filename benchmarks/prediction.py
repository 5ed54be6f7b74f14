"""The chance of a purchase within 7 days, held against what was bought, in a town that was not learnt from.

    unifier bench prediction [--people N] [--days D] [--forecast FILE] [--picture FILE.svg] [--json FILE]

Two simulated towns go through the worker's own pipeline into a Redis; the forecast is learnt from the first,
as `unifier train --journey --from-redis` does. Beside it: the base rate and a Markov chain of phases by day,
both of the first town. `--forecast` writes what was learnt; so was made what ships.
"""

import argparse
import asyncio
import json
import platform
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from math import log, log1p
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

import numpy as np

from benchmarks._expecting import cost
from benchmarks._in_process import feeding, redis_server
from benchmarks._svg import Panel, sheet
from unifier.clickstream.train import read_histories
from unifier.devstack.simulate import Message, simulate
from unifier.journey.forecast import CHANCE_DAYS, Forecast, shipped_forecast
from unifier.journey.forecast_fit import History, Sample, learn, samples
from unifier.journey.models import NONE, Model, compile_models
from unifier.journey.walk import State, advance, settle
from unifier.profiles.marks import DAY_MS
from unifier.rules import default_rules

END_MS = 1_790_000_000_000
BATCH = 2_000
SEEDS = (11, 12)
GROUPS = 10  # of equal size, by chance, in the picture


class Judged(NamedTuple):
    """How good chances are."""

    log_loss: float
    brier: float


def main(argv: Sequence[str] | None = None) -> int:
    """`unifier bench prediction`."""
    parser = argparse.ArgumentParser(
        prog="unifier bench prediction",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--people", type=int, default=400)
    parser.add_argument("--days", type=int, default=100)
    parser.add_argument("--forecast", type=Path, help="what was learnt, as a forecast file")
    parser.add_argument("--picture", type=Path, help="calibration, as SVG")
    parser.add_argument("--json", type=Path, help="the figures")
    args = parser.parse_args(argv)
    model = compile_models(default_rules()).each[0]
    learnt_from, other = (town(args.people, args.days, seed) for seed in SEEDS)
    where = (
        f"the simulated retailer: {len(learnt_from):,} profiles of {args.people} people in {args.days} days"
    )
    forecast = learn(learnt_from, model, END_MS, where)
    if forecast.buying is None:  # the simulated never stop buying: there is nothing to learn about that
        forecast = forecast.model_copy(update={"buying": shipped_forecast().buying})
    chain, base = markov(learnt_from, model), _share(list(samples(learnt_from, model, END_MS)))
    held_out = list(samples(other, model, END_MS))
    fresh = [sample for sample in held_out if sample.features[3] <= log1p(24)]
    told: dict[str, dict[str, Judged]] = {}
    print(f"{platform.machine()}, Python {platform.python_version()}; learnt from {where}")
    for name, some in (("all", held_out), ("within a day of the first touch", fresh)):
        told[name] = {
            "base rate": judged([base] * len(some), some),
            "Markov chain": judged([chain.get(sample.phase, base) for sample in some], some),
            "forecast": judged(chances(forecast, some), some),
        }
        print(
            f"\n{name}: {len(some):,} moments, {_share(some):.1%} with a purchase within {CHANCE_DAYS} days"
        )
        print(f"{'':<14}{'log loss':>10}{'Brier':>10}")
        for what, one in told[name].items():
            print(f"{what:<14}{one.log_loss:>10.4f}{one.brier:>10.4f}")
    rows = calibration(chances(forecast, held_out), held_out)
    print("\nforetold  happened  moments")
    for foretold, happened, number in rows:
        print(f"{foretold:>8.3f}{happened:>10.3f}{number:>9,}")
    print(f"\n{cost(args.people // 5, args.days // 2, SEEDS[1])}")
    if args.forecast:
        args.forecast.write_text(forecast.model_dump_json(indent=1) + "\n", encoding="utf-8")
    if args.picture:
        args.picture.write_text(picture(rows), encoding="utf-8")
    if args.json:
        args.json.write_text(json.dumps({"judged": told, "calibration": rows}, indent=2) + "\n")
    return 0


def town(people: int, days: int, seed: int) -> list[History]:
    """The histories of all profiles that the stream makes of one simulated town."""
    with redis_server() as server:
        return asyncio.run(_streamed(server.url, simulate(people, days, seed, END_MS)))


async def _streamed(url: str, messages: Iterator[Message]) -> list[History]:
    async with feeding(url, default_rules(), END_MS) as feed:
        while some := list(islice(messages, BATCH)):
            await feed.take(some)
            await feed.told()
        return [History(*each) for each in await read_histories(feed.store) if each[0]]


def chances(forecast: Forecast, some: Sequence[Sample]) -> list[float]:
    """What the forecast says at each moment."""
    return [forecast.chance(sample.phase, sample.features) or 0.0 for sample in some]


def judged(told: Sequence[float], some: Sequence[Sample]) -> Judged:
    """Logarithmic and quadratic loss."""
    pairs = [
        (min(max(chance, 1e-6), 1 - 1e-6), sample.bought) for chance, sample in zip(told, some, strict=True)
    ]
    return Judged(
        fmean(-log(chance if bought else 1 - chance) for chance, bought in pairs),
        fmean((chance - bought) ** 2 for chance, bought in pairs),
    )


def markov(histories: Sequence[History], model: Model) -> Mapping[str, float]:
    """By phase the chance to buy within CHANCE_DAYS: a chain of the phases by day, with buying as the end."""
    size = len(model.phases)
    moves = np.zeros((size + 1, size + 1))
    moves[size, size] = 1.0
    for marks, undone in histories:
        bought = {mark.at // DAY_MS for mark in marks if mark.signal == 3 and mark.detail not in undone}
        state, place = State(), 0
        before = NONE
        for day in range(marks[0].at // DAY_MS + 1, END_MS // DAY_MS):
            end = day * DAY_MS
            upto = place
            while upto < len(marks) and marks[upto].at < end:
                upto += 1
            advance(model, state, marks[place:upto], undone)
            settle(model, state, end)
            if place:
                moves[before, size if day - 1 in bought else state.phase] += 1
            place, before = upto, state.phase
    rows = moves.sum(axis=1, keepdims=True)
    chain = np.linalg.matrix_power(
        np.divide(moves, rows, out=np.zeros_like(moves), where=rows > 0), CHANCE_DAYS
    )
    return {name: float(chain[place, size]) for place, name in enumerate(model.phases)}


def calibration(told: Sequence[float], some: Sequence[Sample]) -> list[tuple[float, float, int]]:
    """(mean foretold, share that bought, moments) of GROUPS groups of about equal size."""
    pairs = sorted((chance, sample.bought) for chance, sample in zip(told, some, strict=True))
    groups = [pairs[len(pairs) * n // GROUPS : len(pairs) * (n + 1) // GROUPS] for n in range(GROUPS)]
    return [(fmean(p for p, _ in group), fmean(b for _, b in group), len(group)) for group in groups]


def picture(rows: Sequence[tuple[float, float, int]]) -> str:
    """Foretold against happened."""
    panel = Panel(
        f"A purchase within {CHANCE_DAYS} days, in a town not learnt from",
        x_label="foretold",
        y_label="happened",
        diagonal=True,
    )
    panel.lines = [("forecast", [(foretold, happened) for foretold, happened, _ in rows])]
    panel.dots = [("forecast", [(foretold, happened) for foretold, happened, _ in rows])]
    return sheet("Calibration of the forecast", [panel])


def _share(some: Sequence[Sample]) -> float:
    return fmean(sample.bought for sample in some)


if __name__ == "__main__":
    sys.exit(main())
