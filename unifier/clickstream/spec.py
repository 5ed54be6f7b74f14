"""A spec of click-stream files: what the columns are, what event names mean, which steps come in turn."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from unifier.events.canonical import Signal
from unifier.events.online import ORDERS
from unifier.linking.records import spec_text
from unifier.matching.spec import SpecError
from unifier.rules import Rules
from unifier.toml_errors import NotTomlError, parsed, what_is_wrong

_SIGNAL = "signal:"
_LIKE = "as docs/journey.md shows"
SIGNALS = {signal.name.lower(): signal for signal in Signal}
VISITOR = "visitor"
"""The attribute that every visit has: "new" or "returning"."""


class _Steps(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    order: list[str] = Field(min_length=2)

    @field_validator("order")
    @classmethod
    def _each_once(cls, order: list[str]) -> list[str]:
        if len(set(order)) < len(order):
            raise ValueError("name each step once")
        return order


class ClickSpec(BaseModel):
    """The spec of files of one form. Every value of `columns` and the like is the name of a column."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    user: str
    event: str
    time: str
    id: str = ""  # else made from the row
    session: str = ""  # else a session ends after 30 minutes without an event
    product: str = ""
    channel: str = ""
    order: str = ""  # of a purchase, its number; else the event's own id
    total: str = ""  # and what was paid; else nothing is known to be
    currency: str = ""  # in which currency, three letters: not a column
    events: dict[str, str] = {}  # the file's name → the Segment name, or signal:NAME
    attributes: dict[str, str] = {}  # column → name of the attribute
    steps: _Steps | None = None  # else learnt

    @field_validator("events")
    @classmethod
    def _known_signals(cls, events: dict[str, str]) -> dict[str, str]:
        for name, meaning in events.items():
            if meaning.startswith(_SIGNAL) and meaning.removeprefix(_SIGNAL) not in SIGNALS:
                raise ValueError(f"{name}: no signal {meaning!r}; there are {', '.join(SIGNALS)}")
        return events

    @model_validator(mode="after")
    def _money_has_a_currency(self) -> "ClickSpec":
        if self.total and not self.currency:
            raise ValueError('currency: name that of total, such as "EUR"')
        return self

    @model_validator(mode="after")
    def _each_attribute_once(self) -> "ClickSpec":
        names = list(self.attributes.values())
        if VISITOR in names or len(set(names)) < len(names):
            raise ValueError(f'attributes: give each a name of its own, and not "{VISITOR}"')
        return self

    @property
    def needed(self) -> list[str]:
        """Every column that a file must have."""
        told = [self.user, self.event, self.time, self.id, self.session, self.product, self.channel]
        told += [self.order, self.total]
        return list(dict.fromkeys(column for column in (*told, *self.attributes) if column))

    def order_kind(self, name: str) -> str:
        """What an event of this name tells of an order, as `events.online` says it; "": nothing."""
        meaning = self.events.get(name, name)
        return "sale" if meaning == f"{_SIGNAL}purchase" else ORDERS.get(meaning, "")

    def signal(self, name: str, rules: Rules) -> Signal:
        """What an event of this name says."""
        meaning = self.events.get(name, name)
        if meaning.startswith(_SIGNAL):
            return SIGNALS[meaning.removeprefix(_SIGNAL)]
        return rules.signals.online.get(meaning, Signal.TOUCH)


def is_of_clicks(path: Path) -> bool:
    """Whether a spec file is of click-streams, as far as it can be read."""
    try:
        return "event" in parsed(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, NotTomlError):
        return False


def read_click_spec(path: Path) -> ClickSpec:
    """Read a spec file. Raises SpecError."""
    text = spec_text(path)
    try:
        return ClickSpec.model_validate(parsed(text))
    except NotTomlError as error:
        raise SpecError(f"{path}: {error}") from None
    except ValidationError as error:
        raise SpecError(f"{path}: {what_is_wrong(error, text, _LIKE)}") from None
