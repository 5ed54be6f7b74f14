"""What a fragment that took others over makes of what is said, told again, undone or erased."""

from collections.abc import Iterable

from hypothesis import example, given
from hypothesis import strategies as st

from tests.unit.profiles.making import RULES, anchors, arrival, event, folded
from unifier.events.canonical import Event, Identifier, Order
from unifier.profiles.component import Component, Dead
from unifier.profiles.consent import consents
from unifier.profiles.erasure import begin, drop
from unifier.profiles.fold import Work, fold
from unifier.profiles.fragment import CONSENTS_MAX, PAUSE_MS, Arrival
from unifier.profiles.orders import RETURNS_MAX
from unifier.profiles.privacy import Intent, Privacy, Restriction
from unifier.profiles.restriction import restrict
from unifier.profiles.retirement import retire

ACCOUNT: Identifier = ("account_id", "1")
OLD: Identifier = ("cookie_id", "old")
FIRST: Identifier = ("cookie_id", "first")
BY: dict[str, tuple[Identifier, ...]] = {
    "browser": (OLD,),
    "signed in": (ACCOUNT, OLD),
    "first": (ACCOUNT, FIRST),
    "newer": (ACCOUNT, ("cookie_id", "newer")),
    "record": (("crm_id", "crm:1"), ACCOUNT),
}
Word = tuple[str, int, bool]
"""By whom, when, whether it is a yes."""
words = st.lists(st.tuples(st.sampled_from(sorted(BY)), st.integers(1, 9), st.booleans()), max_size=8)


def said(history: Iterable[Word], number: int = 0) -> list[Event]:
    return [
        event(f"e{n}", *BY[by], at=at, consents=[("sms", yes)])
        for n, (by, at, yes) in enumerate(history, number)
    ]


def fids_of(component: Component, *names: str) -> list[bytes]:
    return [f.fid for name in names for f in component.fragments() if set(f.identity.ids) == {*BY[name]}]


def taken_over(component: Component, *names: str, into: str = "first") -> Intent:
    """The fragments of these names are."""
    [heir] = fids_of(component, into)
    intent = Intent(frozenset(fids_of(component, *names)), 0, 0, "", whole=False, into=heir)
    component.privacy = component.privacy or Privacy()
    component.privacy.intents.append(intent)
    retire(component, intent)
    return intent


def tell(component: Component, *arrivals: Arrival) -> None:
    fold(component, Work([*arrivals]), anchors(arrivals), RULES, now=0)


def granted(component: Component) -> bool:
    word = consents(component.fragments()).get("sms")
    return word is not None and word.granted


@given(words, words)
@example([("browser", 1, True), ("browser", 2, False), ("first", 5, True), ("signed in", 6, False)], [])
@example([("browser", 1, False), ("first", 5, True)], [])
@example([("newer", 4, False), ("browser", 5, True), ("first", 3, False)], [])
@example([("browser", 1, True), ("first", 6, False)], [("browser", 1, False), ("first", 6, True)])
@example([], [("browser", 2, True), ("first", 1, False)])
def test_no_consent_is_widened(before: list[Word], after: list[Word]) -> None:
    known = [event(f"k{n}", *ids, at=7, signal=None) for n, ids in enumerate(BY.values())]
    apart, _ = folded([*said(before), *known])
    together, _ = folded([*said(before), *known])
    taken_over(together, "browser", "signed in")
    assert granted(apart) or not granted(together)
    coming = [arrival(told, 100 + n) for n, told in enumerate(said(after, 100))]
    tell(apart, *coming)
    tell(together, *coming)
    assert granted(apart) or not granted(together)


def test_nobodys_first_yes_overrules_a_no_because_an_older_browser_was_taken_over() -> None:
    told = [
        event("a", OLD, at=1),
        event("b", ("crm_id", "crm:1"), ACCOUNT, at=2, consents=[("sms", False)]),
        event("c", ACCOUNT, FIRST, at=3, consents=[("sms", True)]),
    ]
    component, _ = folded(told)
    taken_over(component, "browser")
    assert not granted(component)
    tell(component, arrival(event("late", OLD, at=1), 9))
    assert not granted(component)


def test_when_a_word_was_said_is_told_however_it_counts() -> None:
    told = [
        event("a", OLD, at=5, consents=[("sms", True)]),
        event("b", ACCOUNT, FIRST, at=2),
    ]
    component, _ = folded(told)
    taken_over(component, "browser")
    component = Component.unpack(component.cid, component.pack(component.live))
    word = consents(component.fragments())["sms"]
    assert (word.granted, word.at, word.said) == (True, 0, 5)


def test_purposes_of_consent_stay_within_their_cap() -> None:
    told = [
        event(f"{name}{n}", *BY[name], consents=[(f"{name}{n}", False)])
        for name in ("first", "signed in")
        for n in range(CONSENTS_MAX)
    ]
    component, _ = folded(told)
    intent = taken_over(component, "signed in")
    assert len(component.fragment(intent.into).consents) == CONSENTS_MAX


