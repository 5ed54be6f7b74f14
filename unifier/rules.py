"""The rules file: what a retailer may set about identity and journey, checked once at start.

The shipped default is `rules.toml` beside this module, documented line by line.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache, cached_property
from hashlib import blake2b
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from unifier.conditions import UNITS_MS, Condition, parse
from unifier.durations import DurationMs
from unifier.events.canonical import Signal
from unifier.journey.forecast import Forecast, ForecastError, parse_forecast, shipped_forecast
from unifier.matching.model import Model, ModelError, parse_model, shipped_model
from unifier.measures import Responses, RopoRules, asking
from unifier.toml_lines import line_of


def _signal(value: object) -> object:
    try:
        return Signal[str(value).upper()]
    except KeyError:
        raise ValueError(f"no such signal; one of {', '.join(s.name.lower() for s in Signal)}") from None


def _condition(value: object) -> object:
    if isinstance(value, Condition):
        return value
    if not isinstance(value, str):
        raise ValueError('give a condition as text, such as "orders >= 2"')
    return parse(value)


When = tuple[Annotated[Condition, BeforeValidator(_condition)], ...]
SignalName = Annotated[Signal, BeforeValidator(_signal)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy; what was worked out of the original and remembered is not the copy's."""
        copied = super().model_copy(update=update, deep=deep)
        for name in copied.__dict__.keys() - type(self).model_fields.keys():
            del copied.__dict__[name]
        return copied


class IdentifierRule(_Strict):
    """How one type of identifier names people. `bits` and `differ` are the model's, unless given."""

    strength: Literal["person", "device", "household"]
    unique: bool = False
    bits: float | None = None
    differ: float | None = None
    shared_above: int = 6


class MatchingRules(_Strict):
    """Thresholds and caps of identity; bits are log2 odds. `prior_bits` is the model's, unless given."""

    model: Model = Field(default_factory=shipped_model, exclude=True, repr=False)
    prior_bits: float | None = None
    link_bits: float
    join_bits: float = 0.0
    merge_bits: float
    merge_groups_bits: float
    review_doubt: float
    block_cap: int
    shared_holders: int
    component_cap: int
    shared_values: tuple[str, ...] = ()


