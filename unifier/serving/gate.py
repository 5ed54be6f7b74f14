"""The gate before every call: who asks, may they, how often, how much. Decided before a body is read.

It is plain ASGI around the application: on the path of every request, it costs some 20 µs, and a call
that somebody forgets to name in SCOPES is refused, not open.
"""

import logging
import math
import time
import traceback
from collections.abc import Awaitable, Callable

from redis.exceptions import RedisError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from unifier import metrics
from unifier.serving import problems
from unifier.serving.keys import ApiKey
from unifier.serving.limits import Buckets
from unifier.serving.problems import Problem

log = logging.getLogger(__name__)

FindKey = Callable[[str], Awaitable[ApiKey | None]]
"""`KeyRing.find`, or `tokens.tokens_or_keys`"""

OPEN = frozenset({"/healthz", "/readyz", "/metrics", "/openapi.json"})
SCOPES = {
    "/v1/profiles/": "profiles:read",
    "/v1/journey/": "journey:read",
    "/v1/steward/": "steward:write",
    "/v1/privacy/": "privacy:write",
}


def scope_of(path: str) -> str | None:
    """The scope that a path asks for; None for a path that leads nowhere."""
    return next((scope for prefix, scope in SCOPES.items() if path.startswith(prefix)), None)


class Gate:
    """The ASGI application that a server runs."""

    def __init__(
        self,
        app: ASGIApp,
        find_key: FindKey,
        buckets: Buckets,
        body_bytes: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app = app
        self._find_key = find_key
        self._buckets = buckets
        self._body_bytes = body_bytes
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["method"] == "HEAD":  # as GET (RFC 9110, 9.3.2): the server leaves the body out
            scope = {**scope, "method": "GET"}
        started = time.perf_counter()
        status = 0

        async def told(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"cache-control", b"no-store")]
            await send(message)

        try:
            if scope["path"] not in OPEN:
                receive = await self._admit(scope, receive)
            await self._app(scope, receive, told)
        except Problem as problem:
            refusal = problems.answer(problem.status_code, str(problem.detail), problem.headers)
            await refusal(scope, receive, told)
        except Exception as error:
            _log_crash(error)
            if not status:
                await problems.answer(500, problems.CRASHED)(scope, receive, told)
        route = getattr(scope.get("route"), "path", "none")
        metrics.api_requests_total.labels(route, status).inc()
        metrics.api_seconds.observe(time.perf_counter() - started)

    async def _admit(self, scope: Scope, receive: Receive) -> Receive:
        """Let a request in, or raise Problem. Gives the `receive` to read its body with."""
        caller = await self._caller(_header(scope, b"authorization"))
        if wait_s := self._buckets.wait(caller.name, self._clock()):
            raise Problem(
                429,
                "This key asks more often than it may; wait, or ask for many profiles in one batch.",
                {"Retry-After": str(math.ceil(wait_s))},
            )
        needed = scope_of(scope["path"])
        if needed is not None and needed not in caller.scopes:
            raise Problem(
                403,
                f"This key lacks the scope {needed}.",
                {"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{needed}"'},
            )
        scope.setdefault("state", {})["caller"] = caller
        if scope["method"] != "POST":
            return receive
        too_large = Problem(413, f"The body is over {self._body_bytes} bytes; send smaller batches.")
        length = _header(scope, b"content-length")
        if length.isdigit() and int(length) > self._body_bytes:
            raise too_large
        return _at_most(receive, self._body_bytes, too_large)

    async def _caller(self, authorization: bytes) -> ApiKey:
        kind, _, key = authorization.decode("latin-1").partition(" ")
        if kind.lower() != "bearer" or not key:
            raise Problem(
                401, "Send an API key or a token: Authorization: Bearer KEY.", {"WWW-Authenticate": "Bearer"}
            )
        try:
            caller = await self._find_key(key.strip())
        except RedisError:
            raise problems.unavailable() from None
        if caller is None:
            raise Problem(
                401,
                "This API key is unknown or revoked (`unifier keys list` names those that work), "
                "or this token is over, or not of the issuer, or not for this service.",
                {"WWW-Authenticate": 'Bearer error="invalid_token"'},
            )
        return caller


def _header(scope: Scope, wanted: bytes) -> bytes:
    """Its value; of several lines as one (RFC 9110, 5.2), so that two keys are none."""
    return b", ".join(value for name, value in scope["headers"] if name == wanted)


def _at_most(receive: Receive, limit: int, too_large: Problem) -> Receive:
    """Count a body that does not say its length."""
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > limit:
            raise too_large
        return message

    return counted


def _log_crash(error: Exception) -> None:
    """Where it happened, and no message: that may hold what the caller sent."""
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    where = " > ".join(f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in frames)
    log.error("request failed: %s at %s", type(error).__name__, where)