def test_part_returns_of_one_order_stay_within_their_cap() -> None:
    told = [
        event(
            f"{name}{n}",
            *BY[name],
            order=Order(key="o", kind="return", amount=1, currency="EUR", part=f"{name}{n}"),
        )
        for name in ("first", "signed in", "newer")
        for n in range(RETURNS_MAX)
    ]
    component, _ = folded(told)
    intent = taken_over(component, "signed in", "newer")
    orders = component.fragment(intent.into).orders
    assert orders is not None
    [order] = orders.kept.values()
    assert len(order.returns) == RETURNS_MAX + 1
    assert order.paid() == {"EUR": -3 * RETURNS_MAX}


def test_an_offset_of_the_retired_says_nothing_of_events_of_others() -> None:
    """Whoever read both may have lost a race for one of them, and begin there again."""
    component, _ = folded([event("a", *BY["first"]), event("b", *BY["signed in"])])
    late = arrival(event("c", *BY["signed in"]), 9)
    tell(component, late)
    intent = taken_over(component, "signed in")
    component = Component.unpack(component.cid, component.pack(component.live))
    touches = component.fragment(intent.into).touches
    tell(component, arrival(event("d", *BY["first"]), 5))
    assert component.fragment(intent.into).touches == touches + 1
    component.fragment(intent.into).seen = b""
    tell(component, late)
    assert component.fragment(intent.into).touches == touches + 1


def test_who_was_named_and_taken_over_since_is_erased_and_restricted() -> None:
    component, _ = folded(said([("first", 1, True), ("signed in", 2, True)]))
    [named] = fids_of(component, "signed in")
    intent = taken_over(component, "signed in")
    [record] = component.records.values()
    assert restrict(component, Restriction(named, True, 5, "r"), RULES) == [record]
    assert begin(component, Intent(frozenset([named]), 9, 0, "e", whole=True))
    assert component.privacy is not None
    assert component.privacy.intents[0].fids == {intent.into}


def test_an_id_that_stood_for_a_retired_browser_alone_is_not_erased_with_somebody_else() -> None:
    component, _ = folded(
        [*said([("first", 1, True), ("signed in", 2, True)]), event("x", ("account_id", "2"))]
    )
    mine = component.record_of(fids_of(component, "first")[0])
    assert mine is not None
    component.bury("p_old", Dead(mine.pid, tuple(fids_of(component, "signed in")), 1, 1, None, None))
    taken_over(component, "signed in")
    [other] = [f.fid for f in component.fragments() if ("account_id", "2") in f.identity.ids]
    component.privacy = Privacy()
    drop(component, Intent(frozenset([other]), 9, 0, "e", whole=True), RULES)
    assert component.dead.keys() == {"p_old"}


def test_nobody_takes_over_who_is_erased_with_the_same_write() -> None:
    component, _ = folded(said([("first", 1, True), ("signed in", 2, True)]))
    [into], [old] = fids_of(component, "first"), fids_of(component, "signed in")
    retirement = Intent(frozenset([old]), 0, 0, "", whole=False, into=into)
    erasure = Intent(frozenset([into, old]), 9, 0, "e", whole=True)
    component.privacy = Privacy(intents=[retirement, erasure])
    done = fold(component, Work(marked=[retirement, erasure]), {}, RULES, now=0)
    component.pack(done.touched | done.founded)
    assert not component.packed
    assert component.privacy is not None
    assert component.privacy.gone.keys() == {into, old}
    assert not component.privacy.intents


def test_places_that_both_know_are_one_and_the_newer_visit_goes_on() -> None:
    def seen(number: int, by: str, page: str, at: int) -> Event:
        told = event(f"e{number}", *BY[by], at=at)
        told.name, told.touchpoint = "page", page
        return told

    later = 2 * PAUSE_MS
    told = [
        seen(1, "first", "home", 5), seen(2, "first", "shoes", 6), seen(3, "signed in", "cart", 3),
        seen(4, "signed in", "home", later), seen(5, "signed in", "help", later + 1),
    ]  # fmt: skip
    component, _ = folded(told)
    taken_over(component, "signed in")
    into = component.fragment(*fids_of(component, "first"))
    assert sorted(place[1:2] + place[3:] for place in into.places) == [
        ["cart", 1, 3], ["help", 1, later + 1], ["home", 2, later], ["shoes", 1, 6],
    ]  # fmt: skip
    assert [(at, place[1]) for at, place in into.moments()] == [
        (3, "cart"), (5, "home"), (6, "shoes"), (later, "home"), (later + 1, "help"),
    ]  # fmt: skip
    assert sorted(into.visited()) == [("help", "web"), ("home", "web")]
    assert (into.first_at, into.last_at) == (3, later + 1)


def test_what_was_heard_last_stays_so() -> None:
    component, _ = folded([event("e1", *BY["signed in"], at=3), event("e2", *BY["first"], at=9)])
    taken_over(component, "signed in")
    into = component.fragment(*fids_of(component, "first"))
    assert (into.first_at, into.last_at, into.came_at) == (3, 9, 3)
