"""Records that tell of a person who did nothing: no touch, in whatever order."""

from itertools import permutations
from typing import Any

from tests.unit.profiles.making import RULES, event, folded
from unifier.events.canonical import Event
from unifier.profiles.component import Component
from unifier.profiles.view import timeline, view

ACCOUNT = ("account_id", "a")
RECORDS = [
    event("r1", ACCOUNT, at=1, signal=None, first_name="Anna"),
    event("r2", ACCOUNT, at=9, signal=None, first_name="Änne"),
]
TOUCHES = [event("t1", ACCOUNT, at=4, last_name="Meier"), event("t2", ACCOUNT, at=6)]


def _views(told: list[Event]) -> list[tuple[dict[str, Any], Component]]:
    components = [folded(order)[0] for order in permutations(told)]
    return [(view(list(component.fragments()), RULES), component) for component in components]


def test_a_record_tells_traits_and_moves_nothing_that_touches_say() -> None:
    for found, component in _views(RECORDS + TOUCHES):
        assert found["traits"] == {"first_name": "Änne", "last_name": "Meier"}
        assert found["metrics"]["touches"] == 2
        assert found["metrics"]["first_seen_at"] == "1970-01-01T00:00:00.004Z"
        assert found["metrics"]["last_seen_at"] == "1970-01-01T00:00:00.006Z"
        assert [place["count"] for place in found["touchpoints"]] == [2]
        assert len(timeline(list(component.fragments()))) == 2
        assert sum(len(fragment.all_marks()) for fragment in component.fragments()) == 2


def test_who_never_came_by_was_seen_when_the_records_say() -> None:
    for found, _ in _views(RECORDS):
        assert found["metrics"]["touches"] == 0
        assert found["touchpoints"] == []
        assert found["metrics"]["first_seen_at"] == "1970-01-01T00:00:00.001Z"
        assert found["metrics"]["last_seen_at"] == "1970-01-01T00:00:00.009Z"
