"""The HTTP layer around a store in memory."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import httpx
import orjson
from redis.exceptions import ConnectionError as RedisConnectionError

from unifier.events.person import Person
from unifier.profiles.partition import Review
from unifier.rules import default_rules
from unifier.serving.app import build
from unifier.serving.calls import Services
from unifier.serving.journey import CountedJourney
from unifier.serving.keys import ApiKey
from unifier.serving.match import UnusableError
from unifier.serving.models import StewardRequest
from unifier.serving.privacy import Kind, NamesNobodyError, TellsTooMuchError
from unifier.serving.reader import ERASED, RESTRICTED, Answer, Found
from unifier.serving.steward import Decided, NotPublishedError
from unifier.settings import Settings

NOW_MS = 20_700 * 86_400_000
ANNA, GONE, MERGED, ERASED_ID, RESTRICTED_ID = (f"p_{letter * 20}" for letter in "abcde")
FIRST, SECOND = "0" * 24, "1" * 24
WATERFALL = {
    "lines": [
        {"field": "prior", "level": "two fragments taken at random", "bits": -12.1},
        {"field": "email", "level": "equal", "bits": 18.0},
    ],
    "bits": 5.9,
    "probability": 0.983537,
    "threshold": 1.0,
    "fragments": [1, 1],
}
REQUEST = {
    "request_id": "r",
    "kind": "erase",
    "at": "2026-11-20T16:03:11.120Z",
    "state": "done",
    "finding": {"at": "2026-11-20T16:03:12.120Z", "left": [], "waiting": [], "others": []},
}
EVIDENCE = {
    "profile_id": ANNA,
    "links": [
        {
            "a": FIRST,
            "b": SECOND,
            "rule": "email",
            "bits": 5.9,
            "event_id": "e1",
            "falls_off": 1,
            "waterfall": WATERFALL,
        }
    ],
    "refused": [],
    "separations": [],
    "missed_most": {"a": FIRST, "b": SECOND, "falls_off": [SECOND]},
}
VERDICT = {
    "profile_id": ANNA,
    "one_person": True,
    "reason": "linked",
    "because": "linked",
    "waterfall": WATERFALL,
    "through": [{"a": FIRST, "b": SECOND, "rule": "email", "bits": 5.9}],
}
CANDIDATE = {
    "profile_id": ANNA,
    "one_person": True,
    "bits": 5.9,
    "probability": 0.983537,
    "reason": "over",
    "because": "the evidence is over the threshold",
    "waterfall": WATERFALL,
}
SIDE = {
    "profile_id": ANNA,
    "fragments": [FIRST],
    "sources": ["crm"],
    "first_seen_at": "2026-11-19T16:03:11.120Z",
    "last_seen_at": "2026-11-20T16:03:11.120Z",
    "traits": {"first_name": "Anna"},
    "identifiers": {"email": ["anna@example.org"]},
}
REVIEW: dict[str, Any] = {
    "review_id": "r_" + "a" * 20 + "b" * 16,
    "one_person": True,
    "bits": 1.5,
    "probability": 0.738796,
    "reason": "linked",
    "because": "linked",
    "waterfall": WATERFALL,
    "sides": [SIDE, SIDE | {"fragments": [SECOND]}],
}
TIMELINE = {
    "profile_id": ANNA,
    "touches": [
        {"at": "2026-11-20T16:03:11.120Z", "channel": "store", "touchpoint": "store 17", "name": "sale"},
        {
            "at": "2026-11-19T16:03:11.120Z",
            "channel": "web",
            "touchpoint": "product",
            "name": "Product Viewed",
        },
    ],
}


class MemoryReader:
    """One person, Anna; an id merged into hers; an id of somebody who was erased."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.away = False

    async def profiles(self, ids: Sequence[str]) -> list[Answer]:
        return [self._about(self.document, profile_id) for profile_id in ids]

    async def lookups(self, entries: Sequence[Mapping[str, str]]) -> list[Answer]:
        known = {("email", "anna@example.org"), ("loyalty_id", "4711")}
        return [Found(self.document, ANNA) if known & set(entry.items()) else None for entry in entries]

    async def timeline(self, profile_id: str) -> Answer:
        return self._about(TIMELINE, profile_id)

    async def next_action(self, profile_id: str) -> Answer:
        told = {name: self.document.get(name) for name in ("profile_id", "phase", "segments", "next_action")}
        return self._about(told, profile_id)

    async def evidence(self, profile_id: str, other: str | None = None) -> Answer:
        if other is not None and self._about(EVIDENCE, other) is None:
            return None
        return self._about(EVIDENCE | ({"other": VERDICT} if other else {}), profile_id)

    async def ready(self) -> bool:
        return not self.away

    def _about(self, document: dict[str, Any], profile_id: str) -> Answer:
        if self.away:
            raise RedisConnectionError("no route")
        answers: dict[str, Answer] = {
            ANNA: Found(document, ANNA),
            MERGED: Found(document, MERGED),
            ERASED_ID: ERASED,
            RESTRICTED_ID: RESTRICTED,
        }
        return answers.get(profile_id)


