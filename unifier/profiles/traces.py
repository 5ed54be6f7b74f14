"""Traces of people in raw records: whether one holds an identifier that is known by its hash alone.

Nothing is known of a record but that it may be JSON. So every string in it, and every word of every string,
is made comparable as an identifier of each type would be, and hashed.
"""

import base64
import binascii
import contextlib
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from unifier.events.crm import crm_id
from unifier.matching.identity import identifier
from unifier.profiles.ids import Keys
from unifier.profiles.whom import place_of

# Neither control characters nor what was no text: another format puts lengths and tags before its strings.
_WORDS = re.compile(r"[^\s\"<>,;:|&?=/#()\[\]{}\x00-\x1f\x7f\ufffd]+")
# What follows a quotation mark, up to the next.
_STRINGS = re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)', re.DOTALL)
_QUOTED = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_PHONE = re.compile(r"[+(]?[\d(][\d\s()./-]{5,24}")
# Where somebody without a country of his own may have told a phone number.
_REGIONS = ("DE", "AT", "CH", "US", "GB", "FR", "NL", "IT", "ES")
# Fields that hold another record in Base64: dead letters, CloudEvents.
_WRAPPED = ("payload", "data_base64", "key", "value")
SOMETHING_ELSE = frozenset([
    "timestamp", "time", "occurred_at", "business_day", "sequence_number", "store_id", "workstation_id",
    "operator_id", "quantity", "unit_price", "discount", "amount", "total", "revenue", "price",
    "currency", "sku", "product_id", "order_id", "street", "houseNumber", "house_number", "house_no",
    "postalCode", "postal_code", "userAgent", "touchpoint", "sequence",
])  # fmt: skip
"""Fields that name nobody, by the contracts: what is as short as the account 12 is there by chance."""
BY_CHANCE = 6
"""Characters from which on it is not."""


class _Object(list[tuple[str, Any]]):
    """A JSON object with all that was written, also a name that comes twice."""


class Traces:
    """Looks for identifiers that are given as hashes (`whom.hashed`)."""

    def __init__(self, hashes: Iterable[str], keys: Keys, country: str) -> None:
        self._places = {place_of(one) for one in hashes}
        self._kinds = sorted({one.partition(":")[0] for one in hashes})
        self._keys = keys
        self._regions = tuple(dict.fromkeys((country, *_REGIONS)))

    def names(self, key: str) -> bool:
        """Whether an exact key ("email|anna@example.org") is one of the identifiers."""
        return key.partition("|")[0] in self._kinds and self._keys.index(key) in self._places

    def in_record(self, record: bytes, numbers: bool = True) -> bool:
        """Whether a record holds one of the identifiers, as JSON or whatever it is; `numbers`: also as one,
        which in our own messages are sums."""
        number = str if numbers else None
        try:
            told = json.loads(record, object_pairs_hook=_Object, parse_int=number, parse_float=number)
        except (ValueError, RecursionError):
            text = record.decode(errors="replace")
            return self.in_text(text) or any(map(self.in_text, map(_unescaped, _STRINGS.findall(text))))
        return any(
            self._in_object(part) if isinstance(part, _Object) else self.in_text(part, least)
            for part, least in _parts(told)
        )

    def _in_object(self, told: _Object) -> bool:
        """Whether it holds one in a way of its own: a record of a CRM, or another record within it."""
        fields = dict(told)
        system, ids = fields.get("source"), [fields.get("record_id"), fields.get("merged_into")]
        named = [crm_id(f"{system}", one) for one in ids if isinstance(one, str)]
        if any(self.names(f"{kind}|{identifier(kind, _readable(value))}") for kind, value in named):
            return True
        return any(self.in_record(record) for name, value in told for record in _wrapped(name, value))

    def in_text(self, text: str, least: int = 1) -> bool:
        """Whether a text, or a word of it, is one of the identifiers, with at least so many characters."""
        told = (text, _unquoted(text))
        words = {text, *[word.strip("'") for one in told for word in _WORDS.findall(one)]}
        return any(len(word) >= least and self._is_one(word) for word in words) or any(
            map(self._is_phone, _PHONE.findall(text) if "phone" in self._kinds else ())
        )

    def _is_one(self, text: str) -> bool:
        for kind in self._kinds:
            if kind == "phone":
                if self._is_phone(text):
                    return True
            elif (kind != "email" or "@" in text) and self.names(f"{kind}|{identifier(kind, text)}"):
                return True
        return False

    def _is_phone(self, text: str) -> bool:
        if not _PHONE.fullmatch(text.strip()):
            return False
        return any(self.names(f"phone|{identifier('phone', text, region)}") for region in self._regions)


def _unquoted(text: str) -> str:
    """Of an URL, as somebody reads it."""
    return _QUOTED.sub(lambda found: bytes.fromhex(found[0].replace("%", "")).decode(errors="replace"), text)


def _unescaped(text: str) -> str:
    """Of what stands between two quotation marks in something that may have been JSON, the text it means."""
    try:
        return _readable(json.loads(f'"{text}"', strict=False))
    except ValueError:
        return text


def _readable(text: str) -> str:
    """Without halves of characters, which JSON can write and nobody can hash."""
    return text.encode(errors="replace").decode()


def _parts(told: Any) -> Iterator[tuple[str | _Object, int]]:
    """Every string, name and number in a JSON value, and every object; and of how many characters on it
    counts."""
    rest = [(told, 1)]
    while rest:
        part, least = rest.pop()
        if isinstance(part, str):
            yield _readable(part), least
        elif isinstance(part, _Object):
            yield part, 1
            for name, value in part:
                rest += [(name, 1), (value, BY_CHANCE if name in SOMETHING_ELSE else 1)]
        elif isinstance(part, list):
            rest += [(one, 1) for one in part]


def _wrapped(name: str, value: Any) -> Iterator[bytes]:
    """The record that a field holds in Base64, if it does."""
    if name in _WRAPPED and isinstance(value, str):
        with contextlib.suppress(binascii.Error, ValueError):
            yield base64.b64decode(value, validate=True)
