"""What a person is given of what is known of her."""

from tests.unit.profiles.making import KEYS, RULES
from unifier.journey.models import compile_models
from unifier.journey.told import untold
from unifier.matching.identity import identify
from unifier.profiles.assign import assign
from unifier.profiles.component import Component, Record
from unifier.profiles.fragment import Fragment
from unifier.profiles.ids import profile_id
from unifier.profiles.privacy import Intent, Privacy
from unifier.profiles.retirement import retire
from unifier.serving.export import exported

NOBODY = identify((), (), "")


def fragment(number: int) -> Fragment:
    made = Fragment(bytes([number]) * 12, "online", "account_id", b"account ", NOBODY, "e")
    made.first_at = made.last_at = 1
    return made


def test_all_ids_that_lead_to_a_profile_are_told_also_that_of_a_browser_that_was_taken_over() -> None:
    told = untold(compile_models(RULES)).pack()
    live = {one.fid: one for one in map(fragment, range(3))}
    first, second, third = live
    records = {
        profile_id(fid): Record(profile_id(fid), (fid,), born, told=told) for born, fid in enumerate(live)
    }
    component = Component(first, dict.fromkeys(live, b""), live, records=records)
    assign(component, [(first,), (second, third)], 10)
    taken = Intent(frozenset([third]), 0, 0, "", whole=False, into=second)
    component.privacy = Privacy(intents=[taken])
    retire(component, taken)
    assign(component, [(first, second)], 11)
    [profile] = exported(component, [first], RULES, KEYS, 20)["profiles"]
    assert profile["profile_id"] == profile_id(first)
    assert profile["merged_ids"] == sorted([profile_id(second), profile_id(third)])
