"""JWTs of one issuer: whoever has an account there needs no API key here.

RFC 7519 (tokens), 7517 (keys), 9068 (`scope`). Only signatures that the issuer alone can make are taken: none
with a shared secret, and no token without one. A token that does not end, or is for others, is refused.
"""

import asyncio
import logging
import math
import re
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import jwt
import orjson

from unifier.serving import problems
from unifier.serving.gate import FindKey
from unifier.serving.keys import NAME, ApiKey, KeyRing, keyed_hash
from unifier.serving.models import Scope
from unifier.settings import Settings, SettingsError

log = logging.getLogger(__name__)

ALGORITHMS = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA"),
)
LEEWAY_S = 30
"""Clocks of two machines differ."""
KEYS_S, AGAIN_S = 300.0, 15.0
"""The issuer's keys are read again after so long; for a key that is not among them, at most so often."""
TIMEOUT_S, KEYS_BYTES = 5.0, 1 << 20
AWAY = "The keys of the issuer of tokens cannot be read at the moment; repeat the request, or use an API key."
_SCOPES: tuple[Scope, ...] = get_args(Scope)
_SAFE_URL = re.compile(r"https://|http://(127\.0\.0\.1|localhost|\[::1\])[:/]")


class Tokens:
    """Finds the caller whom a token names."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._issuer, self._audience = settings.jwt_issuer, settings.jwt_audience
        self._source, self._secret = settings.jwt_keys, settings.secret
        self._clock = clock
        self._keys: list[jwt.PyJWK] = []
        self._due = -math.inf  # when the keys are to be read again
        self._again = -math.inf  # and when at the earliest
        self._reading = asyncio.Lock()

    async def find(self, token: str) -> ApiKey | None:
        """Who asks, None when the token is not good. Raises Problem when there are no keys to tell by."""
        try:
            key = await self._key(jwt.get_unverified_header(token).get("kid"))
            if key is None:
                return None
            claims = jwt.decode(
                token,
                key,
                ALGORITHMS,
                {"require": ["exp", "iss", "aud", "sub"]},
                audience=self._audience,
                issuer=self._issuer,
                leeway=LEEWAY_S,
            )
            name = self._name(claims["sub"])
        except (jwt.PyJWTError, ValueError):
            return None
        asked = claims.get("scope", "")
        words = asked.split() if isinstance(asked, str) else asked if isinstance(asked, list) else []
        return ApiKey(name=name, scopes=tuple(s for s in _SCOPES if s in words), created="")

    def _name(self, subject: str) -> str:
        """What the audit trail calls the caller; an address is no name."""
        return f"jwt:{subject if NAME.fullmatch(subject) else keyed_hash(self._secret, subject)}"

    async def _key(self, kid: Any) -> jwt.PyJWK | None:
        """The key of this id; without an id, the only one there is.

        While keys are read, who shows a token of one that is known does not wait: anybody can make up an id.
        """
        if self._known(kid) is None or (self._clock() >= self._due and not self._reading.locked()):
            async with self._reading:
                now = self._clock()
                if now >= self._due or (now >= self._again and self._known(kid) is None):
                    await self._read()
        if not self._keys:
            raise problems.unavailable(AWAY)
        return self._known(kid)

    def _known(self, kid: Any) -> jwt.PyJWK | None:
        if kid is None:
            return self._keys[0] if len(self._keys) == 1 else None
        return next((key for key in self._keys if key.key_id == kid), None)

    async def _read(self) -> None:
        """Read the keys; where that fails, those read before count on."""
        self._again = self._clock() + AGAIN_S
        try:
            self._keys = await asyncio.to_thread(read_keys, self._source)
            self._due = self._clock() + KEYS_S
        except (OSError, ValueError, jwt.PyJWTError) as error:
            self._due = self._again
            log.warning("UNIFIER_JWT_KEYS cannot be read (%s); asked again later", type(error).__name__)


def read_keys(source: str) -> list[jwt.PyJWK]:
    """The public keys of a JWK set: a file, or an URL's answer. Raises OSError, ValueError, PyJWTError."""
    if "://" in source:
        with urllib.request.urlopen(source, timeout=TIMEOUT_S) as answer:  # noqa: S310 - tokens_of has looked
            text = answer.read(KEYS_BYTES + 1)
    else:
        text = Path(source).read_bytes()
    if len(text) > KEYS_BYTES:
        raise ValueError("far too long for a set of keys")
    try:
        keys: list[jwt.PyJWK] = jwt.PyJWKSet.from_dict(orjson.loads(text)).keys
    except (AttributeError, TypeError):  # JSON, but of another form
        raise ValueError("no set of keys") from None
    return keys


def tokens_of(settings: Settings) -> Tokens | None:
    """The tokens that the settings allow; None when they name no issuer. Raises SettingsError."""
    told = {name: getattr(settings, f"jwt_{name}") for name in ("issuer", "audience", "keys")}
    if not any(told.values()):
        return None
    for name, value in told.items():
        if not value:
            raise SettingsError(f"UNIFIER_JWT_{name.upper()}: not set; tokens need issuer, audience and keys")
    source = settings.jwt_keys
    if "://" not in source:
        try:
            read_keys(source)
        except OSError as error:
            raise SettingsError(f"UNIFIER_JWT_KEYS: cannot read {source}: {error.strerror}") from None
        except (ValueError, jwt.PyJWTError):
            raise SettingsError(f'UNIFIER_JWT_KEYS: {source} is no JWK set ({{"keys": […]}})') from None
    elif not _SAFE_URL.match(source):
        raise SettingsError("UNIFIER_JWT_KEYS: keys must come over https://, or from a file")
    return Tokens(settings)


def tokens_or_keys(tokens: Tokens | None, ring: KeyRing) -> FindKey:
    """What finds the caller by either: a token has three parts with dots between, no API key has a dot."""
    if tokens is None:
        return ring.find

    async def find(shown: str) -> ApiKey | None:
        return await (tokens if shown.count(".") == 2 else ring).find(shown)

    return find
