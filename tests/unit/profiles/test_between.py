"""Why two profiles are not one person, and what leads from one part of a profile to the other."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings

from tests.unit.profiles.drawn import Component, components
from tests.unit.profiles.people import RULES, apart, member
from unifier.profiles import between
from unifier.profiles.evidence import Evidence
from unifier.profiles.members import Member, Separation
from unifier.profiles.partition import partition
from unifier.profiles.verdict import Verdict, reason_in_words

HOME = {"last_name": "Jagemann", "street": "Bergstr. 5", "postal_code": "83093"}
ANNA = {"first_name": "Anna", "last_name": "Jagemann"}


def verdict(
    members: Sequence[Member],
    separations: Sequence[Separation] = (),
    shared: frozenset[str] = frozenset(),
    together: bool = True,
) -> Verdict:
    """Of the profiles of the members "a" and "b"."""
    found = partition(members, [], separations, shared, RULES)
    left, right = (next(group for group in found.groups if fid in group) for fid in (b"a", b"b"))
    evidence = Evidence(members, [], separations, shared, RULES)
    return between.apart(evidence, left, right, found.refused, together)


@pytest.mark.parametrize(
    ("reason", "members"),
    [
        (
            "unique:loyalty_id",
            [
                member("a", email="a@gmx.de", loyalty_id="1", **ANNA),
                member("b", email="a@gmx.de", loyalty_id="2", **ANNA),
            ],
        ),
        ("below", [member("a", first_name="Anna", **HOME), member("b", first_name="Otto", **HOME)]),
        ("never_compared", [member("a", **ANNA), member("b", first_name="Xaver", last_name="Unterhuber")]),
        (
            "household",
            [member("a", loyalty_id="1", payment_account="c"), member("b", crm_id="2", payment_account="c")],
        ),
        ("device", [member("a", account_id="1", cookie_id="c"), member("b", account_id="2", cookie_id="c")]),
        (
            "consent",
            [member("a", alone="yes", email="a@gmx.de", **ANNA), member("b", email="a@gmx.de", **ANNA)],
        ),
        (
            "nameless",
            [
                member("a", account_id="1", cookie_id="c"),
                member("c", account_id="2", cookie_id="c"),
                member("b", cookie_id="c"),
            ],
        ),
    ],
)
def test_what_keeps_two_apart_is_named(reason: str, members: list[Member]) -> None:
    found = verdict(members)
    assert (found.one_person, found.reason) == (False, reason)
    assert found.because


def test_a_browser_that_is_somebodys_is_told_as_what_joined_it_not_as_too_weak() -> None:
    anna = member("a", account_id="1", cookie_id="c", **ANNA)
    evidence = Evidence([anna, member("b", cookie_id="c")], [], [], frozenset(), RULES)
    (link,) = partition(evidence.members, [], [], frozenset(), RULES).links
    found = between.linked(evidence, [b"a"], [b"b"], [link])
    assert (found.waterfall.threshold, found.waterfall.bits) == (None, link.bits)


def test_a_separation_is_named_before_all_else() -> None:
    mail = {"email": "a@gmx.de"}
    linked = [member("a", **mail, **ANNA), member("b", **mail, **ANNA)]
    assert verdict(linked, [apart("a", "b")]).reason == "separation"
    strangers = [member("a", **ANNA), member("b", first_name="Xaver", last_name="Unterhuber")]
    assert verdict(strangers, [apart("a", "b")]).reason == "separation"


def test_what_too_many_have_in_common_is_told_of_profiles_that_never_met() -> None:
    members = [member("a", birth_date="1980-02-03", **ANNA), member("b", birth_date="1980-02-03", **ANNA)]
    evidence = Evidence(members, [], [], frozenset(), RULES)
    found = between.apart(evidence, [b"a"], [b"b"], [], together=False)
    assert found.reason == "too_common"
    assert found.waterfall.threshold is not None
    assert found.waterfall.bits >= found.waterfall.threshold


def test_a_shared_value_is_nothing_in_common() -> None:
    members = [member("a", loyalty_id="999"), member("b", loyalty_id="999")]
    assert verdict(members, shared=frozenset(["loyalty_id|999"])).reason == "never_compared"


@given(components())
@settings(max_examples=200)
def test_every_two_profiles_of_a_component_have_a_reason_in_words(component: Component) -> None:
    evidence, found = Evidence(*component, frozenset(), RULES), partition(*component, frozenset(), RULES)
    for place, left in enumerate(found.groups):
        for right in found.groups[place + 1 :]:
            told = between.apart(evidence, left, right, found.refused, together=True)
            assert told.because == reason_in_words(told.reason)
            refused = [one.reason for one in found.refused if {one.a, one.b} <= {*left, *right}]
            assert told.reason in refused or not refused
            assert sum(line.bits for line in told.waterfall.lines) == told.waterfall.bits


@given(components())
@settings(max_examples=200)
def test_the_links_lead_from_any_fragment_of_a_profile_to_any_other(component: Component) -> None:
    evidence, found = Evidence(*component, frozenset(), RULES), partition(*component, frozenset(), RULES)
    for group in found.groups:
        for end in group[1:]:
            told = between.linked(evidence, group[:1], [end], found.links)
            here = group[0]
            for link in told.through:
                assert here in (link.a, link.b)
                here = link.b if link.a == here else link.a
            assert here == end
            assert told.reason == ("linked" if len(told.through) == 1 else "linked_through")
