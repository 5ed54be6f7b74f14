"""Traits: of each the value told last, by whichever event and fragment."""

from itertools import permutations

from tests.unit.profiles.making import RULES, event, folded
from unifier.profiles.component import Component
from unifier.profiles.view import view

ACCOUNT = ("account_id", "a")


def test_a_trait_stays_known_when_later_events_of_the_fragment_do_not_tell_it() -> None:
    told = [
        event("e1", ACCOUNT, at=1, first_name="Anna", title="Mag."),
        event("e2", ACCOUNT, at=2, first_name="ANNA", title="Dr."),
        event("e3", ACCOUNT, at=3, first_name="Anna"),
    ]
    for order in permutations(told):
        component, _ = folded(order)
        component = Component.unpack(component.cid, component.pack(component.live))
        [fragment] = component.fragments()
        assert view([fragment], RULES)["traits"] == {"first_name": "Anna", "title": "Dr."}


def test_of_two_values_told_at_one_time_the_greater_counts() -> None:
    told = [
        event("e1", ACCOUNT, first_name="Anna", title="Dr."),
        event("e2", ACCOUNT, first_name="ANNA"),
        event("e3", ACCOUNT, first_name="Anna", title="Mag."),
    ]
    for order in permutations(told):
        component, _ = folded(order)
        assert view(list(component.fragments()), RULES)["traits"] == {"first_name": "Anna", "title": "Mag."}
