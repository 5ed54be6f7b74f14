from itertools import islice
from typing import Any

import orjson
import pytest

from unifier.devstack.demo.ledger import read_messages
from unifier.devstack.demo.week import POISON, draw, told_now
from unifier.devstack.simulate import Message
from unifier.events.canonical import Command, Event
from unifier.events.decode import Decoder
from unifier.events.errors import Unreadable
from unifier.rules import default_rules
from unifier.settings import load_settings

NOW_MS = 1_790_000_000_000
DAY_MS = 86_400_000
RULES = default_rules()
SETTINGS = load_settings({"UNIFIER_SECRET": "a secret of the tests, long enough"})


def read(message: Message) -> Event | Command | None:
    kind: Any = message.topic_kind
    return Decoder(RULES, SETTINGS.timezone).decode(kind, message.value, [], "t-0-0", NOW_MS)


@pytest.mark.parametrize(("reason", "kind", "value"), POISON)
def test_each_poison_is_refused_for_the_reason_it_is_meant_for(reason: str, kind: str, value: bytes) -> None:
    with pytest.raises(Unreadable) as refusal:
        read(Message(kind, b"k", value, NOW_MS, None))
    assert refusal.value.reason == reason


def test_a_week_has_about_as_many_events_as_asked_for_and_has_just_ended() -> None:
    week = draw(4_000, 3, NOW_MS)
    assert 3_200 < len(week.messages) < 4_800
    last = max(message.at_ms for message in week.messages)
    assert NOW_MS - DAY_MS - 600_000 < last <= NOW_MS
    assert [m.value for m in week.messages if m.key == b"poison"] == [value for _, _, value in POISON]
    assert next(week.later).at_ms > last


def test_a_seed_gives_the_same_week_at_any_time_of_the_day() -> None:
    one, other = draw(1_000, 3, NOW_MS), draw(1_000, 3, NOW_MS + 5 * DAY_MS + 7_200_000)
    assert [m.person for m in one.messages] == [m.person for m in other.messages]


def test_what_comes_after_the_week_is_told_as_of_now_and_by_the_same_people() -> None:
    week = draw(1_000, 3, NOW_MS)
    people, kinds = set(week.truth.people), set()
    for message in islice(week.later, 400):
        told = told_now(message, NOW_MS)
        event = read(told)
        assert event is None or event.at == NOW_MS
        assert message.person is None or message.person in people
        old, new = orjson.loads(message.value), orjson.loads(told.value)
        assert {name for name in new if new[name] != old.get(name)} <= {"timestamp", "occurred_at"}
        kinds.add(message.topic_kind)
    assert kinds >= {"online", "pos"}


def test_an_event_that_was_published_twice_is_read_once_by_its_first_message() -> None:
    messages = [m for m in draw(1_000, 3, NOW_MS).messages if m.person]
    rows = read_messages([*messages, *messages], SETTINGS, RULES)
    assert 0 < len(rows) <= len(messages)
    assert all(row.number < len(messages) for row in rows)
    assert {row.person for row in rows} <= {message.person for message in messages}
    assert any(row.sale for row in rows)
    assert any(row.online for row in rows)
