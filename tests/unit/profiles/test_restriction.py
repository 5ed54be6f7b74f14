"""While a person is restricted nothing is decided about them; the release gives what would be without it."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.profiles.arriving import documents, histories, told
from tests.unit.profiles.making import RULES, anchors, arrival, event, folded
from unifier.events.canonical import Event
from unifier.profiles.component import Component
from unifier.profiles.fold import Folded, Work, fold
from unifier.profiles.fragment import Arrival
from unifier.profiles.privacy import Restriction

ANNA, BOB = ("email", "anna@example.org"), ("email", "bob@example.org")


def say(component: Component, fid: bytes, on: bool, at: int) -> Folded:
    return fold(component, Work(restrict=[Restriction(fid, on, at, "c")]), {}, RULES, now=50)


def give(component: Component, coming: list[Arrival]) -> Folded:
    return fold(component, Work(coming), anchors(coming), RULES, now=60)


def groups(component: Component) -> set[tuple[bytes, ...]]:
    return {record.members for record in component.records.values()}


@settings(max_examples=150)
@given(histories, st.integers(0, 9), st.integers(0, 9))
def test_after_the_release_it_is_as_if_there_had_been_none(history: list[Event], who: int, when: int) -> None:
    coming = [arrival(one, n) for n, one in enumerate(history)]
    first = coming[: 1 + when % len(coming)]
    fid = first[who % len(first)].fid
    expected = documents(told(coming, []))
    component = Component(min(a.fid for a in coming))
    give(component, list(first))
    say(component, fid, on=True, at=1)
    restricted = {one.pid: one.members for one in component.records.values() if component.is_restricted(one)}
    assert restricted
    for one in coming[len(first) :]:
        give(component, [one])
        component = Component.unpack(component.cid, component.pack(component.live))
        for pid, members in restricted.items():
            assert set(members) <= set(component.records[pid].members)
    say(component, fid, on=False, at=2)
    assert not component.restricted
    assert documents(component) == expected


def test_a_profile_told_of_before_joins_nobody_who_is_restricted() -> None:
    component, _ = folded([event("a", ("account_id", "1"), ANNA), event("b", ("loyalty_id", "L"), BOB)])
    before = groups(component)
    anna = next(f.fid for f in component.fragments() if f.anchor == "account_id")
    assert len(say(component, anna, on=True, at=1).restricted) == 1
    both = arrival(event("c", ("crm_id", "7"), ANNA, BOB), 9)
    folded_in = give(component, [both])
    assert both.fid in component.restricted
    assert folded_in.assigned.created == []
    assert {group for group in groups(component) if anna not in group} == before - {(anna,)}
    assert len(say(component, anna, on=False, at=2).released) == 1
    assert len(component.records) == 1


def test_a_word_that_comes_late_or_again_changes_nothing() -> None:
    component, _ = folded([event("a", ("account_id", "1"), ANNA)])
    assert say(component, component.cid, on=True, at=5).restricted
    assert not say(component, component.cid, on=True, at=5).restricted
    assert say(component, component.cid, on=False, at=7).released
    assert not say(component, component.cid, on=True, at=6).restricted
    assert not component.restricted


def test_a_release_that_comes_before_the_restriction_that_it_ends_counts() -> None:
    """Two commands about one person may be in two partitions of the control topic."""
    component, _ = folded(
        [event("a", ("account_id", "1"), ANNA, at=1), event("b", ("loyalty_id", "L"), ANNA, at=2)]
    )
    [(one, other)] = groups(component)
    assert not say(component, one, on=False, at=7).released
    component = Component.unpack(component.cid, component.pack(component.live))
    late = arrival(event("c", ("cookie_id", "9"), ANNA, at=3), 9)
    give(component, [late])
    assert len(groups(component)) == 1
    for fid in (other, late.fid):
        assert not say(component, fid, on=True, at=5).restricted
    assert not component.restricted
    assert say(component, other, on=True, at=8).restricted
