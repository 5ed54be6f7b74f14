"""The calls about everybody's journeys."""

import time
from datetime import UTC, date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from unifier.events.canonical import CHANNELS
from unifier.events.form import time_text
from unifier.profiles.marks import DAY_MS
from unifier.profiles.store.counts import KEPT_DAYS
from unifier.serving.calls import GUARDED, as_json, name_of, refusals, services_of
from unifier.serving.journey import Days, UnknownModelError
from unifier.serving.journey_models import Flows, Summary, Touchpoints, WeakPoints
from unifier.serving.problems import Problem

DEFAULT_DAYS = 30

ModelName = Annotated[str, Query(description="a journey model of the rules; by default the first")]
From = Annotated[
    date | None,
    Query(
        alias="from", description=f"the first day, UTC; by default {DEFAULT_DAYS - 1} days before the last"
    ),
]
To = Annotated[date | None, Query(description="the last day, UTC; by default today")]
Channel = Annotated[str, Query(description=f"only this channel: {', '.join(CHANNELS)}")]

router = APIRouter(
    prefix="/v1/journey",
    tags=["journey"],
    responses=refusals(*GUARDED, 422),
    generate_unique_id_function=name_of,
)


@router.get("/summary", responses={200: {"model": Summary}})
async def summary(request: Request, model: ModelName = "", since: From = None, to: To = None) -> Response:
    """People per phase, how far journeys got, how long stays lasted."""
    days = _days(since, to)
    try:
        return _answer(await services_of(request).journey.summary(model, days), days)
    except UnknownModelError as error:
        raise Problem(422, str(error)) from None


@router.get("/flows", responses={200: {"model": Flows}})
async def flows(request: Request, model: ModelName = "", since: From = None, to: To = None) -> Response:
    """Moves between phases with the median time before them, the most frequent first."""
    days = _days(since, to)
    try:
        return _answer(await services_of(request).journey.flows(model, days), days)
    except UnknownModelError as error:
        raise Problem(422, str(error)) from None


@router.get("/touchpoints", responses={200: {"model": Touchpoints}})
async def touchpoints(request: Request, since: From = None, to: To = None, channel: Channel = "") -> Response:
    """Intensity, resonance, last stop and response time of each touchpoint, by the first model."""
    _check(channel)
    days = _days(since, to)
    return _answer(await services_of(request).journey.touchpoints(days, channel), days)


@router.get("/weak-points", responses={200: {"model": WeakPoints}})
async def weak_points(request: Request, since: From = None, to: To = None, channel: Channel = "") -> Response:
    """Steps at which visits stop more than they used to: since when, for whom, how sure that is."""
    _check(channel)
    days = _days(since, to)
    return _answer(await services_of(request).journey.weak_points(days, channel), days)


def _check(channel: str) -> None:
    if channel and channel not in CHANNELS:
        raise Problem(422, f"There is no such channel; there are {', '.join(CHANNELS)}.")


def _days(since: date | None, to: date | None) -> Days:
    """The days asked for, as far as they are kept."""
    last = _number(to) if to else int(time.time() * 1000) // DAY_MS
    first = _number(since) if since else last - DEFAULT_DAYS + 1
    if first > last:
        raise Problem(422, "from is after to.")
    return Days(max(first, last - KEPT_DAYS), last)


def _number(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1000 // DAY_MS


def _answer(document: dict[str, Any], days: Days) -> Response:
    first, last = (time_text(day * DAY_MS)[:10] for day in days)
    return as_json({"from": first, "to": last, **document})
