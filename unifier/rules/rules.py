"""The rules file: what a retailer may set about identity and journey, checked once at start.

The shipped default is `unifier/rules.toml`, documented line by line.
"""

from collections.abc import Iterable, Iterator
from functools import cache, cached_property
from hashlib import blake2b
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError, model_validator

from unifier.events.canonical import CHANNELS, Signal
from unifier.journey.forecast import Forecast, ForecastError, parse_forecast, shipped_forecast
from unifier.matching.model import Model, ModelError, parse_model, shipped_model
from unifier.rules.conditions import Condition
from unifier.rules.measures import Responses, RopoRules, asking
from unifier.rules.phases import PhaseModel
from unifier.rules.values import (
    DayMs,
    DurationMs,
    IdentifierType,
    Name,
    Number,
    PosKind,
    RuleTable,
    SignalName,
    SomeMs,
    When,
    Whole,
    Words,
    YesNo,
)
from unifier.toml_errors import NotTomlError, misfit, parsed, what_is_wrong


class IdentifierRule(RuleTable):
    """How one type of identifier names people. `bits` and `differ` are the model's, unless given."""

    strength: Literal["person", "device", "household"]
    unique: YesNo = False
    bits: Number | None = None
    differ: Number | None = None
    shared_above: Whole = 6


class MatchingRules(RuleTable):
    """Thresholds and caps of identity; bits are log2 odds. `prior_bits` is the model's, unless given.

    `people` may come by, known or not; 0: nobody has told.
    """

    model: Model = Field(default_factory=shipped_model, exclude=True, repr=False)
    prior_bits: Number | None = None
    people: Annotated[Whole, Field(le=100_000_000_000)] = 0
    link_bits: Number
    join_bits: Number = 0.0
    merge_bits: Number
    merge_groups_bits: Number
    review_doubt: Annotated[Number, Field(ge=0, le=1)]
    block_cap: Whole
    shared_holders: Whole
    component_cap: Annotated[Whole, Field(ge=1)]
    browsers: Annotated[Whole, Field(ge=1)] = 48
    shared_values: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _ascending(self) -> "MatchingRules":
        """What may be joined is looked at, and what is one profile may be joined."""
        for lower, upper in pairwise(("link_bits", "join_bits", "merge_bits", "merge_groups_bits")):
            least = getattr(self, lower)
            if getattr(self, upper) < least:
                raise misfit(upper, f"below {lower}; give {least:g} or more, or lower {lower}")
        return self


class Signals(RuleTable):
    """What an event says about the journey, by the source's name for it: of a track, a till's transaction, of
    the `source` of a record. Tracks and transactions that are not here are a touch."""

    online: dict[str, SignalName] = Field(default_factory=dict)
    pos: dict[PosKind, SignalName] = Field(default_factory=dict)
    crm: dict[str, SignalName] = Field(default_factory=dict)


class JourneyRules(RuleTable):
    """What the phase models share; durations in milliseconds."""

    stale_after: DurationMs
    third_view: Annotated[Whole, Field(ge=1, le=16)]
    repeat_within: DurationMs
    loyal_for: DurationMs
    fulfilled_after_online: DurationMs
    fulfilled_after_store: DurationMs
    new_journey_interests: Annotated[Whole, Field(ge=1, le=16)]
    new_journey_within: DurationMs


class Steps(RuleTable):
    """Names of events that come in turn within a visit; without any, they are learnt."""

    order: tuple[str, ...] = ()

    @property
    def learnt(self) -> bool:
        """Whether they are."""
        return not self.order

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
            raise misfit("order", "name each step once")
        return self


class Action(RuleTable):
    """What to do in a phase. Times in milliseconds, counted from when the phase began."""

    name: Name
    phase: str
    say: str = Field(min_length=1)
    channels: tuple[str, ...] = Field(min_length=1)
    when: When = ()
    delay: DurationMs = 0
    valid: SomeMs
    cooldown: DurationMs = 0
    selling: YesNo = False
    at_best_hour: YesNo = False


class Playbook(RuleTable):
    """What to do next, the first that applies."""

    quiet_after_trouble: DurationMs
    hours: tuple[Annotated[Number, Field(ge=0)], ...] = Field(min_length=24, max_length=24)
    channels: dict[str, str]
    actions: tuple[Action, ...] = ()

    @cached_property
    def of_phase(self) -> dict[str, tuple[Action, ...]]:
        """The actions of each phase that has any."""
        phases = dict.fromkeys(action.phase for action in self.actions)
        return {phase: tuple(each for each in self.actions if each.phase == phase) for phase in phases}

    @model_validator(mode="after")
    def _fits_together(self) -> "Playbook":
        names: set[str] = set()
        for number, action in enumerate(self.actions):
            if action.name in names:
                raise misfit(f"actions.{number}.name", "another action has this name; give it one of its own")
            names.add(action.name)
            if unknown := set(action.channels) - self.channels.keys():
                raise misfit(
                    f"actions.{number}.channels",
                    f"[playbook.channels] has no {min(unknown)!r}, by which {action.name} goes; add it",
                )
        if not any(self.hours):
            raise misfit("hours", "give at least one hour a weight above 0")
        return self


