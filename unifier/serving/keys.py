"""API keys: shown once, stored only as keyed hashes.

Redis hash `u:keys`: hash of the key → JSON {name, scopes, created, revoked}; it is never trimmed. Without
UNIFIER_SECRET nobody can test a guessed key against it.
"""

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import blake2b
from secrets import token_urlsafe
from typing import Any, cast

from pydantic import BaseModel, ConfigDict
from redis import Redis
from redis.asyncio import Redis as AsyncRedis
from redis.client import Pipeline

from unifier.events.form import time_text
from unifier.profiles.store import stamp
from unifier.profiles.store.clients import connect_plainly
from unifier.profiles.store.layout import STAMP
from unifier.serving.models import Scope
from unifier.settings import Settings, SettingsError

KEYS = "u:keys"
CACHE_S = 3.0  # a revoked key works for that long still


class ApiKey(BaseModel):
    """What is known of a key; the key itself is with its owner alone."""

    model_config = ConfigDict(frozen=True)

    name: str
    scopes: tuple[Scope, ...]
    created: str  # RFC 3339, UTC
    revoked: str | None = None


NAME = re.compile(r"[\w.-]{1,64}")  # no address: it is in the audit trail


class ApiKeyError(ValueError):
    """A key cannot be added or revoked; the message is one line that names the mend."""


class ApiKeyNameError(ApiKeyError):
    """No key can have this name."""


def keyed_hash(secret: str, key: str) -> str:
    """The place of a key in Redis: BLAKE2b in keyed mode (RFC 7693), hex. Raises SettingsError."""
    if not secret:
        raise SettingsError("UNIFIER_SECRET: not set; API keys are stored as hashes keyed with it")
    inner = blake2b(secret.encode(), digest_size=32).digest()  # a secret may be longer than BLAKE2b takes
    return blake2b(key.encode(), digest_size=16, key=inner, person=b"api-key").hexdigest()


class KeyBook:
    """The operator's side: `unifier keys`."""

    def __init__(self, redis: Redis, secret: str) -> None:
        self._redis = redis
        self._secret = secret

    def add(self, name: str, scopes: tuple[Scope, ...]) -> str:
        """Make a key and give it; it cannot be had again. Raises ApiKeyError when the name cannot be used."""
        if not NAME.fullmatch(name):
            raise ApiKeyNameError("a name is 1 to 64 letters, digits, dots, hyphens and underscores")
        key = f"uk_{token_urlsafe(32)}"
        place = keyed_hash(self._secret, key)
        made = ApiKey(name=name, scopes=scopes, created=_now())

        def put(pipe: Pipeline) -> None:
            if any(held.name == name and not held.revoked for held in _read(pipe.hgetall(KEYS)).values()):
                raise ApiKeyError(f"there is a key named {name}; revoke it first or take another name")
            pipe.multi()
            pipe.hset(KEYS, place, made.model_dump_json())

        self._redis.transaction(put, KEYS)  # two operators at once: one of them is told
        return key

    def all(self) -> list[ApiKey]:
        """Every key there ever was, oldest first."""
        return sorted(_read(self._redis.hgetall(KEYS)).values(), key=lambda key: key.created)

    def revoke(self, name: str) -> None:
        """End the key of this name, for good. Raises ApiKeyError when there is none."""
        for place, key in _read(self._redis.hgetall(KEYS)).items():
            if key.name == name and not key.revoked:
                ended = key.model_copy(update={"revoked": _now()})
                self._redis.hset(KEYS, place, ended.model_dump_json())
                return
        raise ApiKeyError(f"there is no key named {name}; `unifier keys list` names them")


@contextmanager
def open_book(settings: Settings) -> Iterator[KeyBook]:
    """The book in the Redis of the settings. Raises StampError and RedisError."""
    with connect_plainly(settings.redis) as redis:
        stamp.refuse(cast("bytes | None", redis.get(STAMP)), settings)
        yield KeyBook(redis, settings.secret)


class KeyRing:
    """The service's side: finds the key that a caller shows. Good keys are remembered for CACHE_S."""

    def __init__(self, redis: AsyncRedis, secret: str) -> None:
        self._redis = redis
        self._secret = secret
        self._held: dict[str, tuple[float, ApiKey]] = {}  # place: (asked at, key); only keys that exist

    async def find(self, key: str) -> ApiKey | None:
        """The key as stored, None when it is unknown or revoked. Raises RedisError."""
        place = keyed_hash(self._secret, key)
        now = time.monotonic()
        held = self._held.get(place)
        if held is not None and now - held[0] < CACHE_S:
            return held[1]
        stored = await self._redis.hget(KEYS, place)
        found = ApiKey.model_validate_json(stored) if stored else None
        if found is None or found.revoked:
            self._held.pop(place, None)
            return None
        self._held[place] = now, found
        return found


def _read(stored: Mapping[Any, str | bytes]) -> dict[Any, ApiKey]:
    return {place: ApiKey.model_validate_json(text) for place, text in stored.items()}


def _now() -> str:
    return time_text(int(time.time() * 1000))
