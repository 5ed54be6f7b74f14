"""Learning a forecast from the journeys of many people. Needs numpy and scipy, which its readers do not."""

from collections.abc import Iterable, Iterator, Sequence, Set
from typing import Any, NamedTuple

import numpy as np

from unifier.events.canonical import Signal
from unifier.journey.buying import Buyer
from unifier.journey.buying_fit import FitError, fit
from unifier.journey.forecast import CHANCE_DAYS, WEIGHED, Forecast, OrderForecast, features
from unifier.journey.models import Model
from unifier.journey.walk import State, advance, settle
from unifier.profiles.marks import DAY_MS, Mark, pack_marks

LEAST = 100
"""Purchases and people without one, each, that the chance of one needs to be worth learning."""
MOMENTS = 4  # of each person at which the chance is looked at; and as many right at one of their marks
RIDGE = 1.0  # of the weights, against rare phases
_PURCHASE = int(Signal.PURCHASE)
_CHANCE_MS = CHANCE_DAYS * DAY_MS


class History(NamedTuple):
    """One person's journey."""

    marks: Sequence[Mark]  # ascending, at least one
    undone: Set[bytes]  # orders that no longer count


class Sample(NamedTuple):
    """A moment of a journey, and whether a purchase followed within CHANCE_DAYS."""

    phase: str
    features: list[float]
    bought: bool


def learn(histories: Sequence[History], model: Model, end: int, learned_from: str) -> Forecast:
    """A forecast of all that was told up to `end`, milliseconds UTC. Raises FitError. Deterministic."""
    told = list(samples(histories, model, end))
    bought = sum(sample.bought for sample in told)
    if min(bought, len(told) - bought) < LEAST:
        raise FitError(
            f"{bought} moments with a purchase within {CHANCE_DAYS} days after them, {len(told) - bought} "
            f"without; at least {LEAST} of each are needed"
        )
    names = sorted({sample.phase for sample in told}, key=[*model.phases].index)
    columns = [[float(sample.phase == name) for name in names] + sample.features for sample in told]
    weights = _logistic(np.array(columns), np.array([sample.bought for sample in told], dtype=float))
    try:
        buying = OrderForecast(learned_from=learned_from, model=fit(buyers(histories, end)).model)
    except FitError:
        buying = None
    return Forecast(
        learned_from=learned_from,
        phases=dict(zip(names, weights, strict=False)),
        weights=dict(zip(WEIGHED, weights[len(names) :], strict=True)),
        buying=buying,
    )


def samples(histories: Iterable[History], model: Model, end: int) -> Iterator[Sample]:
    """Moments of each journey of which it is known by `end` what followed."""
    for history in histories:
        marks = history.marks
        buys = [mark.at for mark in marks if mark.signal == _PURCHASE and mark.detail not in history.undone]
        for at in sorted(set(_moments(marks, end - _CHANCE_MS))):
            before = [mark for mark in marks if mark.at <= at]
            state = State()
            advance(model, state, before, history.undone)
            settle(model, state, at)
            followed = any(at < buy <= at + _CHANCE_MS for buy in buys)
            yield Sample(
                model.phases[state.phase],
                features(pack_marks(before), at),
                followed,
            )


def _moments(marks: Sequence[Mark], last: int) -> Iterator[int]:
    """Where they lie is drawn from the hashes of the events: the same each time."""
    known = [mark for mark in marks if mark.at <= last]
    if not known:
        return
    drawn = int.from_bytes(known[0].event)
    for _ in range(MOMENTS):
        drawn = (drawn * 6_364_136_223_846_793_005 + 1_442_695_040_888_963_407) % 2**64
        yield known[0].at + (last - known[0].at) * (drawn >> 32) // 2**32
        yield known[(drawn >> 32) * len(known) // 2**32].at


def buyers(histories: Iterable[History], end: int) -> Iterator[Buyer]:
    """What is known at `end` of everybody with an order that stands."""
    for marks, undone in histories:
        days = sorted(
            {mark.at // DAY_MS for mark in marks if mark.signal == _PURCHASE and mark.detail not in undone}
        )
        if days:
            yield Buyer(len(days) - 1, (days[-1] - days[0]) / 7, (max(end // DAY_MS, days[-1]) - days[0]) / 7)


def _logistic(columns: Any, hits: Any) -> list[float]:
    """Weights of a logistic regression, by Newton's method with a small ridge."""
    weights = np.zeros(columns.shape[1])
    for _ in range(50):
        chance = 1 / (1 + np.exp(-np.clip(columns @ weights, -30, 30)))
        slope = columns.T @ (hits - chance) - RIDGE * weights
        curve = (columns * (chance * (1 - chance))[:, None]).T @ columns + RIDGE * np.eye(len(weights))
        step = np.linalg.solve(curve, slope)
        weights = weights + step
        if np.max(np.abs(step)) < 1e-8:
            break
    return [round(float(weight), 5) for weight in weights]