class Retention(RuleTable):
    """After how long people of whom nothing is heard are forgotten, milliseconds; None: never."""

    anonymous: DayMs | None = None
    known: DayMs | None = None

    @property
    def keeps_all(self) -> bool:
        """Whether nobody is ever forgotten."""
        return self.anonymous is None and self.known is None


class Rules(RuleTable):
    """The whole rules file."""

    version: Literal[1]
    identifiers: dict[IdentifierType, IdentifierRule]
    matching: MatchingRules
    signals: Signals
    journey: JourneyRules
    models: dict[Words, PhaseModel] = Field(min_length=1)
    playbook: Playbook | None = None
    segments: dict[Name, Annotated[When, Field(min_length=1)]] = Field(default_factory=dict)
    steps: Steps = Steps()
    ropo: RopoRules = RopoRules()
    responses: Responses = Field(default_factory=dict)
    retention: Retention = Retention()
    forecast: Forecast = Field(default_factory=shipped_forecast, exclude=True, repr=False)

    @model_validator(mode="after")
    def _names_are_known(self) -> "Rules":
        first, model = next(iter(self.models.items()))
        for number, action in enumerate(self.playbook.actions if self.playbook else ()):
            if action.phase not in model.phases:
                raise misfit(
                    f"playbook.actions.{number}.phase",
                    f"{first} has no phase {action.phase!r} for {action.name}; write one of "
                    f"{', '.join(model.phases)}",
                )
        for where, condition in self._conditions():
            kind, _, name = condition.name.partition(":")
            if kind == "phase" and condition.word not in (*model.phases, "none"):
                raise misfit(
                    where,
                    f"{condition.text!r}: {first} has no such phase; write one of {', '.join(model.phases)}",
                )
            if kind == "channel" and name not in CHANNELS:
                raise misfit(
                    where, f"{condition.text!r}: no such channel; write one of {', '.join(CHANNELS)}"
                )
        for number, value in enumerate(self.matching.shared_values):
            kind, _, told = value.partition(":")
            if kind not in self.identifiers or not told.strip():
                raise misfit(
                    f"matching.shared_values.{number}",
                    'write "TYPE:VALUE", with a type that [identifiers] names',
                )
            if kind == "phone" and told.strip()[0] not in "+*":
                raise misfit(
                    f"matching.shared_values.{number}",
                    'write a phone as it is dialled from abroad: "phone:+49 30 …"',
                )
        return self

    def _conditions(self) -> Iterator[tuple[str, Condition]]:
        """All conditions, and where they are."""
        for number, action in enumerate(self.playbook.actions if self.playbook else ()):
            for place, condition in enumerate(action.when):
                yield f"playbook.actions.{number}.when.{place}", condition
        for name, when in self.segments.items():
            for place, condition in enumerate(when):
                yield f"segments.{name}.{place}", condition

    @cached_property
    def asking(self) -> dict[str, tuple[str, bool]]:
        """Name of an event → a kind of response, and whether the event answers or asks."""
        return asking(self.responses)

    @cached_property
    def ordinary(self) -> frozenset[str]:
        """Names of events that say how far a journey got, and not that something went wrong."""
        wrong = Signal.TOUCH, Signal.TROUBLE
        told = (*self.signals.online.items(), *self.signals.pos.items(), *self.signals.crm.items())
        return frozenset(name for name, said in told if said not in wrong)

    @cached_property
    def naming(self) -> frozenset[str]:
        """The identifier types that name a person."""
        return frozenset(kind for kind, rule in self.identifiers.items() if rule.strength == "person")

    @cached_property
    def fingerprint(self) -> str:
        """8 hex digits of what the rules say of people and journeys, the model aside."""
        told = self.model_dump_json(
            include={
                "identifiers",
                "matching",
                "journey",
                "models",
                "playbook",
                "segments",
                "ropo",
                "retention",
            }
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

    def for_people(self, known: int) -> "Rules":
        """The same with the model for so many people, or for all who may come by, if they are more than it is
        meant for: who bears a name is as likely one who is not known yet."""
        model, people = self.matching.model, max(known, self.matching.people)
        return self.with_model(model.for_people(people)) if people > model.people else self

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
    except OSError as error:
        raise RulesError(
            f"{setting}: {path} cannot be read ({error.strerror}); give the path of a {form} file"
        ) from None
    except UnicodeDecodeError as error:
        line = 1 + error.object[: error.start].count(b"\n")
        raise RulesError(f"{path}: line {line}: not UTF-8; save the file in that encoding") from None


def _parse(text: str, name: str) -> Rules:
    try:
        told = parsed(text)
        matching = told.get("matching")
        if isinstance(matching, dict) and "model" in matching:
            raise RulesError(f"{name}: matching.model: take the line out and name the file in UNIFIER_MODEL")
        if "forecast" in told:
            raise RulesError(f"{name}: forecast: take it out and name the file in UNIFIER_FORECAST")
        return Rules.model_validate(told)
    except NotTomlError as error:
        raise RulesError(f"{name}: {error}") from None
    except ValidationError as error:
        raise RulesError(f"{name}: {what_is_wrong(error, text, 'as in the shipped rules.toml')}") from None
