"""The published schemas say what the code does."""

from typing import Any

import orjson
import pytest
from jsonschema import Draft202012Validator

from unifier.events.examples import EXAMPLES
from unifier.events.outbound import MESSAGES
from unifier.events.schemas import json_schemas


@pytest.mark.parametrize("name", json_schemas())
def test_every_schema_is_one_and_fits_its_examples(name: str) -> None:
    schema = json_schemas()[name]
    Draft202012Validator.check_schema(schema)
    assert EXAMPLES[name]
    for example in EXAMPLES[name]:
        Draft202012Validator(schema).validate(orjson.loads(orjson.dumps(example)))


@pytest.mark.parametrize("ce_type", MESSAGES)
def test_an_outbound_schema_accepts_no_other_type_and_no_missing_data(ce_type: str) -> None:
    validator = Draft202012Validator(json_schemas()[ce_type])
    message = EXAMPLES[ce_type][0]
    assert not validator.is_valid({**message, "type": "unifier.other.v1"})
    assert not validator.is_valid({**message, "data": {}})
    assert not validator.is_valid({name: value for name, value in message.items() if name != "id"})


def parts(schema: Any, path: str = "") -> list[tuple[str, dict[str, Any]]]:
    """All sub-schemas, with their paths."""
    if isinstance(schema, list):
        return [found for part in schema for found in parts(part, path)]
    if not isinstance(schema, dict):
        return []
    found = [(path, schema)]
    for keyword, value in schema.items():
        named = value if keyword in ("properties", "$defs") else {keyword: value}
        for name, part in named.items():
            found += parts(part, f"{path}.{name}")
    return found


@pytest.mark.parametrize("name", json_schemas())
def test_every_field_is_documented(name: str) -> None:
    plain = [
        f"{path}.{field}"
        for path, part in parts(json_schemas()[name])
        for field, told in part.get("properties", {}).items()
        if not told.keys() & {"description", "$ref", "const", "enum"}
    ]
    assert not plain


def test_no_time_that_is_read_is_refused_by_its_schema() -> None:
    """Validators may assert formats, and a till's local time is no `date-time`, which has an offset."""
    for name in ("online", "pos", "crm", "control"):
        assert not [path for path, part in parts(json_schemas()[name]) if "format" in part]


def test_texts_and_lists_that_a_publisher_grows_are_bounded() -> None:
    for name in ("online", "pos", "crm", "control"):
        for path, part in parts(json_schemas()[name]):
            if part.get("type") == "string":
                assert {"maxLength", "pattern", "const", "enum"} & part.keys() or "data_base64" in path, path
            if part.get("type") == "array":
                assert "maxItems" in part, path
