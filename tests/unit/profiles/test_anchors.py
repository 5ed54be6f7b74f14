"""The household of a profile, seen from its component alone."""

import sys
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from unifier.events.canonical import Event, Identifier
from unifier.profiles.anchors import Households
from unifier.profiles.privacy import Privacy, Said
from unifier.rules import default_rules

from .making import event, folded

RULES = default_rules()
HOME: dict[str, Any] = {"street": "Ulmenstr.", "house_no": "4", "postal_code": "50667"}
AWAY: dict[str, Any] = {"street": "Am Werk", "house_no": "1", "postal_code": "20457"}


def said(
    number: int, first: str, last: str, home: dict[str, Any], *ids: Identifier, at: int = 1_000
) -> Event:
    return event(
        f"{number} {first} {last} {home} {ids} {at}",  # another event, another id
        ("crm_id", f"K-{number}"),
        *ids,
        at=at,
        first_name=first,
        last_name=last,
        **home,
    )


def anchors(*events: Event) -> dict[str, str]:
    """First name → anchor, with everything in one component."""
    component, _ = folded(events)
    found, households = {}, Households(component, RULES)
    for record in component.records.values():
        firsts = {fragment.identity.first for fragment in component.fragments(record.members)}
        found[max(firsts)] = households.anchor(record)
    return found


def alone(told: Event) -> str:
    (anchor,) = anchors(told).values()
    return anchor


def test_two_who_tell_one_home_have_one_household_without_knowing_of_each_other() -> None:
    otto = said(2, "Otto", "Jagemann", HOME | {"street": "Ulmenstrasse", "house_no": "4 "})
    assert alone(said(1, "Anna", "Jageman", HOME)) == alone(otto) != ""


def test_another_house_or_another_surname_is_another_household() -> None:
    anna = alone(said(1, "Anna", "Jagemann", HOME))
    assert alone(said(2, "Otto", "Jagemann", HOME | {"house_no": "6"})) != anna
    assert alone(said(3, "Otto", "Wagner", HOME)) != anna


def test_who_moves_is_of_the_new_home_whichever_was_heard_first() -> None:
    old, new = said(1, "Anna", "Jagemann", AWAY, at=1_000), said(1, "Anna", "Jagemann", HOME, at=2_000)
    there = alone(said(2, "Otto", "Jagemann", HOME))
    assert anchors(old, new) == anchors(new, old) == {"anna": there}


def test_one_record_tells_the_house_another_its_postcode_and_a_third_the_surname() -> None:
    street, code = {"street": "Ulmenstr.", "house_no": "4"}, {"postal_code": "50667"}
    account = ("account_id", "A-1")
    parts = [said(1, "Anna", "", street, account), said(2, "Anna", "Jagemann", {}, account)]
    parts.append(said(3, "Anna", "", code, account))
    assert set(anchors(*parts).values()) == {alone(said(4, "Otto", "Jagemann", HOME))}


def test_a_common_card_leads_to_the_home_of_the_one_who_tells_it() -> None:
    card = ("payment_account", "PAR1")
    found = anchors(said(1, "Anna", "Jagemann", HOME, card), said(2, "Otto", "Wagner", {}, card))
    assert found["otto"] == found["anna"] == alone(said(3, "Carla", "Jagemann", HOME))


def test_a_card_alone_is_a_household_and_a_name_alone_is_none() -> None:
    assert alone(said(1, "Anna", "Jagemann", {}, ("payment_account", "PAR1")))
    assert alone(said(1, "Anna", "Jagemann", {})) == ""


def test_who_may_not_be_stitched_has_no_household() -> None:
    told = event("e1", ("crm_id", "K-1"), consents=[("stitching", False)], last_name="Jagemann", **HOME)
    assert alone(told) == ""


def test_the_households_of_a_component_cost_what_its_people_cost_and_not_their_square() -> None:
    def calls(people: int) -> int:
        """Function calls that it takes."""
        refused = [
            event(f"e{n}", ("email", f"{n}@x.de"), consents=[("stitching", False)]) for n in range(people)
        ]
        component, _ = folded(refused)
        count = 0

        def counted(_: object, what: str, __: object) -> None:
            nonlocal count
            count += what == "call"

        before = sys.getprofile()
        sys.setprofile(counted)
        households = Households(component, RULES)
        found = [households.anchor(record) for record in component.records.values()]
        sys.setprofile(before)
        assert found == [""] * people
        return count

    assert calls(80) < 3 * calls(40)


EVENTS = st.lists(
    st.builds(
        said,
        st.integers(0, 5),
        st.sampled_from(["Anna", "Otto"]),
        st.sampled_from(["Jagemann", "Wagner", ""]),
        st.sampled_from([HOME, AWAY, {}]),
        st.sampled_from([("payment_account", "PAR1"), ("phone", "0221 445566"), ("email", "a@x.de")]),
        at=st.integers(1_000, 1_003),
    ),
    min_size=1,
    max_size=8,
)


@given(EVENTS, st.randoms(use_true_random=False))
def test_the_order_of_events_changes_no_household(events: list[Event], random: object) -> None:
    def outcome(order: list[Event]) -> dict[tuple[bytes, ...], str]:
        component, _ = folded(order)
        households = Households(component, RULES)
        return {record.members: households.anchor(record) for record in component.records.values()}

    before = outcome(events)
    random.shuffle(events)  # type: ignore[attr-defined]
    assert outcome(events) == before


def test_the_home_of_who_is_restricted_is_nobody_elses_until_the_release() -> None:
    line = ("phone", "0221 445566")
    component, _ = folded(
        [said(1, "Anna", "Jagemann", HOME, line), event("o", ("crm_id", "K-2"), line, first_name="Otto")]
    )
    anna = next(fragment.fid for fragment in component.fragments() if fragment.identity.first == "anna")
    (otto,) = [record for record in component.records.values() if anna not in record.members]
    found = []
    for on in (False, True, False):
        component.privacy = Privacy(said={anna: Said(on, 1, anna)})
        found.append(Households(component, RULES).anchor(otto))
    assert found[0] == found[2] != "" == found[1]
