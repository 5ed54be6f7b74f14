"""The AsyncAPI 3.0 document of all topics, made from the same contracts and models as the messages."""

from typing import Any, NamedTuple

from unifier.events.examples import EXAMPLES
from unifier.events.outbound import MESSAGES
from unifier.events.schemas import INBOUND, Schema, outbound_schema, type_name, without_hints

_DESCRIPTION = """\
What the unifier reads from Kafka and writes to it. UNIFIER_TOPIC_PREFIX sets the first part of topic names.

Inbound messages are JSON of at most 256 KiB and 200 levels, bare or in CloudEvents 1.0 (structured, or
binary with `ce_` headers). Times are since 1970, and at most 24 hours after the message. Fields that are not
named here are ignored; what does not fit goes to the dead letters.

Outbound messages are structured CloudEvents. Each comes at least once, with the same id on every repeat."""
_REF = "#/components/schemas/{model}"


class Channel(NamedTuple):
    """A topic: what travels on it, with which key."""

    description: str
    key: str
    types: tuple[str, ...] = ()  # CloudEvents types; none: an inbound topic


CHANNELS = {
    "online": Channel("Online events of the Segment specification", "any; best the cookie or account"),
    "pos": Channel("Transactions of the tills", "any; best store and workstation"),
    "crm": Channel("Customer records, and merges that their systems did themselves", "record id"),
    "control": Channel("Commands of stewards and privacy officers", "profile id, or hash of an identifier"),
    "journey": Channel("Changes of the journey phase", "profile id", ("unifier.journey.transition.v1",)),
    "segments": Channel(
        "Segments that profiles enter and leave", "profile id", ("unifier.segments.changed.v1",)
    ),
    "identity": Channel(
        "Who is one person: profiles created, merged, split, erased, and pairs to review",
        "profile id",
        tuple(t for t in MESSAGES if t.startswith("unifier.identity.")),
    ),
    "profiles": Channel(
        "The current profile, compacted. A null value says that the profile was merged away or erased",
        "profile id",
        ("unifier.profile.v1",),
    ),
    "dead-letters": Channel(
        "Records that could not be read, and why. A null value says that the record was put back",
        "topic-partition-offset of the record",
        ("unifier.dead-letter.v1",),
    ),
}


def document(version: str) -> dict[str, Any]:
    """The document; `version` is the product's."""
    messages, schemas = _messages()
    channels, operations = {}, {}
    for topic, channel in CHANNELS.items():
        title = type_name(topic)
        named = [type_name(t) for t in channel.types] or [INBOUND[topic][0], f"{INBOUND[topic][0]}Enveloped"]
        channels[topic] = {
            "address": f"unifier.{topic}",
            "description": channel.description,
            "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in named},
        }
        action = "send" if channel.types else "receive"
        operations[f"{action}{title}"] = {
            "action": action,
            "channel": {"$ref": f"#/channels/{topic}"},
            "summary": channel.description,
            "messages": [{"$ref": f"#/channels/{topic}/messages/{name}"} for name in named],
        }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "unifier",
            "version": version,
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages, "schemas": schemas},
    }


def _messages() -> tuple[dict[str, Any], dict[str, Schema]]:
    messages: dict[str, Any] = {}
    schemas: dict[str, Schema] = {"CloudEventsHeaders": _CE_HEADERS}
    for topic, (name, adapter) in INBOUND.items():
        _add(schemas, name, adapter.json_schema(ref_template=_REF))
        schemas[f"{name}Enveloped"] = _enveloped(name)
        binding = _key(CHANNELS[topic].key)
        messages[name] = {
            "summary": f"{CHANNELS[topic].description}; bare, or in the binary mode of CloudEvents",
            "contentType": "application/json",
            "headers": {"$ref": "#/components/schemas/CloudEventsHeaders"},
            "payload": {"$ref": f"#/components/schemas/{name}"},
            "bindings": binding,
            "examples": [{"payload": example} for example in EXAMPLES[topic]],
        }
        messages[f"{name}Enveloped"] = {
            "summary": f"{CHANNELS[topic].description}; in the structured mode of CloudEvents",
            "contentType": "application/cloudevents+json",
            "payload": {"$ref": f"#/components/schemas/{name}Enveloped"},
            "bindings": binding,
        }
    for channel in CHANNELS.values():
        for ce_type in channel.types:
            name = type_name(ce_type)
            _add(schemas, f"{name}Event", outbound_schema(ce_type, _REF))
            messages[name] = {
                "name": ce_type,
                "summary": MESSAGES[ce_type].__doc__,
                "contentType": "application/cloudevents+json",
                "payload": {"$ref": f"#/components/schemas/{name}Event"},
                "bindings": _key(channel.key),
                "examples": [{"payload": example} for example in EXAMPLES[ce_type]],
            }
    return messages, schemas


def _add(schemas: dict[str, Schema], name: str, schema: Schema) -> None:
    """Put a schema and its parts beside the others. Two parts of one name must be the same."""
    for part, definition in [*schema.pop("$defs", {}).items(), (name, schema)]:
        plain = without_hints(definition)
        if plain == {"$ref": _REF.format(model=part)}:
            continue
        if schemas.setdefault(part, plain) != plain:
            raise ValueError(f"two different schemas are called {part}")


def _key(words: str) -> dict[str, Any]:
    return {"kafka": {"key": {"type": "string", "description": words}}}


def _enveloped(name: str) -> Schema:
    return {
        "type": "object",
        "description": "CloudEvents 1.0 in structured mode. Further attributes are ignored.",
        "properties": {
            "specversion": {"type": "string", "const": "1.0"},
            "id": {
                "type": "string",
                "minLength": 1,
                "description": "with `source` the event's id if it has none; at most 256 characters with it",
            },
            "source": {"type": "string", "minLength": 1, "description": "who publishes it"},
            "type": {"type": "string", "minLength": 1, "description": "any; the topic says what it is"},
            "time": {
                "type": "string",
                "format": "date-time",
                "description": "the event's time if it has none",
            },
            "data": {"$ref": f"#/components/schemas/{name}"},
            "data_base64": {"type": "string", "description": "the payload in Base64"},
        },
        "required": ["specversion", "id", "source", "type"],
        "anyOf": [{"required": ["data"]}, {"required": ["data_base64"]}],
    }


_CE_HEADERS: Schema = {
    "type": "object",
    "description": "None for a bare message; in the binary mode of CloudEvents, all that are required there.",
    "properties": {
        "ce_specversion": {"type": "string", "const": "1.0"},
        "ce_id": {
            "type": "string",
            "description": "with `ce_source` an id for an event without one, at most 256 characters with it",
        },
        "ce_source": {"type": "string", "description": "who publishes it"},
        "ce_type": {"type": "string", "description": "any; the topic says what it is"},
        "ce_time": {
            "type": "string",
            "format": "date-time",
            "description": "the event's time if it has none",
        },
    },
}
