"""What comes over the wire is an event, a command, nothing, or refused in words that show no value."""

import json
import traceback
from copy import deepcopy
from typing import Any, get_args

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tests.unit.events.reading import ARRIVED, DECODER, POSITION, attempt, event, example, read, refused
from unifier.events.canonical import Command, Event
from unifier.events.decode import BYTES_MAX, TopicKind
from unifier.events.errors import REASONS, Unreadable
from unifier.events.examples import EXAMPLES
from unifier.events.schemas import json_schemas

KINDS: tuple[TopicKind, ...] = get_args(TopicKind)
DAY_MS = 86_400_000
CANARY = "anna.canary@example.org"

scalars = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
    | st.sampled_from(["", "2026-11-20T16:00:00Z", "49.90", "1e400", "EUR", "\x00", "9" * 30])
    | st.sampled_from(["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
)  # fmt: skip
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def paths(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """All places in a JSON value."""
    found = [path] if path else []
    if isinstance(value, dict):
        parts: Any = value.items()
    elif isinstance(value, list):
        parts = enumerate(value)
    else:
        return found
    for name, part in parts:
        found += paths(part, (*path, name))
    return found


def put(value: Any, path: tuple[str | int, ...], new: Any) -> Any:
    """The value with something else at one place."""
    copy = deepcopy(value)
    place = copy
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = new
    return copy


MUTABLE = [(kind, payload, path) for kind in KINDS for payload in EXAMPLES[kind] for path in paths(payload)]


@pytest.mark.parametrize("kind", KINDS)
def test_every_example_is_read(kind: TopicKind) -> None:
    for payload in EXAMPLES[kind]:
        assert isinstance(read(kind, payload), Event | Command)


@pytest.mark.parametrize("kind", KINDS)
def test_a_tombstone_has_no_effect(kind: TopicKind) -> None:
    assert DECODER.decode(kind, None, (), POSITION, ARRIVED) is None


@given(
    st.sampled_from(KINDS),
    st.binary(max_size=200),
    st.lists(st.tuples(st.text(max_size=9), st.binary(max_size=9))),
)
def test_bytes_without_form_are_refused(
    kind: TopicKind, value: bytes, headers: list[tuple[str, bytes]]
) -> None:
    assert refused(kind, value, headers).reason in REASONS


@given(st.sampled_from(MUTABLE), values)
def test_what_is_read_fits_the_published_schema(
    place: tuple[TopicKind, dict[str, Any], tuple[str | int, ...]], new: Any
) -> None:
    kind, payload, path = place
    text = json.dumps(put(payload, path, new)).encode()
    found = attempt(kind, text)
    if isinstance(found, Unreadable):
        assert found.reason in REASONS
    else:
        Draft202012Validator(json_schemas()[kind]).validate(json.loads(text))


@given(st.sampled_from(MUTABLE), st.binary(min_size=1, max_size=4), st.integers(0, 400))
def test_flipped_bytes_are_read_or_refused(
    place: tuple[TopicKind, dict[str, Any], tuple[str | int, ...]], noise: bytes, at: int
) -> None:
    kind, payload, _ = place
    text = orjson.dumps(payload)
    at %= len(text)
    found = attempt(kind, text[:at] + noise + text[at + len(noise) :])
    assert not isinstance(found, Unreadable) or found.reason in REASONS


def canaries(payload: dict[str, Any]) -> list[Any]:
    """The payload with a telling value at every place, in every wrong way, and as a name."""
    wrong: list[Any] = [CANARY, [CANARY], {CANARY: CANARY}, {CANARY: [CANARY]}, CANARY * 400]
    return [put(payload, path, value) for path in paths(payload) for value in wrong] + [
        {CANARY: CANARY},
        [CANARY],
        CANARY,
    ]


@pytest.mark.parametrize("price", [b"true", b"NaN"])
def test_the_mend_is_that_of_the_field_that_is_named(price: bytes) -> None:
    value = b'{"type": "track", "event": "e", "userId": 5, "properties": {"price": %s}}' % price
    problem = refused("online", value)
    assert (problem.reason, problem.field) == ("wrong_type", "userId")
    assert "string" in str(problem)


@pytest.mark.parametrize("kind", KINDS)
def test_no_error_shows_the_value(kind: TopicKind) -> None:
    found = [attempt(kind, broken) for payload in EXAMPLES[kind] for broken in canaries(payload)]
    problems = [problem for problem in found if isinstance(problem, Unreadable)]
    assert len(problems) > 20
    for problem in problems:
        assert "canary" not in "".join(traceback.format_exception(problem, chain=True))
        assert "canary" not in problem.field
        assert problem.__context__ is None


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"x",
        b"\xff\xfe{}",
        b'{"type": "track"',
        b'{"a": NaN',
        b'{"a": "\xc3("}',
        b'{"a": "\\ud800"}',
        b"{} {}",
    ],
)
def test_what_is_no_json_is_refused(kind: TopicKind, value: bytes) -> None:
    assert refused(kind, value).reason == "not_json"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value", [b"[]", b"7", b"null", b'"text"'])
def test_json_that_is_no_object_is_refused(kind: TopicKind, value: bytes) -> None:
    assert refused(kind, value).reason == "wrong_type"


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_nested_too_deeply_is_refused(kind: TopicKind) -> None:
    assert refused(kind, b'{"x": ' + b"[" * 5000 + b"]" * 5000 + b"}").reason == "too_deep"


def test_256_kib_are_read_and_a_byte_more_is_not() -> None:
    text = orjson.dumps(example("online"))
    assert event("online", text + b" " * (BYTES_MAX - len(text)))
    assert refused("online", text + b" " * (BYTES_MAX + 1 - len(text))).reason == "too_large"


@pytest.mark.parametrize(
    ("kind", "field"), [("online", "timestamp"), ("pos", "occurred_at"), ("crm", "occurred_at")]
)
def test_an_event_may_be_a_day_ahead_of_its_arrival_and_no_more(kind: TopicKind, field: str) -> None:
    payload = example(kind, 0, **{field: "2026-11-20T00:00:00Z"})
    at = event(kind, payload).at
    assert read(kind, payload, arrived=at - DAY_MS) is not None
    letter = refused(kind, payload, arrived=at - DAY_MS - 1)
    assert (letter.reason, letter.field) == ("future_time", field)


def test_a_record_that_does_not_say_when_it_arrived_is_not_ahead() -> None:
    assert read("online", example("online"), arrived=-1) is not None


def test_history_is_welcome() -> None:
    assert event("online", example("online", 0, timestamp="1997-01-01T00:00:00Z")).at == 852076800000


def test_every_reason_has_a_meaning_and_a_stable_form() -> None:
    for reason, meaning in REASONS.items():
        assert reason.replace("_", "").isalpha()
        assert reason == reason.lower()
        assert meaning
