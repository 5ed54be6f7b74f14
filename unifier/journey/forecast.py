"""The forecast: what is learnt from many people's journeys to say what one person will do. Data alone.

`unifier train --journey` writes one. The chance of a purchase is a logistic regression on the phase and on
`features`; what is to be expected of buyers is BG/NBD's.
"""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from itertools import compress
from math import exp, log1p
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from unifier.events.canonical import CHANNELS, Signal
from unifier.journey.buying import BuyingModel
from unifier.profiles.marks import CHANNEL_AT, DAY_MS, SIGNAL_AT, SIZE

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
_INTEREST, _PREFERENCE, _PURCHASE = int(Signal.INTEREST), int(Signal.PREFERENCE), int(Signal.PURCHASE)
_STORE = CHANNELS.index("store")
_HOUR_MS = 3_600_000
_NEVER = log1p(NEVER_HOURS)


class ForecastError(ValueError):
    """The forecast file cannot be used; the message names the place and the mend."""


class OrderForecast(BaseModel):
    """How buyers come back."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    learned_from: str = Field(min_length=1)
    model: BuyingModel


class Forecast(BaseModel):
    """What is learnt. `phases` has a weight for each phase of the model it was learnt by, and for "none"."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    version: Literal[1] = 1
    learned_from: str = Field(min_length=1)
    phases: dict[str, float] = Field(min_length=1)
    weights: dict[str, float]
    buying: OrderForecast | None  # None: there were too few buyers

    @model_validator(mode="after")
    def _complete(self) -> "Forecast":
        if tuple(self.weights) != WEIGHED:
            raise ValueError(f"weights: give {', '.join(WEIGHED)}, in this order")
        return self

    def chance(self, phase: str, features: Sequence[float]) -> float | None:
        """Of a purchase within CHANCE_DAYS; None: nothing was learnt about this phase."""
        sum_ = self.phases.get(phase)
        if sum_ is None:
            return None
        for weight, value in zip(self.weights.values(), features, strict=True):
            sum_ += weight * value
        return 1 / (1 + exp(-min(max(sum_, -30.0), 30.0)))


def features(packed: bytes, times: Sequence[int], now: int) -> list[float]:
    """The values of WEIGHED at a time, of at least one packed mark; `times` are theirs, in any order."""
    signals = packed[SIGNAL_AT::SIZE]
    channels = set(packed[CHANNEL_AT::SIZE])
    week = now - CHANCE_DAYS * DAY_MS
    recent = bytes(compress(signals, map(week.__lt__, times)))
    last = max(times)
    signal = signals[times.index(last)]
    return [
        _since(last, now),
        _since(_newest(_PREFERENCE, signals, times), now),
        _since(_newest(_PURCHASE, signals, times), now),
        _since(min(times), now),
        log1p(len(recent)),
        log1p(recent.count(_INTEREST)),
        log1p(recent.count(_PREFERENCE)),
        log1p(signals.count(_PURCHASE)),
        log1p(len(channels)),
        float(_STORE in channels),
        float(signal == _INTEREST),
        float(signal == _PREFERENCE),
        float(signal == _PURCHASE),
    ]


def _newest(signal: int, signals: bytes, times: Sequence[int]) -> int:
    """When there was a signal last; -1: never."""
    return max(compress(times, map(signal.__eq__, signals))) if signal in signals else -1


def _since(at: int, now: int) -> float:
    return log1p(max(0, now - at) / _HOUR_MS) if at >= 0 else _NEVER


def parse_forecast(text: str | bytes, name: str) -> Forecast:
    """Read a forecast file's content. Raises ForecastError."""
    try:
        return Forecast.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ForecastError(
            f"{name}: {where + ': ' if where else ''}{first['msg']}; write it with unifier train --journey"
        ) from None


@cache
def shipped_forecast() -> Forecast:
    """The forecast that ships with the package."""
    return parse_forecast(files("unifier.journey").joinpath("forecast.json").read_bytes(), "forecast.json")
