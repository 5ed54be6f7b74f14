"""Privacy requests: noted, published as a command without the identifiers, and what became of them.

Identifiers are turned into keyed hashes at once: neither the audit trail, the control topic nor the record of
the request holds the values of whom it is about.
"""

from collections.abc import Mapping
from typing import Any, Literal, Protocol
from uuid import uuid4

import orjson
from redis.asyncio import Redis

from unifier.profiles.ids import Keys
from unifier.profiles.store.requests import Requests
from unifier.profiles.traces import Traces
from unifier.profiles.whom import hashed
from unifier.rules import Rules
from unifier.serving import audit
from unifier.serving.export import Exporter
from unifier.serving.steward import Publish

Kind = Literal["erase", "export", "restrict", "release"]


class NamesNobodyError(ValueError):
    """No identifier can name a person: of no known type, or a value that fills a field."""


class TellsTooMuchError(ValueError):
    """The reason holds one of the identifiers."""


class Privacy(Protocol):
    """Every method raises RedisError when the store does not answer."""

    async def request(self, kind: Kind, identifiers: Mapping[str, str], reason: str, by: str) -> str:
        """Take a request in; gives its id. Raises the errors above, and NotPublishedError."""

    async def state(self, request_id: str, by: str) -> dict[str, Any] | None:
        """The fields of `models.PrivacyRequest`; None when there is no such request."""


class PrivacyDesk:
    """Privacy requests over Redis and the control topic."""

    def __init__(
        self, redis: Redis, publish: Publish, exporter: Exporter, keys: Keys, rules: Rules, country: str
    ) -> None:
        self._redis = redis
        self._requests = Requests(redis)
        self._publish = publish
        self._exporter = exporter
        self._keys = keys
        self._rules = rules
        self._country = country

    async def request(self, kind: Kind, identifiers: Mapping[str, str], reason: str, by: str) -> str:
        """Note it; what changes something is published for the stream to carry out."""
        hashes = hashed(identifiers.items(), self._keys, self._rules, self._country)
        if not hashes:
            raise NamesNobodyError
        told = any(value.casefold() in reason.casefold() for value in identifiers.values())
        if told or Traces(hashes, self._keys, self._country).in_text(reason):
            raise TellsTooMuchError
        request_id = uuid4().hex
        on = {"hashes": hashes, "reason": reason}
        at = await audit.record(self._redis, by, kind, on, request_id)
        state = "done" if kind == "export" else "accepted"
        await self._requests.tell(request_id, kind=kind, at=at, state=state, hashes=" ".join(hashes))
        if kind != "export":
            command = {"command": kind, "command_id": request_id, "by": by, "reason": reason, "at": at}
            await self._publish(request_id.encode(), orjson.dumps(command | {"hashes": hashes}))
        return request_id

    async def standing(self, request_id: str) -> str:
        """How far a request is."""
        return (await self._requests.about(request_id)).get("state", "accepted")

    async def state(self, request_id: str, by: str) -> dict[str, Any] | None:
        """What is known. An export is made now, not kept: a copy would be one more thing to forget."""
        told = await self._requests.about(request_id)
        if "kind" not in told:
            return None
        await audit.record(self._redis, by, "read request", {}, request_id, audit.AUDIT_OF_READING)
        answer: dict[str, Any] = {
            "request_id": request_id,
            "kind": told["kind"],
            "at": told.get("at"),
            "state": told.get("state", "accepted"),
            "finding": orjson.loads(told["finding"]) if "finding" in told else None,
        }
        if told["kind"] == "export":
            answer["export"] = await self._exporter.export(told["hashes"].split())
        return answer
