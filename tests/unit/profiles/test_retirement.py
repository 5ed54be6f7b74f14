"""One fragment takes over what others hold, as if all had been told to it; and which ones, when."""

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.profiles.making import RULES, anchors, arrival, event, folded
from unifier.events.canonical import Event, Identifier, Order, Signal
from unifier.profiles.component import RETIRED_MAX, Component, Retired
from unifier.profiles.fold import Work, fold
from unifier.profiles.fragment import PLACES_MAX, TIMELINE_MAX, Fragment
from unifier.profiles.marks import DAY_MS
from unifier.profiles.partition import Separation, Tie
from unifier.profiles.privacy import Intent, Privacy, Said
from unifier.profiles.retirement import SILENT_MS, retire, step_back
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
    step_back(component, FEW, now=0)
    intents = component.privacy.intents if component.privacy else []
    return [{one for f in component.fragments(i.fids) for one in f.identity.ids} for i in intents]


def test_the_oldest_browsers_are_taken_over_and_what_they_did_alone() -> None:
    component, _ = folded(signing_in(range(5)))
    assert leaving(component) == [{ACCOUNT, browser("c1"), browser("c2"), browser("c3")}]
    assert component.privacy is not None
    [intent] = component.privacy.intents
    assert len(intent.fids) == 6
    assert browser("c0") in component.fragment(intent.into).identity.ids


def test_as_many_as_are_kept_apart_stay() -> None:
    component, _ = folded(signing_in(range(4)))
    assert leaving(component) == []


def test_browsers_used_lately_stay() -> None:
    component, _ = folded([event(f"e{n}", ACCOUNT, browser(f"c{n}"), at=n + 1) for n in range(40)])
    assert leaving(component) == []


def test_what_a_browser_did_alone_stays_where_another_person_uses_it() -> None:
    component, _ = folded([*signing_in(range(5)), *signing_in([2], ("account_id", "2"))])
    [found] = leaving(component)
    assert component.privacy is not None
    bare = [
        f
        for i in component.privacy.intents
        for f in component.fragments(i.fids)
        if ACCOUNT not in f.identity.ids
    ]
    assert {one for f in bare for one in f.identity.ids} == {browser("c1"), browser("c3")}
    assert browser("c2") in found


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


def test_who_took_over_may_be_taken_over() -> None:
    component = Component(bytes(12))
    old, newer = bytes([1]) * 12, bytes([2]) * 12
    for fid in (old, newer):
        component.found(Fragment(fid, "online", "", b"", folded(signing_in([0]))[0].fragment, ""))  # type: ignore[arg-type]
    component.retire(old, Retired(newer, 5))
    component.retire(newer, Retired(bytes(12), 9))
    assert component.retired == {old: Retired(bytes(12), 5), newer: Retired(bytes(12), 9)}


def test_what_is_remembered_of_the_retired_is_bounded() -> None:
    component = Component(bytes(12))
    for n in range(RETIRED_MAX + 5):
        fid = n.to_bytes(12)
        component.packed[fid] = component.live[fid] = b""  # type: ignore[assignment]
        component.retire(fid, Retired(bytes(12), n))
    assert min(retired.until for retired in component.retired.values()) == 5


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
