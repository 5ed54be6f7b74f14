"""What all calls have in common: what they work with, how they answer, and how they may refuse."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import orjson
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from unifier.serving import problems
from unifier.serving.journey import Journey
from unifier.serving.match import Match
from unifier.serving.models import Identifiers, StewardRequest
from unifier.serving.privacy import Privacy
from unifier.serving.problems import Problem
from unifier.serving.reader import Reader
from unifier.serving.reviews import Reviews
from unifier.serving.steward import Decided, NotPublishedError, Say, Word


@dataclass(frozen=True, slots=True)
class Services:
    """What a call works with; `app.state.services` gives those of now."""

    reader: Reader
    reviews: Reviews
    match: Match
    say: Say
    privacy: Privacy
    journey: Journey
    identifier_types: frozenset[str]


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """These problems, for the OpenAPI document."""
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}}
    texts = {
        400: "the body is not JSON, or the query does not fit",
        401: "no API key or token, or one that does not count",
        403: "the key lacks the scope",
        404: "unknown",
        410: "erased",
        423: "restricted",
        413: "the body is too large",
        415: "the body is not application/json",
        422: "the body does not fit the contract",
        429: "too many requests; Retry-After says how long to wait",
        503: "something that this service needs does not answer; see Retry-After",
    }
    return {status: {"description": texts[status], "content": content} for status in statuses}


GUARDED = (400, 401, 403, 429, 503)
BODY = (413, 415, 422)


class Call(APIRoute):
    """A call of a router. A parameter that it does not have, and what is no JSON, is refused before the body
    is read, but after path and method.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """As FastAPI asks for it, once for each route."""
        handle = super().get_route_handler()
        names = {field.alias for field in self.dependant.query_params}
        takes_json = "POST" in (self.methods or ())

        async def checked(request: Request) -> Response:
            if others := request.query_params.keys() - names:
                raise RequestValidationError(
                    [{"type": "extra_forbidden", "loc": ("query", name)} for name in others]
                )
            kind, _, _ = request.headers.get("content-type", "").partition(";")
            if takes_json and kind.strip().lower() != "application/json":
                raise Problem(415, "Send the body as application/json.")
            return await handle(request)

        return checked


def name_of(route: APIRoute) -> str:
    """The name of an operation in the OpenAPI document."""
    return route.name


def services_of(request: Request) -> Services:
    """What this call is to work with."""
    services: Callable[[], Services] = request.app.state.services
    return services()


def check_types(services: Services, identifiers: Identifiers) -> None:
    """Refuse identifiers of a type that the rules do not name."""
    if not identifiers.keys() <= services.identifier_types:
        known = ", ".join(sorted(services.identifier_types))
        raise Problem(422, f"Unknown identifier type; the rules name {known}.")


async def say(request: Request, command: Word, body: StewardRequest | Decided) -> Response:
    """Publish a steward's word. 202 with the command id, or the problem 503."""
    try:
        command_id = await services_of(request).say(command, body, request.state.caller.name)
    except NotPublishedError:
        raise problems.unavailable(
            "The brokers did not confirm the command; repeat it: twice does no harm."
        ) from None
    return as_json({"command_id": command_id}, 202)


def as_json(document: object, status: int = 200) -> Response:
    """An answer."""
    return Response(orjson.dumps(document), status, media_type="application/json")
