"""A fragment keeps the newest of what grows without end: places, touches, events that may be told again."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.profiles.making import arrival, event, folded
from unifier.events.canonical import Event
from unifier.matching.identity import Identity
from unifier.profiles.fragment import PAUSE_MS, PLACES_MAX, SEEN_MAX, TIMELINE_MAX, Fragment

COOKIE = ("cookie_id", "c")
MINUTE = 60_000


def at_place(number: int, place: int, at: int) -> Event:
    told = event(f"e{number}", COOKIE, at=at)
    told.name, told.touchpoint = "page", f"place {place}"
    return told


def kept_of(touches: list[tuple[int, int]]) -> Fragment:
    """What is kept of (time, place) in this order."""
    fragment = Fragment(b"f" * 12, "online", "cookie_id", b"a" * 8, Identity(), "e")
    for number, (at, place) in enumerate(touches):
        fragment.fold(arrival(at_place(number, place, at), number))
    return fragment


def drawn(random: Random) -> list[int]:
    return random.choices(range(PLACES_MAX + 8), k=random.randrange(10, 3 * PLACES_MAX))


@given(st.randoms(use_true_random=False))
def test_the_places_touched_last_are_kept_and_the_newest_touches_know_theirs(
    random: Random,
) -> None:
    before, after = drawn(random), drawn(random)
    touches = [(1 + n, place) for n, place in enumerate(before)]
    touches += [(1 + 2 * PAUSE_MS + n, place) for n, place in enumerate(after)]
    fragment = kept_of(touches)
    newest_first = [*dict.fromkeys(f"place {place}" for _, place in reversed(touches))]
    assert {place[1] for place in fragment.places} == set(newest_first[:PLACES_MAX])
    assert [(at, place[1]) for at, place in fragment.moments()] == [
        (at, f"place {place}") for at, place in touches[-TIMELINE_MAX:]
    ]
    visited = {f"place {place}" for place in after} & set(newest_first[:PLACES_MAX])
    assert sorted(name for name, _ in fragment.visited()) == sorted(visited)


@given(st.randoms(use_true_random=False))
def test_a_touch_knows_its_place_in_whatever_order_they_come(random: Random) -> None:
    touches = [(1 + n * MINUTE, place) for n, place in enumerate(drawn(random))]
    random.shuffle(touches)
    fragment, there = kept_of(touches), {at: f"place {place}" for at, place in touches}
    moments = fragment.moments()
    assert len(fragment.places) <= PLACES_MAX
    assert len(moments) <= TIMELINE_MAX
    assert moments == sorted(moments)
    assert all(place[1] == there[at] for at, place in moments)


def test_a_place_too_many_is_counted() -> None:
    _, told = folded([at_place(n, n, at=1 + n) for n in range(PLACES_MAX + 2)])
    assert told.capped == {"touchpoints": 2}


def test_of_the_newest_events_none_counts_again() -> None:
    many = [event(f"e{n}", COOKIE) for n in range(SEEN_MAX + 1)]
    component, _ = folded(many)
    [fragment] = component.fragments()
    assert not any(fragment.fold(arrival(told, 1_000 + n)).counted for n, told in enumerate(many[1:]))
    assert fragment.fold(arrival(many[0], 2_000)).counted
    assert fragment.touches == SEEN_MAX + 2
