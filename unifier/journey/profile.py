"""The whole document of a profile: the view of its fragments, and where it stands in the journey."""

from collections.abc import Iterable
from typing import Any

from unifier.journey.facts import ProfileFacts
from unifier.journey.guide import Guided
from unifier.journey.predictions import predictions
from unifier.journey.told import Told, loyal, phase_view
from unifier.profiles.anchors import Households
from unifier.profiles.component import Component, Record
from unifier.profiles.ids import Keys
from unifier.profiles.view import view
from unifier.rules import Rules


def document(component: Component, record: Record, rules: Rules, keys: Keys, now: int) -> dict[str, Any]:
    """One profile as outside readers get it at a time, milliseconds UTC."""
    [made] = documents(component, [record], rules, keys, now)
    return made


def documents(
    component: Component, records: Iterable[Record], rules: Rules, keys: Keys, now: int
) -> list[dict[str, Any]]:
    """The same of several profiles of one component."""
    households = Households(component, rules)
    return [_document(component, record, households, rules, keys, now) for record in records]


def _document(
    component: Component, record: Record, households: Households, rules: Rules, keys: Keys, now: int
) -> dict[str, Any]:
    told = Told.unpack(record.told)
    guided = Guided.unpack(record.guided)
    # As it was told: of whoever is yet to be followed by the rules in force, by those before.
    phases = {each.model: phase_view(told, each.model) for each in told.tellings}
    first, *others = phases
    action = guided.action if rules.playbook else None
    fragments = list(component.fragments(record.members))
    facts = ProfileFacts(fragments, told, rules, now)
    anchor = households.anchor(record)
    return {
        "profile_id": record.pid,
        "version": record.sequence,
        "phase": {"model": first, **phases[first]},
        "phases": {name: phases[name] for name in others},
        "loyal": loyal(told),
        **view(fragments, rules),
        "segments": guided.segments,
        "household_id": keys.household(anchor) if anchor else None,
        "predictions": predictions(facts),
        "next_action": action and action.document(rules.playbook, facts),
    }
