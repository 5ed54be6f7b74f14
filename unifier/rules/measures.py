"""Parts of the rules file that say what is measured: sales with touches on the other side, response times."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field

from unifier.rules.conditions import UNITS_MS
from unifier.rules.values import Name, Number, RuleTable, SomeMs

ORDER = "order"
"""The kind of response that is there anyway."""


class RopoRules(RuleTable):
    """What of the other side belongs to a sale; durations in milliseconds."""

    window: SomeMs = 30 * UNITS_MS["d"]
    half_life: SomeMs = 7 * UNITS_MS["d"]
    same_category: Annotated[Number, Field(ge=1)] = 2.0


class ResponseRule(RuleTable):
    """Names of events that ask something, and of those that answer it."""

    model_config = ConfigDict(validate_by_alias=True, validate_by_name=True)

    asked: tuple[str, ...] = Field(alias="from", min_length=1)
    answered: tuple[str, ...] = Field(alias="to", min_length=1)


def _each_once(rules: dict[str, ResponseRule]) -> dict[str, ResponseRule]:
    named = [name for rule in rules.values() for name in (*rule.asked, *rule.answered)]
    if len(set(named)) < len(named):
        raise ValueError("name each event once")
    if ORDER in rules:
        raise ValueError(f"{ORDER}: give another name; orders and their parcels are there anyway")
    return rules


Responses = Annotated[dict[Name, ResponseRule], AfterValidator(_each_once)]
"""Kind → what asks and what answers."""


def asking(rules: Mapping[str, ResponseRule]) -> dict[str, tuple[str, bool]]:
    """Name of an event → a kind of response, and whether the event answers or asks."""
    found = {name: (kind, False) for kind, rule in rules.items() for name in rule.asked}
    return found | {name: (kind, True) for kind, rule in rules.items() for name in rule.answered}
