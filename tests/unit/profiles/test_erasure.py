"""After an erasure a component is as if the person had never been, and stays so whatever is told again."""

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.profiles.arriving import documents, histories, told
from tests.unit.profiles.making import RULES, anchors, arrival, event, folded, without
from unifier.events.canonical import Event
from unifier.profiles.component import Component
from unifier.profiles.erasure import reach
from unifier.profiles.fold import Folded, Work, fold
from unifier.profiles.fragment import Arrival
from unifier.profiles.partition import Separation, Tie
from unifier.profiles.privacy import Intent

AT_ONCE = 1_000
"""No event of the histories is later."""


def begun(component: Component, fid: bytes, until: int = AT_ONCE, *, whole: bool = True) -> int:
    """Erasures that the word of an officer began."""
    wanted = Intent(frozenset([fid]), until, 20, "e1", whole)
    return fold(component, Work(erase=[wanted]), {}, RULES, now=20).begun


def finished(component: Component) -> Folded:
    """What is begun is done, as when the index has been told."""
    assert component.privacy is not None
    marked = [replace(one, fids=reach(component, one, RULES)) for one in component.privacy.intents]
    return fold(component, Work(marked=marked), {}, RULES, now=20)


def erased(component: Component, fid: bytes) -> tuple[Component, frozenset[bytes]]:
    """The component without the person whose fragment this is, read back from storage; and what is gone."""
    before = set(component.packed)
    assert begun(component, fid)
    finished(component)
    stored = Component.unpack(component.cid, component.pack(component.live))
    return stored, frozenset(before - stored.packed.keys())


def give(component: Component, coming: Sequence[Arrival]) -> Folded:
    return fold(component, Work(list(coming)), anchors(coming), RULES, now=30)


@settings(max_examples=200)
@given(
    histories.flatmap(lambda history: st.tuples(st.just(history), st.permutations(history))),
    st.integers(0, 9),
)
def test_it_is_as_if_the_person_had_never_been(orders: tuple[list[Event], list[Event]], who: int) -> None:
    history, again = orders
    coming = [arrival(one, n) for n, one in enumerate(history)]
    offsets = {a.event.event_id: a for a in coming}
    component, gone = erased(told(coming, []), coming[who % len(coming)].fid)
    assert coming[who % len(coming)].fid in gone
    others = [a for a in coming if a.fid not in gone]
    expected = documents(told(others, [])) if others else {}
    assert documents(component) == expected
    for one in again:
        give(component, [offsets[one.event_id]])
    assert documents(component) == expected
    stranger = [replace(offsets[one.event_id], lane=b"else") for one in again]
    assert give(component, stranger).late == len(coming) - len(others)
    assert documents(component) == expected


@settings(max_examples=100)
@given(histories, st.integers(0, 9))
def test_what_is_told_of_a_later_time_is_a_new_person(history: list[Event], who: int) -> None:
    coming = [arrival(one, n) for n, one in enumerate(history)]
    before = told(coming, [])
    component, gone = erased(before, coming[who % len(coming)].fid)
    kept = {record.pid: record.members for record in component.records.values()}
    later = [
        arrival(replace(a.event, event_id=f"later-{n}", at=AT_ONCE + 1, consents=()), 100 + n)
        for n, a in enumerate(coming)
        if a.fid in gone
    ]
    give(component, later)
    assert {a.fid for a in later} <= component.packed.keys()
    for record in component.records.values():
        if gone.issuperset(record.members):
            assert record.pid not in before.records
            assert record.pid not in before.dead
            view = list(component.fragments(record.members))
            assert sum(f.touches for f in view) == sum(a.fid in record.members for a in later)
    for fid in set[bytes]().union(*kept.values()):
        assert component.fragment(fid).touches == before.fragment(fid).touches


@settings(max_examples=50)
@given(histories, st.integers(0, 9))
def test_a_finished_erasure_is_not_run_again(history: list[Event], who: int) -> None:
    coming = [arrival(one, n) for n, one in enumerate(history)]
    fid = coming[who % len(coming)].fid
    component, _ = erased(told(coming, []), fid)
    assert not begun(component, fid)
    give(component, [arrival(replace(coming[who % len(coming)].event, event_id="n", at=AT_ONCE + 1), 100)])
    assert not begun(component, fid)
    assert fid in component


def test_an_erasure_that_is_begun_is_a_timer_until_it_is_done() -> None:
    component, _ = folded([event("e", ("account_id", "a"), at=5)])
    assert begun(component, component.cid)
    stored = Component.unpack(component.cid, component.pack(component.live))
    assert stored.due() == 20 + 2_000
    assert not begun(stored, component.cid), "it is on its way"
    finished(stored)
    assert stored.due() is None


def test_events_that_were_ahead_of_the_clock_come_under_the_erasure_too() -> None:
    ahead = event("e", ("account_id", "a"), at=AT_ONCE + 1_000)
    component, _ = folded([event("d", ("account_id", "a"), at=5), ahead])
    component, gone = erased(component, component.cid)
    assert give(component, [arrival(replace(ahead, event_id="f"), 7)]).late == 1
    assert not component.packed
    assert gone


def test_who_may_not_be_stitched_is_forgotten_all_the_same() -> None:
    anna = ("email", "anna@example.org")
    component, _ = folded(
        [
            event("a", ("account_id", "1"), anna, first_name="Anna"),
            event("b", ("loyalty_id", "L"), anna, consents=[("stitching", False)]),
        ]
    )
    assert len(component.records) == 2
    component, gone = erased(component, min(component.packed))
    assert len(gone) == 2


