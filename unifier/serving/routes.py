"""The calls. Answers are built as bytes; the models are for the OpenAPI document alone."""

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import PlainTextResponse

from unifier import metrics
from unifier.serving import problems
from unifier.serving.calls import (
    BODY,
    GUARDED,
    Call,
    as_json,
    check_types,
    name_of,
    refusals,
    say,
    services_of,
)
from unifier.serving.models import (
    Accepted,
    BatchAnswer,
    BatchRequest,
    Evidence,
    FoundProfile,
    Guidance,
    LookupRequest,
    State,
    StewardRequest,
    Timeline,
)
from unifier.serving.problems import Problem
from unifier.serving.reader import Answer, Erased, Found, Restricted

UNKNOWN = "There is no such profile."
ERASED = "The person of this profile was erased."
RESTRICTED = "Nothing may be done with what is known of this person."
POSTED = frozenset({"lookup", "batch", "match"})
"""Calls that stand where an id does, and are no ids when they are asked for by GET."""


Other = Annotated[
    str | None,
    Query(description="another profile, or an id that was merged into this one"),
]


profiles = APIRouter(
    prefix="/v1/profiles",
    tags=["profiles"],
    responses=refusals(*GUARDED),
    generate_unique_id_function=name_of,
    route_class=Call,
)
steward = APIRouter(
    prefix="/v1/steward",
    tags=["steward"],
    responses=refusals(*GUARDED, *BODY),
    generate_unique_id_function=name_of,
    route_class=Call,
)
operations = APIRouter(tags=["operations"], generate_unique_id_function=name_of)


@profiles.post("/lookup", responses={200: {"model": FoundProfile}, **refusals(404, 423, *BODY)})
async def lookup(request: Request, body: LookupRequest) -> Response:
    """The profile of the first identifier that is known."""
    services = services_of(request)
    check_types(services, body.identifiers)
    (found,) = await services.reader.lookups([body.identifiers])
    if found is None:
        raise Problem(404, "None of these identifiers is known.")
    return as_json(_document(found))


@profiles.post("/batch", responses={200: {"model": BatchAnswer}, **refusals(*BODY)})
async def batch(request: Request, body: BatchRequest) -> Response:
    """Up to 500 profiles by id or by identifiers; one answer per entry, in order."""
    services = services_of(request)
    answers: list[Answer]
    if body.ids is not None:
        answers = await services.reader.profiles(body.ids)
    else:
        entries = body.identifiers or []
        for entry in entries:
            check_types(services, entry)
        answers = [*await services.reader.lookups(entries)]
    return as_json({"answers": [_entry(answer) for answer in answers]})


@profiles.get("/{profile_id}", responses={200: {"model": FoundProfile}, **refusals(404, 410, 423)})
async def profile(request: Request, profile_id: str) -> Response:
    """One profile. An id that was merged away gives the survivor; `requested_id` says so."""
    if profile_id in POSTED:
        raise HTTPException(405, headers={"Allow": "POST"})
    (answer,) = await services_of(request).reader.profiles([profile_id])
    return as_json(_document(answer))


@profiles.get("/{profile_id}/timeline", responses={200: {"model": Timeline}, **refusals(404, 410, 423)})
async def timeline(request: Request, profile_id: str) -> Response:
    """The touches that are kept, newest first."""
    return as_json(_document(await services_of(request).reader.timeline(profile_id)))


@profiles.get("/{profile_id}/next-action", responses={200: {"model": Guidance}, **refusals(404, 410, 423)})
async def next_action(request: Request, profile_id: str) -> Response:
    """What to do next, when, through which allowed channel, why, and until when; null: nothing but wait."""
    return as_json(_document(await services_of(request).reader.next_action(profile_id)))


@profiles.get("/{profile_id}/evidence", responses={200: {"model": Evidence}, **refusals(404, 410, 423)})
async def evidence(request: Request, profile_id: str, other: Other = None) -> Response:
    """Why the profile is one person: each link and refused link with all that was weighed, and separations.

    With `?other=`, another profile's id, also why the two are or are not one person.
    """
    return as_json(_document(await services_of(request).reader.evidence(profile_id, other)))


@steward.post("/link", status_code=202, responses={202: {"model": Accepted}})
async def link(request: Request, body: StewardRequest) -> Response:
    """These are one person. The stream carries it out."""
    return await say(request, "link", body)


@steward.post("/separate", status_code=202, responses={202: {"model": Accepted}})
async def separate(request: Request, body: StewardRequest) -> Response:
    """These are not one person; of two ids that were merged, this undoes the merge."""
    return await say(request, "separate", body)


@operations.get("/healthz", responses={200: {"model": State}})
async def healthz() -> Response:
    """The process answers."""
    return as_json({"status": "ok"})


@operations.get("/readyz", responses={200: {"model": State}, **refusals(503)})
async def readyz(request: Request) -> Response:
    """The process can read profiles."""
    if not await services_of(request).reader.ready():
        raise problems.unavailable()
    return as_json({"status": "ready"})


@operations.get("/metrics", response_class=PlainTextResponse)
async def prometheus() -> Response:
    """Metrics in the Prometheus text format."""
    return Response(metrics.render(), media_type="text/plain; version=0.0.4; charset=utf-8")


def _document(answer: Answer) -> dict[str, Any]:
    """What is answered, or the problem: 404, 410, 423."""
    if answer is None:
        raise Problem(404, UNKNOWN)
    if isinstance(answer, Erased):
        raise Problem(410, ERASED)
    if isinstance(answer, Restricted):
        raise Problem(423, RESTRICTED)
    if answer.document["profile_id"] == answer.requested_id:
        return answer.document
    return {**answer.document, "requested_id": answer.requested_id}


def _entry(answer: Answer) -> dict[str, Any]:
    if isinstance(answer, Found):
        return {"status": 200, "profile": _document(answer)}
    return {"status": 404 if answer is None else 410 if isinstance(answer, Erased) else 423}
