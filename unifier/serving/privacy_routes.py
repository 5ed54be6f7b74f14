"""The calls about privacy: erase, export, restrict and release, and what became of a request."""

from fastapi import APIRouter, Request, Response

from unifier.serving import problems
from unifier.serving.calls import BODY, GUARDED, Call, as_json, check_types, name_of, refusals, services_of
from unifier.serving.models import AcceptedRequest, PrivacyBody, PrivacyRequest
from unifier.serving.privacy import Kind, NamesNobodyError, TellsTooMuchError
from unifier.serving.problems import Problem
from unifier.serving.steward import NotPublishedError

UNKNOWN = "There is no such request."
NAMES_NOBODY = "None of these identifiers can name anybody; give a complete value."
TELLS_TOO_MUCH = "The reason is kept for good; leave the identifiers out of it."

router = APIRouter(
    prefix="/v1/privacy",
    tags=["privacy"],
    responses=refusals(*GUARDED),
    generate_unique_id_function=name_of,
    route_class=Call,
)


@router.post("/erase", status_code=202, responses={202: {"model": AcceptedRequest}, **refusals(*BODY)})
async def erase(request: Request, body: PrivacyBody) -> Response:
    """Forget the person that most of the identifiers name, and what is still told of the time before."""
    return await _take_in(request, "erase", body)


@router.post("/export", status_code=202, responses={202: {"model": AcceptedRequest}, **refusals(*BODY)})
async def export(request: Request, body: PrivacyBody) -> Response:
    """Hand over everything that is stored of the person; it comes with the request's state."""
    return await _take_in(request, "export", body)


@router.post("/restrict", status_code=202, responses={202: {"model": AcceptedRequest}, **refusals(*BODY)})
async def restrict(request: Request, body: PrivacyBody) -> Response:
    """Keep all that is known of the person, and do nothing with it: reads answer 423, and nothing is told."""
    return await _take_in(request, "restrict", body)


@router.post("/release", status_code=202, responses={202: {"model": AcceptedRequest}, **refusals(*BODY)})
async def release(request: Request, body: PrivacyBody) -> Response:
    """End the restriction: what was told meanwhile counts from now on."""
    return await _take_in(request, "release", body)


@router.get("/requests/{request_id}", responses={200: {"model": PrivacyRequest}, **refusals(404)})
async def request(request: Request, request_id: str) -> Response:
    """How far a request is, and what the verifier found; of an export, everything as it is stored now."""
    answer = await services_of(request).privacy.state(request_id, request.state.caller.name)
    if answer is None:
        raise Problem(404, UNKNOWN)
    return as_json(answer)


async def _take_in(request: Request, kind: Kind, body: PrivacyBody) -> Response:
    services = services_of(request)
    check_types(services, body.identifiers)
    try:
        by = request.state.caller.name
        request_id = await services.privacy.request(kind, body.identifiers, body.reason, by)
    except NamesNobodyError:
        raise Problem(422, NAMES_NOBODY) from None
    except TellsTooMuchError:
        raise Problem(422, TELLS_TOO_MUCH) from None
    except NotPublishedError:
        raise problems.unavailable(
            "The brokers did not confirm the request; repeat it: twice does no harm."
        ) from None
    return as_json({"request_id": request_id}, 202)
