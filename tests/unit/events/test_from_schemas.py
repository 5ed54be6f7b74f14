"""What the published schemas describe, with wrong values among the right ones, in every envelope."""

import base64
import json
import random
from collections.abc import Mapping
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tests.records import Record
from tests.unit.events.reading import ARRIVED, DECODER
from unifier.devstack.simulate.hostile import SCALARS, TEXTS
from unifier.events.cloudevents import unwrap
from unifier.events.decode import TopicKind
from unifier.events.errors import REASONS
from unifier.events.schemas import json_schemas
from unifier.profiles.ids import Keys
from unifier.rules import default_rules
from unifier.streams.agents import Chunk
from unifier.streams.intake import Batch, Intake

INTAKE = Intake(DECODER, Keys("s"), default_rules(), "DE")
TIMES = (
    "2026-11-20T16:03:11.120Z", "2026-11-20T17:31:05", "2026-11-20", "2026-02-30T00:00:00Z",
    "1969-12-31T23:59:59Z", "2400-01-01T00:00Z", "2026-11-20T17:31:05+01:00", "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00", "soon",
)  # fmt: skip
WORDS = st.sampled_from(
    ("", "Anna", "anna@example.org", "+4930555", "49.90", "-1", "EUR", "1984-02-29", *TEXTS)
)
WRONG = st.sampled_from(SCALARS) | WORDS
ONE_WRONG_IN = 80  # values


def values(schema: Mapping[str, Any], whole: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """Values of a schema; of every few parts one is anything."""
    right = _right(schema, whole)
    return st.integers(1, ONE_WRONG_IN).flatmap(lambda n: WRONG if n == ONE_WRONG_IN // 2 else right)


def _right(schema: Mapping[str, Any], whole: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    if "$ref" in schema:
        return st.deferred(lambda: _right(whole["$defs"][schema["$ref"].rpartition("/")[2]], whole))
    if alternatives := schema.get("anyOf", schema.get("oneOf")):
        return st.one_of([_right(one, whole) for one in alternatives])
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    match schema.get("type"):
        case "string":
            if schema.get("description", "").startswith("ISO 8601"):
                return st.sampled_from(TIMES)
            if "pattern" in schema:
                return st.from_regex(schema["pattern"], fullmatch=True)
            return WORDS.map(lambda text: text.strip()[: schema.get("maxLength")] or "Anna")
        case "array":
            return st.lists(values(schema["items"], whole), min_size=schema.get("minItems", 0), max_size=3)
        case "object":
            return _objects(schema, whole)
        case "boolean":
            return st.booleans()
        case "null":
            return st.none()
        case _:
            return st.integers(-10, 10**6) | st.floats(allow_nan=False, allow_infinity=False)


def _objects(schema: Mapping[str, Any], whole: Mapping[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    required = set(schema.get("required", ()))
    fields = {name: values(part, whole) for name, part in schema.get("properties", {}).items()}
    told = st.fixed_dictionaries(
        {name: part for name, part in fields.items() if name in required},
        optional={name: part for name, part in fields.items() if name not in required},
    )
    more = schema.get("additionalProperties")
    if not isinstance(more, Mapping):
        return told
    return st.dictionaries(WORDS, values(more, whole), min_size=schema.get("minProperties", 0), max_size=3)


def written(payload: Any, rng: random.Random) -> bytes:
    """As JSON; sometimes with a field twice, sometimes with a lone surrogate."""
    text = json.dumps(payload, ensure_ascii=rng.random() < 0.5)
    if isinstance(payload, dict) and payload and rng.random() < 0.1:
        name, value = rng.choice(list(payload.items()))
        again = rng.choice((value, rng.choice(SCALARS)))
        text = f"{text[:-1]}, {json.dumps(name)}: {json.dumps(again)}}}"
    if rng.random() < 0.05:
        text = text.replace("a", "\\ud800", 1)
    return text.encode("utf-8", "surrogatepass")


def enveloped(value: bytes, rng: random.Random) -> tuple[bytes, list[tuple[str, bytes]]]:
    """Bare, or in one of the three envelopes."""
    attributes = {"specversion": "1.0", "id": "1", "source": "/s", "type": "t", "time": rng.choice(TIMES)}
    if rng.random() < 0.3:
        attributes[rng.choice(list(attributes))] = rng.choice(TEXTS)
    told = json.dumps(attributes).encode()[:-1]
    match rng.randrange(5):
        case 0:
            return told + b', "data": ' + value + b"}", []
        case 1:
            return told + b', "data_base64": "' + base64.b64encode(value) + b'"}', []
        case 2:
            return value, [(f"ce_{name}", text.encode()) for name, text in attributes.items()]
        case _:
            return value, []


@pytest.mark.parametrize("kind", get_args(TopicKind))
@given(data=st.data())
def test_what_a_schema_describes_is_read_or_refused_with_the_mend(
    kind: TopicKind, data: st.DataObject
) -> None:
    schema = json_schemas()[kind]
    payload = data.draw(values(schema, schema))
    rng = random.Random(data.draw(st.integers(0, 2**32)))
    value, headers = enveloped(written(payload, rng), rng)
    batch = Batch(Chunk(f"unifier.{kind}", kind, 0, []), bytes(4))
    INTAKE.read([Record(7, value, ARRIVED, headers=headers)], batch)
    assert len(batch.arrivals) + len(batch.commands) + len(batch.dead) <= 1
    for letter in batch.dead:
        assert letter.error.reason in REASONS
        assert str(letter.error)
    if batch.arrivals or batch.commands:
        envelope = unwrap(value, headers)
        Draft202012Validator(schema).validate(json.loads(envelope.payload if envelope else value))
