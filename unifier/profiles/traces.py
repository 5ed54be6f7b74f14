"""Traces of people in raw records: whether one holds an identifier that is known by its hash alone.

Nothing is known of a record but that it may be JSON. So every string in it, and every word of every string,
is made comparable as an identifier of each type would be, and hashed.
"""

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from unifier.matching.identity import identifier
from unifier.profiles.ids import Keys
from unifier.profiles.whom import place_of

_WORDS = re.compile(r"[^\s\"'<>,;:|&?=/#()\[\]{}]+")
_QUOTED = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_PHONE = re.compile(r"[+(]?[\d(][\d\s()./-]{5,24}")
# Where somebody without a country of his own may have told a phone number.
_REGIONS = ("DE", "AT", "CH", "US", "GB", "FR", "NL", "IT", "ES")
# Fields that hold another record in Base64: dead letters, CloudEvents.
_WRAPPED = ("payload", "data_base64", "key", "value")
DEPTH_MOST = 100


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

    def in_record(self, record: bytes) -> bool:
        """Whether a record holds one of the identifiers, as JSON or whatever it is."""
        try:
            told = orjson.loads(record)
        except orjson.JSONDecodeError:
            return self.in_text(record.decode(errors="replace"))
        return any(map(self.in_text, _strings(told))) or any(map(self.in_record, _wrapped(told)))

    def in_text(self, text: str) -> bool:
        """Whether a text, or a word of it, is one of the identifiers."""
        if self._is_one(text):
            return True
        words = set(_WORDS.findall(text)) | set(_WORDS.findall(_unquoted(text)))
        return any(map(self._is_one, words)) or any(
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


def _strings(told: Any, depth: int = 0) -> Iterator[str]:
    """Every string in a JSON value; keys, and numbers, which may be ids, too."""
    if isinstance(told, str):
        yield told
    elif isinstance(told, int | float) and not isinstance(told, bool):
        yield str(told)
    elif depth < DEPTH_MOST:
        if isinstance(told, dict):
            yield from told
            told = told.values()
        for part in told if isinstance(told, Iterable) else ():
            yield from _strings(part, depth + 1)


def _wrapped(told: Any, depth: int = 0) -> Iterator[bytes]:
    """Records within the record."""
    if isinstance(told, list) and depth < DEPTH_MOST:
        for part in told:
            yield from _wrapped(part, depth + 1)
    elif isinstance(told, dict) and depth < DEPTH_MOST:
        for name, value in told.items():
            if isinstance(value, str) and name in _WRAPPED:
                try:
                    yield base64.b64decode(value, validate=True)
                except (binascii.Error, ValueError):
                    continue
            else:
                yield from _wrapped(value, depth + 1)
