"""The call that asks who somebody may be."""

from fastapi import APIRouter, Request, Response

from unifier.serving.calls import BODY, GUARDED, Call, as_json, name_of, refusals, services_of
from unifier.serving.match import UnusableError
from unifier.serving.models import Matches, MatchRequest
from unifier.serving.problems import Problem

UNUSABLE = (
    "By these traits nobody can be looked up: give an e-mail address, a telephone number, or a name together "
    "with a postcode, a town, a birth date or a whole name; placeholders such as n/a do not count."
)

router = APIRouter(
    prefix="/v1/profiles/match",
    tags=["profiles"],
    responses=refusals(*GUARDED),
    generate_unique_id_function=name_of,
    route_class=Call,
)


@router.post("", responses={200: {"model": Matches}, **refusals(*BODY)})
async def match(request: Request, body: MatchRequest) -> Response:
    """Profiles that these traits may be of, the most probable first, each with all that was weighed.

    Nothing is written. Nobody is found who has nothing in common with them by which people are looked up.
    """
    try:
        found = await services_of(request).match(body.traits, body.limit)
    except UnusableError:
        raise Problem(422, UNUSABLE) from None
    return as_json({"candidates": found})
