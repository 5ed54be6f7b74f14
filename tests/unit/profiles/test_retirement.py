"""One fragment takes over what others hold, as if all had been told to it; and which ones, when."""

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.profiles.making import RULES, anchors, arrival, event, folded, without
from unifier.events.canonical import Command, Event, Identifier, Order, Signal
from unifier.matching.identity import Identity
from unifier.profiles.component import RETIRED_MAX, Component, Retired
from unifier.profiles.fold import Work, fold
from unifier.profiles.fragment import PLACES_MAX, TIMELINE_MAX, Fragment
from unifier.profiles.marks import DAY_MS
from unifier.profiles.partition import Separation, Tie
from unifier.profiles.privacy import Intent, Privacy, Said
from unifier.profiles.retirement import SILENT_MS, begin_retirement, retire
from unifier.profiles.view import timeline, view

FEW = RULES.model_copy(update={"matching": RULES.matching.model_copy(update={"browsers": 4})})
ACCOUNT = ("account_id", "1")
MONTH_MS = SILENT_MS + DAY_MS

Told = tuple[dict[str, object], str]
"""What an event says, and from which browser."""
told = st.tuples(
    st.fixed_dictionaries(
        {
            "at": st.integers(1, 5).map(lambda day: day * DAY_MS),
            "signal": st.sampled_from([Signal.TOUCH, Signal.INTEREST, Signal.PURCHASE, None]),
            "order": st.none()
            | st.builds(
                Order,
                key=st.sampled_from(["o1", "o2"]),
                kind=st.sampled_from(["sale", "return", "cancel"]),
                amount=st.sampled_from([10, 20]),
                currency=st.just("EUR"),
            ),
            "consents": st.lists(st.tuples(st.sampled_from(["sms", "mail"]), st.booleans()), max_size=2),
            "title": st.sampled_from(["", "Dr", "Prof"]),
        }
    ),
    st.sampled_from("abc"),
)


def browser(name: str) -> Identifier:
    return ("cookie_id", name)


def events(history: Iterable[Told], *, apart: bool) -> list[Event]:
    return [
        event(f"e{n}", ACCOUNT, browser(name if apart else "a"), **says)  # type: ignore[arg-type]
        for n, (says, name) in enumerate(history)
    ]


def documents(component: Component) -> list[object]:
    found: list[object] = []
    for record in component.records.values():
        fragments = list(component.fragments(record.members))
        document = view(fragments, RULES) | {"timeline": timeline(fragments)}
        marks = sorted(mark for fragment in fragments for mark in fragment.all_marks())
        found.append([document | {"identifiers": None}, marks])
    return found


@given(st.lists(told, min_size=1, max_size=12))
def test_it_is_as_if_all_had_been_told_to_one(history: list[Told]) -> None:
    component, _ = folded(events(history, apart=True))
    fids = sorted(component.packed)
    taken = Intent(frozenset(fids[1:]), 0, 0, "", whole=False, into=fids[0])
    component.privacy = Privacy(intents=[taken])
    assert retire(component, taken) == len(fids) - 1
    component = Component.unpack(component.cid, component.pack(component.live))
    assert set(component.packed) == {fids[0]}
    assert component.retired.keys() == set(fids[1:])
    assert component.privacy is None
    one, _ = folded(events(history, apart=False))
    assert documents(component) == documents(one)


def signing_in(browsers: Iterable[int], account: Identifier = ACCOUNT) -> list[Event]:
    """A month apart, each looks around before."""
    return [
        event(f"e{n}-{len(ids)}-{account[1]}", *ids, at=(n + 1) * MONTH_MS + len(ids))
        for n in browsers
        for ids in ([browser(f"c{n}")], [account, browser(f"c{n}")])
    ]


def leaving(component: Component) -> list[set[Identifier]]:
    """The identifiers of who is about to be taken over."""
    begin_retirement(component, FEW, now=0)
    intents = component.privacy.intents if component.privacy else []
    return [{one for f in component.fragments(i.fids) for one in f.identity.ids} for i in intents]


def test_the_oldest_browsers_are_taken_over_and_what_they_did_alone() -> None:
    component, _ = folded(signing_in(range(5)))
    assert leaving(component) == [{ACCOUNT, browser("c1"), browser("c2"), browser("c3")}]
    assert component.privacy is not None
    [intent] = component.privacy.intents
    assert len(intent.fids) == 6
    assert browser("c0") in component.fragment(intent.into).identity.ids


def test_what_the_rules_know_no_more_is_no_browser() -> None:
    device = ("device_id", "d1")
    component, _ = folded([*signing_in(range(5)), event("d", ACCOUNT, device, at=MONTH_MS)])
    begin_retirement(component, without("device_id", FEW), now=0)
    assert component.privacy is not None
    assert [intent.into in component for intent in component.privacy.intents] == [True]


def test_as_many_as_are_kept_apart_stay() -> None:
    component, _ = folded(signing_in(range(4)))
    assert leaving(component) == []


def test_browsers_used_lately_stay() -> None:
    component, _ = folded([event(f"e{n}", ACCOUNT, browser(f"c{n}"), at=n + 1) for n in range(40)])
    assert leaving(component) == []


def test_a_browser_that_another_person_uses_stays_or_he_would_get_what_it_did_alone() -> None:
    component, _ = folded([*signing_in(range(5)), *signing_in([2], ("account_id", "2"))])
    assert leaving(component) == [{ACCOUNT, browser("c1"), browser("c3")}]


