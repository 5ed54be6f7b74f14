"""Errors over HTTP: RFC 9457 problem documents. They never repeat a value that a caller sent."""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException as RouterException

log = logging.getLogger(__name__)

RETRY_S = 2  # Redis and brokers restart or fail over in seconds
UNAVAILABLE = "The store does not answer at the moment; repeat the request after the time in Retry-After."
SEALED = "This service lacks the key to what is stored; its log names the mend."
CRASHED = "This is a fault of the service; its log has a line about it."


class Problem(HTTPException):
    """Ends a request with this status, and `detail`: one sentence that helps the caller."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, detail, dict(headers or {}))


def answer(
    status: int,
    detail: str,
    headers: Mapping[str, str] | None = None,
    errors: list[dict[str, str]] | None = None,
) -> Response:
    """The problem document as a response; `errors` says what is wrong where in the body."""
    document: dict[str, object] = {
        "type": "about:blank",  # RFC 9457, 4.2.1: the status says it all
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    if errors:
        document["errors"] = errors
    return Response(orjson.dumps(document), status, headers, "application/problem+json")


def unavailable(detail: str = UNAVAILABLE) -> Problem:
    """503: something that this service needs is away."""
    return Problem(503, detail, {"Retry-After": str(RETRY_S)})


async def on_http_exception(_request: Request, error: Exception) -> Response:
    """Problems, and what the router itself refuses."""
    assert isinstance(error, RouterException)  # registered for it alone
    detail = str(error.detail)
    if not isinstance(error, Problem):
        detail = {
            404: "There is no such call; /openapi.json lists them.",
            405: "This call takes another method; /openapi.json lists them.",
        }.get(error.status_code, "The body cannot be read; send one JSON object in UTF-8.")
    return answer(error.status_code, detail, error.headers)


async def on_unavailable(_request: Request, _error: Exception) -> Response:
    """Redis refuses, or does not answer."""
    problem = unavailable()
    return answer(problem.status_code, str(problem.detail), problem.headers)


async def on_sealed(_request: Request, error: Exception) -> Response:
    """What is stored is sealed with a key that this service lacks."""
    log.error("%s", error)
    problem = unavailable(SEALED)
    return answer(problem.status_code, SEALED, problem.headers)


async def on_crash(_request: Request, _error: Exception) -> Response:
    """A fault of this service."""
    return answer(500, CRASHED)


class InvalidRequest:
    """Says what is wrong with a body or a query, naming only fields that the contract knows.

    Names of unknown fields, and keys of mappings, are the caller's and may be personal data.
    """

    def __init__(self, known: frozenset[str]) -> None:
        self._known = known

    async def __call__(self, _request: Request, error: Exception) -> Response:
        """400 for what is not JSON and for a query that does not fit, else 422."""
        assert isinstance(error, RequestValidationError)  # registered for it alone
        found = error.errors()
        if any(item["type"] == "json_invalid" for item in found):
            return answer(400, "The body is not JSON; send one JSON object in UTF-8.")
        errors = [{"pointer": self._pointer(item["loc"]), "detail": _in_words(item)} for item in found[:20]]
        if found[0]["loc"][0] == "query":
            name = errors[0]["pointer"][1:].replace("*", "query")
            return answer(400, f"{name}: {errors[0]['detail']}", None, errors)
        return answer(
            422, "The request does not fit the contract in /openapi.json; see errors.", None, errors
        )

    def _pointer(self, loc: tuple[str | int, ...]) -> str:
        """RFC 6901, with "*" for what is not ours to repeat."""
        parts = loc[1:]  # the first is "body" or "query"
        return "".join(f"/{part}" if isinstance(part, int) or part in self._known else "/*" for part in parts)


def _in_words(item: Mapping[str, Any]) -> str:
    """What is wrong, and the mend where the framework has no words for it."""
    if item["loc"][0] == "query" and item["type"] == "extra_forbidden":
        return "this call has no such parameter; /openapi.json lists those it has"
    if item["type"].startswith("date_"):
        return "give a day such as 2026-11-20"
    if item["type"] == "value_error":  # our own words; the framework puts some before them
        return str(item["ctx"]["error"])
    return str(item["msg"])
