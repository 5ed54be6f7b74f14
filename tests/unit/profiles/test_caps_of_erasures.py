"""What is remembered of the erased is bounded, and what is forgotten of it brings nobody back."""

import pytest

from tests.unit.profiles.making import RULES, anchors, arrival, event, folded
from unifier.profiles.assign import assign
from unifier.profiles.component import Component
from unifier.profiles.erasure import drop
from unifier.profiles.fold import Work, fold
from unifier.profiles.ids import profile_id
from unifier.profiles.privacy import GONE_MAX, IDS_MAX, Intent, Privacy


def fid(number: int) -> bytes:
    return number.to_bytes(12)


def test_of_too_many_erased_those_erased_first_are_known_as_one() -> None:
    stored = fid(0)
    privacy = Privacy({fid(n): n + 1 for n in range(GONE_MAX + 4)})
    assert privacy.forget({stored}) == 3
    assert privacy.gone.keys() == {stored, *map(fid, range(4, GONE_MAX + 4))}
    assert privacy.before == 4
    assert privacy.forget({stored}) == 0


def test_of_too_many_erased_ids_those_that_nobody_asked_for_go_first_and_none_is_given_again() -> None:
    component, _ = folded([event("e1", ("cookie_id", "c1"))])
    [own] = component.packed
    component.records.clear()
    ids = {profile_id(own, n): 0 if n < 2 else 7 for n in range(IDS_MAX + 2)}
    component.privacy = Privacy(ids=ids)
    assert component.privacy.forget(component.packed) == 2
    assert component.privacy.ids.keys() == {profile_id(own, n) for n in range(2, IDS_MAX + 2)}
    component.privacy.ids.clear()
    assigned = assign(component, [(own,)], 0)
    assert assigned.created == [profile_id(own, 2)]


def test_what_is_known_of_the_erased_is_stored_and_survives_a_merge() -> None:
    one, other = Component(fid(1)), Component(fid(2))
    one.privacy, other.privacy = Privacy(before=5, numbers=2), Privacy(before=3, numbers=4)
    one.absorb(Component.unpack(other.cid, other.pack(())))
    assert one.privacy == Privacy(before=5, numbers=4)


def test_only_of_whom_nothing_else_is_known_it_is_taken_that_he_was_erased() -> None:
    component, _ = folded([event("e1", ("cookie_id", "c1"))])
    [own] = component.packed
    component.privacy = Privacy({fid(1): 3}, before=9)
    component.awaited = {fid(2)}
    assert [component.erased_up_to(one) for one in (own, fid(1), fid(2), fid(3))] == [None, 3, None, 9]
    component.privacy.before = 0
    assert component.erased_up_to(fid(3)) is None


@pytest.mark.parametrize("astray", [False, True])
def test_an_erasure_reaches_those_of_whom_it_is_forgotten_who_took_them_over(astray: bool) -> None:
    component, _ = folded([event("e1", ("cookie_id", "c1"), at=5)])
    component.astray = astray
    component.privacy = Privacy()
    drop(component, Intent(frozenset(component.packed), 9, 0, "e", whole=True), RULES)
    assert component.privacy.before == (9 if astray else 0)


def test_an_erasure_keeps_within_the_caps() -> None:
    component, _ = folded([event("e1", ("cookie_id", "c1"), at=5)])
    component.privacy = Privacy({fid(n): 1 for n in range(GONE_MAX)})
    intent = Intent(frozenset(component.packed), 9, 0, "e", whole=True)
    done = fold(component, Work(marked=[intent]), {}, RULES, now=0)
    assert done.capped == {"erased": 1}
    assert len(component.privacy.gone) == GONE_MAX
    late = arrival(event("e2", ("cookie_id", "c1"), at=9), 9)
    fold(component, Work([late]), anchors([late]), RULES, now=0)
    assert not component.packed
