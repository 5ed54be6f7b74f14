"""Conditions of the rules file: what has to be true of a profile, in words that a retailer writes.

    known                     a fact that is true or not; `not known` for the opposite
    phase is preference       a fact that is a word
    orders >= 2               a number; also <, <=, >, == (of a series, how many there are)
    orders within 30d         of a series of moments: the newest is not older than that
    orders before 180d        the newest is older than that; there is one
    interests >= 10 within 7d so many of them are not older than that

A condition on a fact that is not known does not hold, and neither does its opposite.
"""

import re
from collections.abc import Mapping, Sequence
from operator import eq, ge, gt, le, lt
from typing import NamedTuple

UNITS_MS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
LONGEST_DAYS = 999_999  # a few of them after one another still end before the year 9999
FLAGS = {
    "known": "something names the person",
    "anonymous": "nothing names the person",
    "loyal": "a loyal customer, as [journey] says it",
}
WORDS = {"phase": "the phase in the first model"}
NUMBERS = {
    "journey": "number of the journey in the first model",
    "returns": "returns, of whole orders or of parts",
    "touches": "touches, of whatever kind",
    "purchase_chance": "the chance of a purchase within 7 days, 0 to 1",
    "alive_chance": "the chance that a buyer with several orders still buys",
    "expected_orders": "of a buyer in the next 90 days",
}
SERIES = {
    "orders": "orders that stand",
    "orders_online": "those online",
    "orders_store": "those at a till",
    "ropo_sales": "till sales with online touches before them",
    "showroomed": "online orders with a visit to a store before them",
    "interests": "signals of interest",
    "preferences": "signals of preference",
    "troubles": "returns, refunds, complaints",
    "advocacies": "reviews, recommendations",
    "first_seen": "the first touch",
    "last_seen": "the last touch",
}
PREFIXED = {
    "consent:": "the person's word on this purpose",
    "did:": "events of this name",
    "channel:": "touches by this channel",
}

Value = bool | str | float | list[int] | None
Facts = Mapping[str, Value]
"""By name; a series as moments in ascending order, milliseconds UTC; None: not known."""

_COMPARE = {"<": lt, "<=": le, ">": gt, ">=": ge, "==": eq}
_FORM = re.compile(
    r"(?P<negated>not\s+)?(?P<name>[a-z_][a-z0-9_]*(?::[^<>=]*?[^<>=\s])?)"
    r"(?:\s+is\s+(?P<word>[^<>=\s](?:[^<>=]*[^<>=\s])?)|\s*(?P<compare><=|>=|==|<|>)\s*(?P<number>\d{1,15}(?:\.\d+)?))?"
    r"(?:\s+(?P<when>within|before)\s+(?P<span>\d+)(?P<unit>[smhd]))?"
)


class ConditionError(ValueError):
    """Not a condition; the message says what to write."""


class Condition(NamedTuple):
    """One condition. Unset parts are "" or 0."""

    text: str
    name: str
    negated: bool
    word: str
    compare: str
    number: float
    when: str
    span: int  # milliseconds

    def holds(self, facts: Facts, now: int) -> bool:
        """Whether it is true of the facts at a time, milliseconds UTC."""
        value = facts[self.name]
        if value is None:
            return False
        if isinstance(value, list):
            return self._of_series(value, now) != self.negated
        if isinstance(value, bool):
            return value != self.negated
        if isinstance(value, str):
            return (value == self.word) != self.negated
        return bool(_COMPARE[self.compare](value, self.number)) != self.negated

    def flips_at(self, facts: Facts, now: int) -> int | None:
        """When it will turn by time alone, if nothing happens; None: never."""
        value = facts[self.name]
        if not self.span or not isinstance(value, list):
            return None
        place = -max(int(self.number), 1) if self.when == "within" else -1
        if len(value) < -place:
            return None
        at = value[place] + self.span + 1
        return at if at > now else None

    def _of_series(self, moments: Sequence[int], now: int) -> bool:
        if self.when == "before":
            return bool(moments) and moments[-1] < now - self.span
        if self.when == "within":
            least = int(self.number) or 1
            return len(moments) >= least and moments[-least] >= now - self.span
        return bool(_COMPARE[self.compare](len(moments), self.number))


def parse(text: str) -> Condition:
    """Read a condition. Raises ConditionError."""
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise ConditionError(
            f'{text!r} is no condition; write "known", "phase is preference" or "orders >= 2 within 30d"'
        )
    told = found.groupdict()
    name, timed = told["name"], told["when"] is not None
    kind = _kind(name)
    if kind is FLAGS and (told["word"] or told["compare"] or timed):
        raise ConditionError(f"{text!r}: {name} is true or not; write it alone, or with not before it")
    if kind is WORDS and not told["word"]:
        raise ConditionError(f'{text!r}: write "{name} is …"')
    if kind is not WORDS and told["word"]:
        raise ConditionError(f'{text!r}: {name} is no word; "is" goes with {", ".join(WORDS)}')
    if kind is NUMBERS and (timed or not told["compare"]):
        raise ConditionError(f'{text!r}: {name} is a number; write "{name} >= 2"')
    if kind is SERIES and not (told["compare"] or timed):
        raise ConditionError(f'{text!r}: write "{name} >= 1" or "{name} within 30d"')
    if told["when"] == "before" and told["compare"]:
        raise ConditionError(f'{text!r}: "before" goes without a number')
    if told["when"] == "within" and told["compare"] and told["compare"] != ">=":
        raise ConditionError(f'{text!r}: with "within" write ">="')
    if told["when"] == "within" and told["compare"] and not _is_count(told["number"]):
        raise ConditionError(f'{text!r}: with "within" write a whole number, 1 or more')
    span = duration_ms(told["span"], told["unit"]) if timed else 0
    return Condition(
        text.strip(),
        name,
        told["negated"] is not None,
        told["word"] or "",
        told["compare"] or "",
        float(told["number"] or 0),
        told["when"] or "",
        span,
    )


def duration_ms(count: str, unit: str) -> int:
    """Milliseconds of so many units. Raises ValueError."""
    longest = LONGEST_DAYS * UNITS_MS["d"] // UNITS_MS[unit]
    if len(count) > len(str(longest)) or int(count) > longest:
        raise ValueError(f'{count[:20]}{unit} is too long; give "{longest}{unit}" or less')
    return int(count) * UNITS_MS[unit]


def _is_count(number: str) -> bool:
    return float(number).is_integer() and float(number) > 0


def _kind(name: str) -> Mapping[str, str]:
    for kind in (FLAGS, WORDS, NUMBERS, SERIES):
        if name in kind:
            return kind
    prefix = name[: name.find(":") + 1]
    if prefix in PREFIXED and len(name) > len(prefix):
        return FLAGS if prefix == "consent:" else NUMBERS
    known = ", ".join((*FLAGS, *WORDS, *NUMBERS, *SERIES, *(f"{prefix}NAME" for prefix in PREFIXED)))
    raise ConditionError(f"there is no fact {name!r}; there are {known}")
