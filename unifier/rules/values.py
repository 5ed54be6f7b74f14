"""What may stand at one place of a rules file: durations, numbers, names, signals, conditions, tables.

Each says in its error what to write instead. Nothing is taken for something else: "3" is no number.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, Strict

from unifier.events.canonical import Signal
from unifier.rules.conditions import UNITS_MS, Condition, duration_ms, parse


def _duration_ms(value: object) -> object:
    """Turn "24h", "7d", "90s" into milliseconds."""
    found = re.fullmatch(r"(\d+)([smhd])", value) if isinstance(value, str) else None
    if found is None:
        raise ValueError('give a whole number and a unit: "90s", "15m", "24h" or "7d"')
    return duration_ms(found[1], found[2])


def _a_day(duration_ms: int) -> int:
    if duration_ms < UNITS_MS["d"]:
        raise ValueError('give "1d" or more')
    return duration_ms


def _some_time(duration_ms: int) -> int:
    if not duration_ms:
        raise ValueError('give "1s" or more')
    return duration_ms


DurationMs = Annotated[int, BeforeValidator(_duration_ms)]
DayMs = Annotated[DurationMs, AfterValidator(_a_day)]
SomeMs = Annotated[DurationMs, AfterValidator(_some_time)]
Whole = Annotated[int, Strict(), Field(ge=0)]
Number = Annotated[float, Strict(), Field(allow_inf_nan=False)]
YesNo = Annotated[bool, Strict()]
Name = Annotated[str, Field(pattern="^[a-z][a-z0-9_]*$")]
Words = Annotated[str, Field(min_length=1)]
"""A name that a retailer gives as his people say it."""


def _identifier_type(name: str) -> str:
    if not 0 < len(name) <= 60 or not _APART.isdisjoint(name):
        raise ValueError("give a type of identifiers a name of up to 60 characters without : | =")
    return name


_APART = frozenset(":|=")  # they part types from values, in this file, on the command line and in the index
IdentifierType = Annotated[str, AfterValidator(_identifier_type)]


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
PosKind = Literal["sale", "return", "layaway", "reservation", "consultation", "loyalty_signup"]
SignalName = Annotated[Signal, BeforeValidator(_signal)]


class RuleTable(BaseModel):
    """A table of the rules file: what it does not name is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy; what was worked out of the original and remembered is not the copy's."""
        copied = super().model_copy(update=update, deep=deep)
        for name in copied.__dict__.keys() - type(self).model_fields.keys():
            del copied.__dict__[name]
        return copied
