"""JSON Schemas (draft 2020-12) of all messages, made from the contracts and models that the code uses."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from unifier.events.control import CONTROL
from unifier.events.crm import CRM
from unifier.events.outbound import MESSAGES, CloudEvent
from unifier.events.pos import POS
from unifier.events.segment import ONLINE

Schema = dict[str, Any]

INBOUND: Mapping[str, tuple[str, TypeAdapter[Any]]] = {
    "online": ("OnlineEvent", ONLINE.adapter),
    "pos": ("TillEvent", POS.adapter),
    "crm": ("CustomerRecord", CRM.adapter),
    "control": ("ControlCommand", CONTROL.adapter),
}
"""Topic → name and form of its payload."""


def type_name(ce_type: str) -> str:
    """Name of a CloudEvents type in documents: "unifier.journey.transition.v1" → "JourneyTransition"."""
    words = ce_type.removeprefix("unifier.").removesuffix(".v1")
    return "".join(word.capitalize() for word in words.replace("-", ".").split("."))


@cache
def json_schemas() -> Mapping[str, Schema]:
    """Every schema by name: of the payload of an inbound topic ("online", …), of a whole message by its
    CloudEvents type."""
    schemas = {topic: _standalone(name, adapter.json_schema()) for topic, (name, adapter) in INBOUND.items()}
    for ce_type in MESSAGES:
        schemas[ce_type] = _standalone(type_name(ce_type), outbound_schema(ce_type))
    return schemas


def outbound_schema(ce_type: str, ref: str = "#/$defs/{model}") -> Schema:
    """The schema of an outbound message with its envelope."""
    message: type[CloudEvent[Any]] = CloudEvent.__class_getitem__(MESSAGES[ce_type])  # type: ignore[assignment]
    schema = message.model_json_schema(ref_template=ref)
    schema["properties"]["type"] |= {"const": ce_type}
    return schema


def _standalone(title: str, schema: Schema) -> Schema:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **without_hints(schema),
        "title": title,
    }


def without_hints(schema: Any) -> Any:
    """The schema without OpenAPI's discriminator, which is no JSON Schema, and without repetitive titles."""
    if isinstance(schema, list):
        return [without_hints(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: {name: without_hints(part) for name, part in value.items()}
        if key in ("properties", "$defs")
        else without_hints(value)
        for key, value in schema.items()
        if not (key == "discriminator" or (key == "title" and isinstance(value, str)))
    }