class MemoryReviews:
    """One task, about Anna's two fragments."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int | None, str]] = []

    async def page(self, limit: int, below: int | None, by: str) -> dict[str, Any]:
        self.asked.append((limit, below, by))
        return {"reviews": [REVIEW], "next": "17"}

    async def find(self, review_id: str) -> Review | None:
        a, b = (bytes.fromhex(fid) for fid in (FIRST, SECOND))
        return Review((a,), (b,), 1.5) if review_id == REVIEW["review_id"] else None


class MemoryPrivacy:
    """Takes requests in, and answers for the one of id "r"."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, Mapping[str, str], str, str]] = []

    async def request(self, kind: Kind, identifiers: Mapping[str, str], reason: str, by: str) -> str:
        if "nobody" in identifiers.values():
            raise NamesNobodyError
        if "@" in reason:
            raise TellsTooMuchError
        if reason == "brokers away":
            raise NotPublishedError
        self.requests.append((kind, identifiers, reason, by))
        return "r"

    async def state(self, request_id: str, by: str) -> dict[str, Any] | None:
        return REQUEST if request_id == "r" else None


class Api:
    """The application, with a key "reader" and a key "steward"."""

    def __init__(self, document: dict[str, Any], settings: Settings | None = None) -> None:
        self.reader = MemoryReader(document)
        self.said: list[tuple[str, StewardRequest | Decided, str]] = []
        self.brokers_away = False
        self.reviews = MemoryReviews()
        self.matched: list[tuple[Person, int]] = []
        types = frozenset({"email", "loyalty_id"})
        self.privacy = MemoryPrivacy()
        self.counts: dict[tuple[str | int, ...], int] = {}
        journey = CountedJourney(self._read, default_rules(), lambda: NOW_MS)
        services = Services(self.reader, self.reviews, self._match, self._say, self.privacy, journey, types)
        self.app = build(lambda: services, self._find, settings or Settings())

    async def call(
        self, method: str, path: str, key: str | None = "reader", **request: Any
    ) -> httpx.Response:
        headers = request.pop("headers", {}) | ({"Authorization": f"Bearer {key}"} if key else {})
        transport = httpx.ASGITransport(app=self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://api") as client:
            return await client.request(method, path, headers=headers, **request)

    async def _find(self, key: str) -> ApiKey | None:
        if key == "no store":
            raise RedisConnectionError("no route")
        scopes = {
            "reader": ("profiles:read",),
            "steward": ("steward:write",),
            "officer": ("privacy:write",),
            "analyst": ("journey:read",),
        }.get(key)
        return ApiKey.model_validate({"name": key, "scopes": scopes, "created": ""}) if scopes else None

    async def _read(self, days: Iterable[int]) -> dict[tuple[str | int, ...], int]:
        wanted = set(days)
        return {key: number for key, number in self.counts.items() if key[0] in wanted}

    async def _match(self, traits: Person, limit: int) -> list[dict[str, Any]]:
        self.matched.append((traits, limit))
        if "email" not in traits:
            raise UnusableError
        return [CANDIDATE]

    async def _say(self, command: str, request: StewardRequest | Decided, by: str) -> str:
        if self.brokers_away:
            raise NotPublishedError
        self.said.append((command, request, by))
        return "c" * 32


def problem(response: httpx.Response, status: int) -> dict[str, object]:
    """The problem document; its form is that of RFC 9457."""
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    document: dict[str, object] = orjson.loads(response.content)
    assert document["status"] == status
    assert document["title"]
    assert document["detail"]
    return document