class JourneyRules(_Strict):
    """What the phase models share; durations in milliseconds."""

    stale_after: DurationMs
    third_view: int = Field(ge=1, le=16)
    repeat_within: DurationMs
    loyal_for: DurationMs
    fulfilled_after_online: DurationMs
    fulfilled_after_store: DurationMs
    new_journey_interests: int = Field(ge=1, le=16)
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
    """Without a touch for `after_ms` in phase `source`, fall back to `to` ("none": out of all phases).

    Not less than a day, because of the touches between only the first and the last of each day are kept.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, validate_by_alias=True, validate_by_name=True)

    source: str = Field(alias="from")
    after_ms: DurationMs = Field(alias="after", ge=UNITS_MS["d"])
    to: str


class Ending(_Strict):
    """The phase of fulfilment ends by time alone: in `loyal` for the loyal, else in `otherwise`."""

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

    @model_validator(mode="after")
    def _leads_somewhere(self) -> "PhaseModel":
        """Signals lead forward and time leads back, so that every walk comes to rest."""
        place = {phase: index for index, phase in enumerate(self.phases)}
        if len(place) < len(self.phases) or "none" in place:
            raise ValueError('phases: give each name once, and not "none"')
        if unknown := self._named() - place.keys():
            raise ValueError(f"{min(unknown)!r} is none of this model's phases")
        entries = [place[phase] for phase in self.on.model_dump().values()]
        bought, fulfilled = place[self.on.purchase], place[self.on.fulfilment]
        if entries != sorted(entries) or not place[self.on.preference] < bought < fulfilled:
            raise ValueError(
                "on: put touch, interest, preference before purchase, fulfilment and loyal after it"
            )
        falls = {each.source: place.get(each.to, -1) for each in self.lapse}
        if len(falls) < len(self.lapse) or any(not to < place[at] < bought for at, to in falls.items()):
            raise ValueError("lapse: give a phase before that of purchase once, and fall to an earlier one")
        if (ends := self.ends) and (
            ends.phase != self.on.fulfilment
            or place[ends.loyal] < fulfilled
            or place[ends.otherwise] >= bought
        ):
            raise ValueError(
                "ends: give the phase of fulfilment, end loyal not before it and otherwise before purchase"
            )
        return self

    def _named(self) -> set[str]:
        """The phases that the rules of this model speak of."""
        named = {*self.on.model_dump().values()}
        for lapse in self.lapse:
            named |= {lapse.source} | {lapse.to} - {"none"}
        if self.ends:
            named |= {self.ends.phase, self.ends.loyal, self.ends.otherwise}
        return named


class Steps(_Strict):
    """Names of events that come in turn within a visit."""

    order: tuple[str, ...] = ()

    @cached_property
    def following(self) -> dict[str, str]:
        """Step → the next one."""
        return dict(pairwise(self.order))

    @cached_property
    def place(self) -> dict[str, int]:
        """Step → its place, counted from 1."""
        return {step: place for place, step in enumerate(self.order, 1)}

    @cached_property
    def before(self) -> dict[str, str]:
        """Step → the one before it."""
        return {after: step for step, after in self.following.items()}

    @model_validator(mode="after")
    def _each_once(self) -> "Steps":
        if len(set(self.order)) < len(self.order):
            raise ValueError("order: name each step once")
        return self


class Action(_Strict):
    """What to do in a phase. Times in milliseconds, counted from when the phase began."""

    name: str = Field(pattern="^[a-z][a-z0-9_]*$")
    phase: str
    say: str
    channels: tuple[str, ...] = Field(min_length=1)
    when: When = ()
    delay: DurationMs = 0
    valid: DurationMs
    cooldown: DurationMs = 0
    selling: bool = False
    at_best_hour: bool = False


class Playbook(_Strict):
    """What to do next, the first that applies."""

    quiet_after_trouble: DurationMs
    hours: tuple[Annotated[float, Field(ge=0)], ...] = Field(min_length=24, max_length=24)
    channels: dict[str, str]
    actions: tuple[Action, ...] = ()

    @cached_property
    def of_phase(self) -> dict[str, tuple[Action, ...]]:
        """The actions of each phase that has any."""
        phases = dict.fromkeys(action.phase for action in self.actions)
        return {phase: tuple(each for each in self.actions if each.phase == phase) for phase in phases}

    @model_validator(mode="after")
    def _fits_together(self) -> "Playbook":
        names = [action.name for action in self.actions]
        if len(set(names)) < len(names):
            raise ValueError("actions: give each a name of its own")
        for number, action in enumerate(self.actions):
            if unknown := set(action.channels) - self.channels.keys():
                raise ValueError(
                    f"actions.{number}.channels: [playbook.channels] does not name {min(unknown)!r}, which "
                    f"{action.name} goes by; add it"
                )
        if not any(self.hours):
            raise ValueError("hours: give at least one hour a weight above 0")
        return self


class Rules(_Strict):
    """The whole rules file."""

    version: Literal[1]
    identifiers: dict[str, IdentifierRule]
    matching: MatchingRules
    signals: dict[str, dict[str, SignalName]]
    journey: JourneyRules
    models: dict[str, PhaseModel] = Field(min_length=1)
    playbook: Playbook | None = None
    segments: dict[str, When] = {}
    steps: Steps = Steps()
    ropo: RopoRules = RopoRules()
    responses: Responses = {}
    forecast: Forecast = Field(default_factory=shipped_forecast, exclude=True, repr=False)

    @model_validator(mode="after")
    def _phases_are_known(self) -> "Rules":
        first, model = next(iter(self.models.items()))
        for number, action in enumerate(self.playbook.actions if self.playbook else ()):
            if action.phase not in model.phases:
                raise ValueError(
                    f"playbook.actions.{number}.phase: {first} has no phase {action.phase!r} for "
                    f"{action.name}; write one of {', '.join(model.phases)}"
                )
        return self

    @cached_property
    def asking(self) -> dict[str, tuple[str, bool]]:
        """Name of an event → a kind of response, and whether the event answers or asks."""
        return asking(self.responses)

    @cached_property
    def ordinary(self) -> frozenset[str]:
        """Names of events that say how far a journey got, and not that something went wrong."""
        wrong = Signal.TOUCH, Signal.TROUBLE
        return frozenset(n for of in self.signals.values() for n, said in of.items() if said not in wrong)

    @cached_property
    def naming(self) -> frozenset[str]:
        """The identifier types that name a person."""
        return frozenset(kind for kind, rule in self.identifiers.items() if rule.strength == "person")

    @cached_property
    def fingerprint(self) -> str:
        """8 hex digits of what the rules say of people and journeys, the model aside."""
        told = self.model_dump_json(
            include={"identifiers", "matching", "journey", "models", "playbook", "segments", "ropo"}
        )
        return blake2b(told.encode(), digest_size=4).hexdigest()

    @cached_property
    def form(self) -> bytes:
        """8 bytes: the fingerprints of the rules and of the model, by which stored people are worked out."""
        return bytes.fromhex(self.fingerprint + self.matching.model.fingerprint)

    def with_identifiers(self, kinds: Iterable[str]) -> "Rules":
        """With types that the rules file does not know, as identifiers of a person."""
        new = {kind: IdentifierRule(strength="person") for kind in kinds if kind not in self.identifiers}
        return self.model_copy(update={"identifiers": self.identifiers | new}) if new else self

    def with_model(self, model: Model) -> "Rules":
        """The same policy with other weights."""
        return self.model_copy(update={"matching": self.matching.model_copy(update={"model": model})})

    def own_weights(self) -> list[str]:
        """The places where the rules file says a weight itself, in place of the model."""
        found = ["matching.prior_bits"] if self.matching.prior_bits is not None else []
        for kind, rule in self.identifiers.items():
            told = {"bits": rule.bits, "differ": rule.differ}
            found += [f"identifiers.{kind}.{name}" for name, bits in told.items() if bits is not None]
        return found


class RulesError(ValueError):
    """A rules or a model file cannot be used; the message names the place and the mend."""


def load_rules(path: str | Path = "", model: str | Path = "", forecast: str | Path = "") -> Rules:
    """Read a rules, a model and a forecast file; without a path, the shipped one. Raises RulesError."""
    rules = _parse(_content(path, "UNIFIER_RULES", "TOML"), str(path)) if path else default_rules()
    if model:
        rules = rules.with_model(load_model(model))
    if forecast:
        rules = rules.model_copy(update={"forecast": _load_forecast(forecast)})
    return rules


def _load_forecast(path: str | Path) -> Forecast:
    try:
        return parse_forecast(_content(path, "UNIFIER_FORECAST", "JSON"), str(path))
    except ForecastError as error:
        raise RulesError(str(error)) from None


def load_model(path: str | Path) -> Model:
    """Read a model file. Raises RulesError."""
    try:
        return parse_model(_content(path, "UNIFIER_MODEL", "JSON"), str(path))
    except ModelError as error:
        raise RulesError(str(error)) from None


@cache
def default_rules() -> Rules:
    """The rules that ship with the package, with the model that does."""
    return _parse(files("unifier").joinpath("rules.toml").read_text(encoding="utf-8"), "rules.toml")


def _content(path: str | Path, setting: str, form: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise RulesError(
            f"{setting}: {path} cannot be read ({reason}); give the path of a {form} file"
        ) from None


def _parse(text: str, name: str) -> Rules:
    try:
        told = tomllib.loads(text)
        matching = told.get("matching")
        if isinstance(matching, dict) and "model" in matching:
            raise RulesError(f"{name}: matching.model: take the line out and name the file in UNIFIER_MODEL")
        if "forecast" in told:
            raise RulesError(f"{name}: forecast: take it out and name the file in UNIFIER_FORECAST")
        return Rules.model_validate(told)
    except tomllib.TOMLDecodeError as error:
        raise RulesError(f"{name}: not TOML: {error}") from None
    except ValidationError as error:
        raise RulesError(f"{name}: {_what_is_wrong(error, text)}") from None


_MENDS = {
    "missing": "add it, as in the shipped rules.toml",
    "extra_forbidden": "take it out, or write its name as in the shipped rules.toml",
}
_NAMED = re.compile(r"Value error, ((?:playbook|actions)\S*): ")


def _what_is_wrong(error: ValidationError, text: str) -> str:
    """The first fault: its line, its place, what is wrong and how to mend it."""
    first = error.errors(include_url=False, include_input=False)[0]
    place = first["loc"]
    if (named := _NAMED.match(first["msg"])) is not None:  # said of the whole, about a part
        place = (*place, *(int(part) if part.isdigit() else part for part in named[1].split(".")))
    line = line_of(text, place)
    where = ".".join(str(part) for part in first["loc"])
    mend = _MENDS.get(first["type"])
    told = [f"line {line}"] if line else []
    told += [where] if where else []
    return ": ".join([*told, first["msg"].removeprefix("Value error, ")]) + (f"; {mend}" if mend else "")