def test_only_what_is_left_is_remembered_of_words_ids_and_keys() -> None:
    anna, bob = ("email", "anna@example.org"), ("email", "bob@example.org")
    component, _ = folded(
        [
            event("a", ("account_id", "1"), anna, first_name="Anna"),
            event("b", ("account_id", "2"), bob, first_name="Bob"),
            event("c", ("loyalty_id", "L"), bob, first_name="Bob"),
        ]
    )
    of = {f.identity.ids: f.fid for f in component.fragments()}
    keys = [("account_id", "1"), ("account_id", "2"), ("loyalty_id", "L")]
    one, two, three = (next(fid for ids, fid in of.items() if key in ids) for key in keys)
    component.ties = [Tie(one, two, "steward", "t1", 1), Tie(two, three, "steward", "t2", 1)]
    component.separations = [
        Separation(frozenset([one]), frozenset([three]), "s1", "x", 1),
        Separation(frozenset([one, two]), frozenset([three]), "s2", "x", 1),
    ]
    component.shared = {"email|anna@example.org", "email|bob@example.org"}
    component, gone = erased(component, one)
    assert gone == {one}
    assert [tie.event_id for tie in component.ties] == ["t2"]
    assert [(s.event_id, s.a) for s in component.separations] == [("s2", frozenset([two]))]
    assert component.shared == {"email|bob@example.org"}


def test_ids_that_were_merged_into_an_erased_one_are_erased_with_it() -> None:
    component, _ = folded([event("a", ("account_id", "1"), at=1), event("b", ("loyalty_id", "L"), at=2)])
    old = set(component.records)
    assert len(old) == 2
    both = event("c", ("account_id", "1"), ("loyalty_id", "L"), ("email", "a@example.org"), at=3)
    coming = [arrival(both, 9)]
    give(component, coming)
    assert len(component.records) == 1
    component, _ = erased(component, coming[0].fid)
    assert component.privacy is not None
    assert old <= component.privacy.ids.keys()
    assert not component.dead
    assert not component.records


def test_a_fragment_in_flight_goes_alone() -> None:
    anna = ("email", "anna@example.org")
    component, _ = folded(
        [event("a", ("account_id", "1"), anna), event("b", ("loyalty_id", "L"), anna, at=5)]
    )
    assert len(component.records) == 1
    late = next(f.fid for f in component.fragments() if f.anchor == "loyalty_id")
    assert begun(component, late, whole=False)
    assert finished(component).erased == []
    [record] = component.records.values()
    assert record.members == tuple(component.packed)
    assert late not in component


def test_a_fragment_that_was_part_of_another_profile_does_not_come_back_under_its_id() -> None:
    """What is left may join another profile; then the id is remembered with what it stood for."""
    anna = ("email", "anna@example.org")
    component, _ = folded(
        [event("a", ("account_id", "1"), anna), event("b", ("loyalty_id", "L"), anna, at=5)]
    )
    [record] = component.records.values()
    late = next(f.fid for f in component.fragments() if f.anchor == "loyalty_id")
    assert begun(component, late, whole=False)
    assert finished(component).cut == [record]
    assert late not in record.members


def test_what_another_erasure_takes_of_one_leaves_the_rest_to_be_done() -> None:
    """Evidence that comes between may make a fragment of the one person the other's, too."""
    anna = ("email", "anna@example.org")
    component, _ = folded(
        [event("a", ("account_id", "1"), anna), event("b", ("loyalty_id", "L"), anna, at=5)]
    )
    one, other = component.packed
    assert begun(component, one)
    assert component.privacy is not None
    [both] = component.privacy.intents
    fold(component, Work(marked=[replace(both, fids=frozenset([one]), whole=False)]), {}, RULES, now=20)
    assert [intent.fids for intent in component.privacy.intents] == [{other}]
    finished(component)
    assert not component.packed
    assert not component.privacy.intents


def test_somebody_is_erased_who_has_identifiers_of_a_type_that_the_rules_know_no_more() -> None:
    card = ("payment_account", "P1")
    component, _ = folded(
        [event("e1", ("email", "a@x.de"), card), event("e2", ("email", "b@x.de"), card), event("e3", card)]
    )
    [record, *_] = component.records.values()
    assert begun(component, record.members[0])
    assert component.privacy is not None
    done = fold(component, Work(marked=component.privacy.intents), {}, without("payment_account"), now=20)
    assert [gone for gone, _ in done.erased] == [record]


def test_an_id_that_is_merged_away_by_the_erasure_stands_for_nothing_erased() -> None:
    one, another, born = ("email", "a@example.org"), ("email", "b@example.org"), "1980-05-07"
    told = [
        event("e1", ("loyalty_id", "L1"), one, first_name="Anna", last_name="Jagemann", birth_date=born),
        event("e2", one, another, first_name="Anna", last_name="Jagemann", birth_date=born),
        event("e3", ("loyalty_id", "L2"), another, first_name="Anna", last_name="Jagemann"),
    ]
    gone, between, other = (arrival(each, 0).fid for each in told)
    component, _ = folded(told)
    former, older = component.record_of(between), component.record_of(other)
    assert former is not None
    assert older is not None
    assert set(former.members) == {gone, between}
    older.born -= 1
    assert begun(component, gone, whole=False)
    finished(component)
    assert component.dead[former.pid].members == (between,)
