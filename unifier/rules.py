"""The rules file: what a retailer may set about identity and journey, checked once at start.

The shipped default is `rules.toml` beside this module, documented line by line.
"""

import re
import tomllib
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from unifier.events.canonical import Signal

_UNITS_MS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


def _duration_ms(value: object) -> object:
    """Turn "24h", "7d", "90s" into milliseconds."""
    found = re.fullmatch(r"(\d+)([smhd])", value) if isinstance(value, str) else None
    if found is None:
        raise ValueError('give a whole number and a unit: "90s", "15m", "24h" or "7d"')
    return int(found[1]) * _UNITS_MS[found[2]]


DurationMs = Annotated[int, BeforeValidator(_duration_ms)]


def _signal(value: object) -> object:
    try:
        return Signal[str(value).upper()]
    except KeyError:
        raise ValueError(f"no such signal; one of {', '.join(s.name.lower() for s in Signal)}") from None


SignalName = Annotated[Signal, BeforeValidator(_signal)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class IdentifierRule(_Strict):
    """How one type of identifier names people."""

    strength: Literal["person", "device", "household"]
    unique: bool = False
    bits: float
    differ: float = 0.0
    shared_above: int = 6


class MatchingRules(_Strict):
    """Thresholds and caps of identity; bits are log2 odds."""

    prior_bits: float
    link_bits: float
    merge_bits: float
    merge_groups_bits: float
    review_bits: tuple[float, float]
    block_cap: int
    shared_holders: int
    component_cap: int
    shared_values: tuple[str, ...] = ()


class JourneyRules(_Strict):
    """What the phase models share; durations in milliseconds."""

    stale_after: DurationMs
    third_view: int
    repeat_within: DurationMs
    loyal_for: DurationMs
    fulfilled_after_online: DurationMs
    fulfilled_after_store: DurationMs
    new_journey_interests: int
    new_journey_within: DurationMs


class Entry(_Strict):
    """The phase that each signal leads to."""

    touch: str
    interest: str
    preference: str
    purchase: str
    fulfilment: str
    loyal: str


class Lapse(BaseModel):
    """Without a touch for `after_ms` in phase `source`, fall back to `to` ("none": out of all phases)."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_by_alias=True, validate_by_name=True)

    source: Annotated[str, "the TOML key is `from`"]
    after_ms: DurationMs
    to: str

    def __init__(self, **data: Any) -> None:
        renamed = {"from": "source", "after": "after_ms"}
        super().__init__(**{renamed.get(key, key): value for key, value in data.items()})


class Ending(_Strict):
    """A phase that ends by time alone."""

    phase: str
    after: DurationMs
    loyal: str
    otherwise: str


class PhaseModel(_Strict):
    """One journey model."""

    phases: tuple[str, ...]
    on: Entry
    lapse: tuple[Lapse, ...] = ()
    ends: Ending | None = None


class Rules(_Strict):
    """The whole rules file."""

    version: Literal[1]
    identifiers: dict[str, IdentifierRule]
    matching: MatchingRules
    signals: dict[str, dict[str, SignalName]]
    journey: JourneyRules
    models: dict[str, PhaseModel]


class RulesError(ValueError):
    """The rules file cannot be used; the message names the place and the mend."""


def load_rules(path: Path | None = None) -> Rules:
    """Read a rules file; without a path, the shipped one. Raises RulesError."""
    if path is None:
        return default_rules()
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise RulesError(
            f"UNIFIER_RULES: {path} cannot be read ({error.strerror}); give the path of a TOML file"
        ) from None
    return _parse(text, str(path))


@cache
def default_rules() -> Rules:
    """The rules that ship with the package."""
    return _parse(files("unifier").joinpath("rules.toml").read_text(encoding="utf-8"), "rules.toml")


def _parse(text: str, name: str) -> Rules:
    try:
        return Rules.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise RulesError(f"{name}: not TOML: {error}") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise RulesError(f"{name}: {where}: {first['msg']}") from None
