"""The calls about review tasks: what a steward is asked, and what he says."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from unifier.serving.calls import BODY, GUARDED, Call, as_json, name_of, refusals, say, services_of
from unifier.serving.models import Accepted, ReviewDecision, ReviewPage
from unifier.serving.problems import Problem
from unifier.serving.steward import Decided, Word

WORDS: dict[str, Word] = {"same": "link", "different": "separate", "unsure": "unsure"}
NOT_ASKED = "This is not asked any more, or its evidence has changed; read the list of reviews again."

Limit = Annotated[
    int, Query(ge=1, le=100, description="pairs; those of one profile's surroundings come on one page")
]
After = Annotated[str | None, Query(pattern=r"^[0-9]{1,16}$", description="`next` of the page before")]

router = APIRouter(
    prefix="/v1/steward/reviews",
    tags=["steward"],
    responses=refusals(*GUARDED),
    generate_unique_id_function=name_of,
    route_class=Call,
)


@router.get("", responses={200: {"model": ReviewPage}})
async def reviews(request: Request, limit: Limit = 20, after: After = None) -> Response:
    """Pairs that may or may not be one person, side by side, those with the greatest doubt first."""
    below = None if after is None else int(after)
    return as_json(await services_of(request).reviews.page(limit, below, request.state.caller.name))


@router.post("/{review_id}", status_code=202, responses={202: {"model": Accepted}, **refusals(404, *BODY)})
async def decide(request: Request, review_id: str, body: ReviewDecision) -> Response:
    """The same person, different ones, or nobody can tell. The stream carries it out."""
    review = await services_of(request).reviews.find(review_id)
    if review is None:
        raise Problem(404, NOT_ASKED)
    a, b = (tuple(fid.hex() for fid in side) for side in review[:2])
    reason = body.reason or f"{body.decision}, said of a review"
    return await say(request, WORDS[body.decision], Decided(review=review_id, sides=(a, b), reason=reason))
