"""The forecast: what is learnt from many people's journeys to say what one person will do. Data alone.

`unifier train --journey` writes one. The chance of a purchase is a logistic regression on the phase and on
`features`; what is to be expected of buyers is BG/NBD's.
"""

from collections.abc import Sequence
from dataclasses import asdict
from functools import cache, cached_property
from importlib.resources import files
from math import exp, log1p
from operator import mul
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from unifier.events.canonical import CHANNELS, Signal
from unifier.journey.buying import BuyingModel
from unifier.journey.hours import HOUR_MS
from unifier.profiles.marks import CHANNEL_AT, DAY_MS, SIGNAL_AT, SIZE, when_and_what

CHANCE_DAYS, EXPECTED_DAYS = 7, 90
WEIGHED = (
    "last_touch",  # log of the hours since then, plus 1; so are all that are times
    "last_preference",
    "last_purchase",
    "first_touch",
    "touches",  # log of those within 7 days, plus 1; so are all that are numbers
    "interests",
    "preferences",
    "purchases",  # of all time, as far as marks are kept
    "channels",  # by which marks came
    "store",  # 1 if one of them is a store
    "was_interested",  # 1 if the last mark is a signal of interest, and so on; else a touch or what follows
    "was_preferring",
    "was_buying",
)
"""What the chance of a purchase is weighed by, beside the phase."""
NEVER_HOURS = 24 * 365.0
MOST = 1e6
"""No number that is learnt is greater; with those that are no sum comes out."""
Weight = Annotated[float, Field(ge=-MOST, le=MOST)]
_INTEREST, _PREFERENCE, _PURCHASE = int(Signal.INTEREST), int(Signal.PREFERENCE), int(Signal.PURCHASE)
_STORE = CHANNELS.index("store")
_NEVER = log1p(NEVER_HOURS)


class ForecastError(ValueError):
    """The forecast file cannot be used; the message names the place and the mend."""


class OrderForecast(BaseModel):
    """How buyers come back."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    learned_from: str = Field(min_length=1)
    model: BuyingModel

    @model_validator(mode="after")
    def _can_be_reckoned_with(self) -> "OrderForecast":
        told = asdict(self.model)
        if not all(0 < each <= MOST for each in told.values()) or told["a"] == 1:
            raise ValueError(f"give {', '.join(told)} above 0 and up to {MOST:g}, and a other than 1")
        return self


class Forecast(BaseModel):
    """What is learnt. `phases` has a weight for each phase of the model it was learnt by, and for "none"."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    version: Literal[1] = 1
    learned_from: str = Field(min_length=1)
    phases: dict[str, Weight] = Field(min_length=1)
    weights: dict[str, Weight]
    buying: OrderForecast | None  # None: there were too few buyers

    @model_validator(mode="after")
    def _complete(self) -> "Forecast":
        if tuple(self.weights) != WEIGHED:
            raise ValueError(f"weights: give {', '.join(WEIGHED)}, in this order")
        return self

    def chance(self, phase: str, features: Sequence[float]) -> float | None:
        """Of a purchase within CHANCE_DAYS; None: nothing was learnt about this phase."""
        start = self.phases.get(phase)
        if start is None:
            return None
        odds = sum(map(mul, self._weights, features), start)
        return 1 / (1 + exp(-min(max(odds, -30.0), 30.0)))

    @cached_property
    def _weights(self) -> tuple[float, ...]:
        return tuple(self.weights.values())


def features(marks: bytes, now: int) -> list[float]:
    """The values of WEIGHED at a time, of some packed marks, at least one, in any order."""
    week = now - CHANCE_DAYS * DAY_MS
    first, last, newest = now, -1, 0
    preferred = bought = -1
    recent = interests = preferences = 0
    # One loop: with some dozens of marks it is less work than a few passes in C.
    for at, signal in when_and_what(marks):
        if at > last:
            last, newest = at, signal
        if at < first:
            first = at
        if at > week:
            recent += 1
            if signal == _INTEREST:
                interests += 1
            elif signal == _PREFERENCE:
                preferences += 1
        if signal == _PREFERENCE:
            if at > preferred:
                preferred = at
        elif signal == _PURCHASE and at > bought:
            bought = at
    channels = marks[CHANNEL_AT::SIZE]
    return [
        _since(last, now),
        _since(preferred, now) if preferred >= 0 else _NEVER,
        _since(bought, now) if bought >= 0 else _NEVER,
        _since(first, now),
        log1p(recent),
        log1p(interests),
        log1p(preferences),
        log1p(marks[SIGNAL_AT::SIZE].count(_PURCHASE)),
        log1p(len({*channels})),
        1.0 if _STORE in channels else 0.0,
        1.0 if newest == _INTEREST else 0.0,
        1.0 if newest == _PREFERENCE else 0.0,
        1.0 if newest == _PURCHASE else 0.0,
    ]


def _since(at: int, now: int) -> float:
    return log1p((now - at) / HOUR_MS) if at < now else 0.0


def parse_forecast(text: str | bytes, name: str) -> Forecast:
    """Read a forecast file's content. Raises ForecastError."""
    try:
        return Forecast.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ForecastError(
            f"{name}: {where + ': ' if where else ''}{first['msg'].removeprefix('Value error, ')}"
            "; write it with unifier train --journey"
        ) from None


@cache
def shipped_forecast() -> Forecast:
    """The forecast that ships with the package."""
    return parse_forecast(files("unifier.journey").joinpath("forecast.json").read_bytes(), "forecast.json")
