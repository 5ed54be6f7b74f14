"""The calls. Answers are built as bytes; the models are for the OpenAPI document alone."""

from dataclasses import dataclass
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Request, Response
from fastapi.routing import APIRoute

from unifier import metrics
from unifier.serving import problems
from unifier.serving.models import (
    Accepted,
    BatchAnswer,
    BatchRequest,
    Evidence,
    FoundProfile,
    Identifiers,
    LookupRequest,
    State,
    StewardRequest,
    Timeline,
)
from unifier.serving.problems import Problem
from unifier.serving.reader import Erased, Found, Reader
from unifier.serving.steward import NotPublishedError, Say, Word

UNKNOWN = "There is no such profile."
ERASED = "The person of this profile was erased."


Other = Annotated[
    str | None,
    Query(description="another profile, or an id that was merged into this one"),
]


@dataclass(frozen=True, slots=True)
class Services:
    """What the calls work with; `app.state.services`."""

    reader: Reader
    say: Say
    identifier_types: frozenset[str]


def _problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}}
    texts = {
        400: "the body is not JSON",
        401: "no API key, or one that is unknown or revoked",
        403: "the key lacks the scope",
        404: "unknown",
        410: "erased",
        413: "the body is too large",
        415: "the body is not application/json",
        422: "the body does not fit the contract",
        429: "too many requests; Retry-After says how long to wait",
        503: "something that this service needs does not answer; see Retry-After",
    }
    return {status: {"description": texts[status], "content": content} for status in statuses}


_GUARDED = (401, 403, 429, 503)
_BODY = (400, 413, 415, 422)


def _name(route: APIRoute) -> str:
    return route.name


profiles = APIRouter(
    prefix="/v1/profiles",
    tags=["profiles"],
    responses=_problems(*_GUARDED),
    generate_unique_id_function=_name,
)
steward = APIRouter(
    prefix="/v1/steward",
    tags=["steward"],
    responses=_problems(*_GUARDED, *_BODY),
    generate_unique_id_function=_name,
)
operations = APIRouter(tags=["operations"], generate_unique_id_function=_name)


@profiles.post("/lookup", responses={200: {"model": FoundProfile}, **_problems(404, *_BODY)})
async def lookup(request: Request, body: LookupRequest) -> Response:
    """The profile of the first identifier that is known."""
    services = _services(request)
    _check_types(services, body.identifiers)
    (found,) = await services.reader.lookups([body.identifiers])
    if found is None:
        raise Problem(404, "None of these identifiers is known.")
    return _json(_document(found))


@profiles.post("/batch", responses={200: {"model": BatchAnswer}, **_problems(*_BODY)})
async def batch(request: Request, body: BatchRequest) -> Response:
    """Up to 500 profiles by id or by identifiers; one answer per entry, in order."""
    services = _services(request)
    answers: list[Found | Erased | None]
    if body.ids is not None:
        answers = await services.reader.profiles(body.ids)
    else:
        entries = body.identifiers or []
        for entry in entries:
            _check_types(services, entry)
        answers = [*await services.reader.lookups(entries)]
    return _json({"answers": [_entry(answer) for answer in answers]})


@profiles.get("/{profile_id}", responses={200: {"model": FoundProfile}, **_problems(404, 410)})
async def profile(request: Request, profile_id: str) -> Response:
    """One profile. An id that was merged away gives the survivor; `requested_id` says so."""
    (answer,) = await _services(request).reader.profiles([profile_id])
    return _json(_document(answer))


@profiles.get("/{profile_id}/timeline", responses={200: {"model": Timeline}, **_problems(404, 410)})
async def timeline(request: Request, profile_id: str) -> Response:
    """The touches that are kept, newest first."""
    return _json(_document(await _services(request).reader.timeline(profile_id)))


@profiles.get("/{profile_id}/evidence", responses={200: {"model": Evidence}, **_problems(404, 410)})
async def evidence(request: Request, profile_id: str, other: Other = None) -> Response:
    """Why the profile is one person: each link and refused link with all that was weighed, and separations.

    With `?other=`, another profile's id, also why the two are or are not one person.
    """
    return _json(_document(await _services(request).reader.evidence(profile_id, other)))


@steward.post("/link", status_code=202, responses={202: {"model": Accepted}})
async def link(request: Request, body: StewardRequest) -> Response:
    """These are one person. The stream carries it out."""
    return await _say(request, "link", body)


@steward.post("/separate", status_code=202, responses={202: {"model": Accepted}})
async def separate(request: Request, body: StewardRequest) -> Response:
    """These are not one person; of two ids that were merged, this undoes the merge."""
    return await _say(request, "separate", body)


@operations.get("/healthz", responses={200: {"model": State}})
async def healthz() -> Response:
    """The process answers."""
    return _json({"status": "ok"})


@operations.get("/readyz", responses={200: {"model": State}, **_problems(503)})
async def readyz(request: Request) -> Response:
    """The process can read profiles."""
    if not await _services(request).reader.ready():
        raise problems.unavailable()
    return _json({"status": "ready"})


@operations.get("/metrics", responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}})
async def prometheus() -> Response:
    """Metrics in the Prometheus text format."""
    return Response(metrics.render(), media_type="text/plain; version=0.0.4; charset=utf-8")


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


def _check_types(services: Services, identifiers: Identifiers) -> None:
    if not identifiers.keys() <= services.identifier_types:
        known = ", ".join(sorted(services.identifier_types))
        raise Problem(422, f"Unknown identifier type; the rules name {known}.")


def _document(answer: Found | Erased | None) -> dict[str, Any]:
    """What is answered, or the problem: 404, 410."""
    if answer is None:
        raise Problem(404, UNKNOWN)
    if isinstance(answer, Erased):
        raise Problem(410, ERASED)
    if answer.document["profile_id"] == answer.requested_id:
        return answer.document
    return {**answer.document, "requested_id": answer.requested_id}


def _entry(answer: Found | Erased | None) -> dict[str, Any]:
    if isinstance(answer, Found):
        return {"status": 200, "profile": _document(answer)}
    return {"status": 404 if answer is None else 410}


async def _say(request: Request, command: Word, body: StewardRequest) -> Response:
    try:
        command_id = await _services(request).say(command, body, request.state.caller.name)
    except NotPublishedError:
        raise problems.unavailable(
            "The brokers did not confirm the command; repeat it: twice does no harm."
        ) from None
    return _json({"command_id": command_id}, 202)


def _json(document: object, status: int = 200) -> Response:
    return Response(orjson.dumps(document), status, media_type="application/json")
