"""When somebody is forgotten: never before the time, never while he is heard of, whole or not at all."""

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.profiles.making import RULES, event, folded
from unifier.events.canonical import Event
from unifier.profiles.component import Component
from unifier.profiles.marks import DAY_MS
from unifier.profiles.privacy import Privacy, Said
from unifier.profiles.retention import LATE_MS, READ_WITHIN_MS, begin_expiry, expiry
from unifier.rules import Rules
from unifier.rules.rules import Retention

COOKIE, ACCOUNT = ("cookie_id", "c1"), ("account_id", "1")
FOR_ALL = {"anonymous": "30d", "known": "90d"}


def keeping(**kept: str) -> Rules:
    return RULES.model_copy(update={"retention": Retention.model_validate(kept)})


def told(*events: Event, read_on: int = 0) -> Component:
    """A component that was told these, the last of it on a day from 1970."""
    component, _ = folded(events)
    for record in component.records.values():
        record.born, record.heard = 0, read_on
    return component


def begun(
    component: Component, rules: Rules, day: int, read_until: int | None = None
) -> list[frozenset[bytes]]:
    now = day * DAY_MS
    begin_expiry(component, rules, now, now if read_until is None else read_until)
    return [] if component.privacy is None else [intent.fids for intent in component.privacy.intents]


def test_without_a_rule_everybody_is_kept() -> None:
    component = told(event("e1", COOKIE))
    assert expiry(component, RULES) is None
    assert begun(component, RULES, 100_000) == []


def test_who_is_named_is_kept_as_long_as_the_known() -> None:
    anonymous, known = told(event("e1", COOKIE, at=DAY_MS)), told(event("e1", COOKIE, ACCOUNT, at=DAY_MS))
    rules = keeping(**FOR_ALL)
    assert expiry(anonymous, rules) == 31 * DAY_MS
    assert expiry(known, rules) == 91 * DAY_MS
    assert expiry(known, keeping(anonymous="30d")) is None
    assert expiry(anonymous, keeping(known="90d")) is None


def test_of_several_the_first_to_go_says_when() -> None:
    component = told(event("e1", COOKIE, at=DAY_MS), event("e2", ACCOUNT, at=2 * DAY_MS))
    for rules in (keeping(**FOR_ALL), keeping(anonymous="30d")):
        assert expiry(component, rules) == 31 * DAY_MS


def test_nobody_goes_within_a_week_after_anything_was_read() -> None:
    component = told(event("e1", COOKIE, at=DAY_MS), read_on=500)
    assert expiry(component, keeping(anonymous="30d")) == 501 * DAY_MS + READ_WITHIN_MS


def test_nobody_goes_before_all_is_read_that_had_been_published_when_the_time_was_over() -> None:
    component = told(event("e1", COOKIE, at=DAY_MS))
    rules, over = keeping(**FOR_ALL), 31 * DAY_MS
    assert begun(component, rules, 31, read_until=over - 1) == []
    assert begun(component, rules, 50, read_until=over - 1) == []
    assert begun(component, rules, 31, read_until=over) == [frozenset(component.packed)]


def test_what_was_read_of_one_counts_for_whoever_is_one_with_him() -> None:
    component = told(event("e1", COOKIE, at=DAY_MS), read_on=500)
    folded([event("e2", COOKIE, ACCOUNT, at=DAY_MS)], component)
    [record] = component.records.values()
    assert record.heard == 500


def test_who_is_restricted_stays() -> None:
    component = told(event("e1", COOKIE))
    [fid] = component.packed
    component.privacy = Privacy(said={fid: Said(True, 1, fid)})
    assert expiry(component, keeping(**FOR_ALL)) is None
    assert begun(component, keeping(**FOR_ALL), 100_000) == []


def test_who_was_erased_before_stays_so() -> None:
    component = told(event("e1", COOKIE, at=DAY_MS))
    component.privacy = Privacy(gone={b"x" * 12: 5})
    assert begun(component, keeping(**FOR_ALL), 31) == [frozenset(component.packed)]
    assert component.privacy.gone == {b"x" * 12: 5}


def test_who_refuses_to_be_stitched_stays_as_long_as_whoever_that_keeps_apart() -> None:
    rules, email = keeping(**FOR_ALL), ("email", "anna@example-mail.de")
    component = told(
        event("e1", COOKIE, at=DAY_MS, consents=[("stitching", False)]),
        event("e2", COOKIE, email, at=2 * DAY_MS),
        event("e3", ACCOUNT, email, at=50 * DAY_MS),
    )
    assert len(component.records) == 3
    assert expiry(component, rules) == 92 * DAY_MS
    assert expiry(component, keeping(anonymous="30d")) is None
    assert begun(component, rules, 40) == []


days = st.integers(0, 400)


@given(st.lists(days, min_size=1, max_size=6), days, days, st.booleans())
def test_it_goes_whole_when_the_newest_event_is_old_enough_and_once(
    at: list[int], read_on: int, now: int, known: bool
) -> None:
    rules = keeping(**FOR_ALL)
    named = [ACCOUNT] if known else []
    component = told(
        *[event(f"e{n}", COOKIE, *named, at=1 + day * DAY_MS) for n, day in enumerate(at)], read_on=read_on
    )
    kept = 90 if known else 30
    due = max(1 + (max(at) + kept) * DAY_MS, (read_on + 8) * DAY_MS)
    late = now * DAY_MS > due + LATE_MS
    over = due <= now * DAY_MS and not late
    fids = frozenset(component.packed)
    assert begun(component, rules, now) == ([fids] if over else [])
    assert begun(component, rules, now) == ([fids] if over else [])
    if over:
        assert component.privacy is not None
        [intent] = component.privacy.intents
        assert intent.until == 1 + max(at) * DAY_MS
        assert not intent.whole
        assert expiry(component, rules) is None
    elif late:
        assert expiry(component, rules) == max(due, (now + 8) * DAY_MS)