def test_who_is_tied_to_the_person_by_a_browser_alone_keeps_it() -> None:
    newsletter = event("n", ("email", "a@example.org"), browser("c2"))
    component, _ = folded([*signing_in(range(5)), newsletter])
    assert leaving(component) == [{ACCOUNT, browser("c1"), browser("c3")}]


def test_what_a_browser_did_alone_goes_with_the_last_identity_that_was_told_on_it() -> None:
    said_more = [
        event(f"more{n}", ACCOUNT, ("email", "a@example.org"), browser(f"c{n}"), at=(n + 1) * MONTH_MS + 3)
        for n in range(5)
    ]
    component, _ = folded([*signing_in(range(5)), *said_more])
    leaving(component)
    assert component.privacy is not None
    gone = {fid for intent in component.privacy.intents for fid in intent.fids}
    left = [fragment.identity.ids for fragment in component.fragments() if fragment.fid not in gone]
    named = {one for ids in left if ACCOUNT in ids for one in ids}
    assert gone
    assert all(named.intersection(ids) for ids in left)


def test_whom_a_steward_or_a_restriction_names_stays() -> None:
    for word in ("tie", "separation", "restriction"):
        component, _ = folded(signing_in(range(5)))
        named = {f.fid for f in component.fragments() if browser("c2") in f.identity.ids}
        if word == "tie":
            component.ties = [Tie(min(named), max(named), "steward", "s", 1)]
        elif word == "separation":
            component.separations = [Separation(frozenset(named), frozenset([bytes(12)]), "s", "s", 1)]
        else:
            component.privacy = Privacy(said=dict.fromkeys(named, Said(True, 1, min(named))))
        assert not any(browser("c2") in found for found in leaving(component))


def test_a_word_on_whom_is_gone_or_on_the_way_out_is_about_who_takes_over() -> None:
    for on_the_way in (True, False):
        component, _ = folded([*signing_in(range(5)), event("x", ("crm_id", "x"), last_name="Unterhuber")])
        leaving(component)
        assert component.privacy is not None
        [intent] = component.privacy.intents
        away, other = min(intent.fids), next(f.fid for f in component.fragments() if f.anchor == "crm_id")
        works = [
            Work(commands=[Command("w", "link", "s", "r", 10, fragments=(other.hex(), away.hex()))]),
            Work(marked=[intent]),
            Work(commands=[Command("v", "separate", "s", "r", 11, fragments=(other.hex(), away.hex()))]),
        ]
        first, second, third = works if on_the_way else (works[1], works[0], works[2])
        fold(component, first, {}, FEW, now=0)
        told = fold(component, second, {}, FEW, now=0)
        assert not told.astray
        assert {*component.ties[0][:2]} == {other, intent.into}
        assert len(component.records) == 1
        assert not fold(component, third, {}, FEW, now=0).astray
        assert len(component.records) == 2


def test_late_words_of_the_retired_go_into_the_one_that_took_over() -> None:
    component, _ = folded(signing_in(range(5)))
    leaving(component)
    assert component.privacy is not None
    [intent] = component.privacy.intents
    fold(component, Work(marked=[intent]), {}, FEW, now=0)
    late = arrival(event("late", browser("c1"), at=2 * MONTH_MS), 99)
    anew = arrival(event("anew", browser("c1"), at=90 * MONTH_MS), 100)
    touches = component.fragment(intent.into).touches
    fold(component, Work([late, anew]), anchors([late, anew]), FEW, now=0)
    assert component.fragment(intent.into).touches == touches + 1
    assert component.fragment(anew.fid).touches == 1


def of_number(component: Component, number: int, last_at: int) -> bytes:
    """A fragment that takes nobody's place."""
    fragment = Fragment(number.to_bytes(12), "online", "", b"", Identity(), "")
    fragment.last_at = last_at
    component.found(fragment)
    return fragment.fid


def test_who_took_over_may_be_taken_over() -> None:
    component = Component(bytes(12))
    old, newer = of_number(component, 1, 5), of_number(component, 2, 9)
    component.retire(old, newer)
    component.retire(newer, bytes(12))
    assert component.retired == {old: Retired(bytes(12), 5, {}), newer: Retired(bytes(12), 9, {})}


def test_what_is_remembered_of_the_retired_is_bounded() -> None:
    component, other = Component(bytes(12)), Component(bytes([1]) * 12)
    for n in range(RETIRED_MAX):
        component.retire(of_number(component, n, n), bytes(12))
        other.retire(of_number(other, 1_000 + n, n), bytes(12))
    component.absorb(other)
    component.retire(of_number(component, 5_000, 5_000), bytes(12))
    assert len(component.retired) == RETIRED_MAX
    assert min(retired.until for retired in component.retired.values()) == RETIRED_MAX // 2


def test_touchpoints_and_the_timeline_stay_within_their_caps() -> None:
    component, _ = folded(signing_in(range(2)))
    into, other = [f for f in component.fragments() if ACCOUNT in f.identity.ids]
    for fragment, side in ((into, "a"), (other, "b")):
        fragment.places = [["web", f"{side}{n}", "Page", 1, n] for n in range(PLACES_MAX)]
        fragment.timeline = b""
    taken = Intent(frozenset([other.fid]), 0, 0, "", whole=False, into=into.fid)
    component.privacy = Privacy(intents=[taken])
    retire(component, taken)
    assert sorted(place[4] for place in into.places) == sorted([*range(PLACES_MAX // 2, PLACES_MAX)] * 2)
    assert len(into.moments()) <= TIMELINE_MAX
