"""The CloudEvents 1.0 envelope of inbound messages: structured (JSON) and binary (`ce_` headers)."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import NamedTuple, NoReturn

import orjson

from unifier.events.errors import Unreadable
from unifier.events.fields import TOO_DEEP, missing

Headers = Sequence[tuple[str, bytes | None]]
_STRUCTURED = b"application/cloudevents+json"
_ID_MAX = 256


class Letter(NamedTuple):
    """What an envelope says. `event_id` and `time` count where the payload does not tell them itself."""

    payload: bytes
    event_id: str
    time: str  # "" when the envelope has none


def unwrap(value: bytes, headers: Headers) -> Letter | None:
    """Take the payload out of its envelope; None when the value is bare. Raises Unreadable."""
    if headers:
        told = dict(headers)
        if "ce_specversion" in told:
            return _binary(value, told)
        if (told.get("content-type") or b"").startswith(_STRUCTURED):
            return _structured(value, declared=True)
    # Looking for the attribute's name first spares the bare value, which is the usual case, a second parse.
    return _structured(value, declared=False) if b'"specversion"' in value else None


def _binary(value: bytes, headers: Mapping[str, bytes | None]) -> Letter:
    attributes = {}
    for name in ("specversion", "id", "source", "type", "time"):
        try:
            attributes[name] = (headers.get(f"ce_{name}") or b"").decode()
        except UnicodeDecodeError:
            attributes[name] = "\N{REPLACEMENT CHARACTER}"
    event_id, time = _checked(attributes)
    return Letter(value, event_id, time)


def _structured(value: bytes, declared: bool) -> Letter | None:
    told, deep = None, False
    try:
        told = orjson.loads(value)
    except orjson.JSONDecodeError as error:
        deep = "depth limit" in str(error)
    if deep:
        raise Unreadable("too_deep", "", TOO_DEEP)
    if not isinstance(told, dict):
        raise Unreadable("not_json", "", "give one JSON object in UTF-8")
    if "specversion" not in told and not declared:
        return None  # the word stands somewhere inside a bare payload
    event_id, time = _checked(told)
    if told.get("data") is not None:
        return Letter(_dumped(told["data"]), event_id, time)
    if told.get("data_base64") is not None:
        return Letter(_decoded(told["data_base64"]), event_id, time)
    raise missing("data", "give the payload as `data` or `data_base64`")


def _checked(attributes: Mapping[str, object]) -> tuple[str, str]:
    """The event's id, unique over all sources, and its time."""
    for name in ("specversion", "id", "source", "type"):
        attribute = attributes.get(name)
        if attribute is None or attribute == "":
            raise missing(name, "give this CloudEvents attribute")
        if not isinstance(attribute, str):
            _wrong(name, "give text")
    if attributes["specversion"] != "1.0":
        raise Unreadable("bad_value", "specversion", "give CloudEvents version 1.0")
    time = attributes.get("time")
    if time is not None and not isinstance(time, str):
        _wrong("time", "give text")
    # CloudEvents ids are unique per source only; a URI has no spaces, so the pair stays unambiguous.
    event_id = f"{attributes['source']} {attributes['id']}"
    if len(event_id) > _ID_MAX:
        raise Unreadable("too_long", "id", f"give at most {_ID_MAX} characters for source and id together")
    return event_id, str(time or "")


def _dumped(data: object) -> bytes:
    try:
        return orjson.dumps(data)
    except orjson.JSONEncodeError:
        pass
    raise Unreadable("too_deep", "data", TOO_DEEP)


def _decoded(data: object) -> bytes:
    try:
        if isinstance(data, str):
            return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        pass
    raise Unreadable("wrong_type", "data_base64", "give Base64 text")


def _wrong(field: str, message: str) -> NoReturn:
    raise Unreadable("wrong_type", field, message)
