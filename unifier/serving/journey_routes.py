"""The calls about everybody's journeys."""

import re
import time
from collections.abc import Awaitable
from datetime import UTC, date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from unifier.events.canonical import CHANNELS
from unifier.events.form import time_text
from unifier.profiles.marks import DAY_MS
from unifier.profiles.store.counts import KEPT_DAYS
from unifier.serving.calls import GUARDED, as_json, name_of, refusals, services_of
from unifier.serving.journey import Days, NotCountedError
from unifier.serving.journey_models import Flows, Summary, Touchpoints, WeakPoints
from unifier.serving.problems import Problem

DEFAULT_DAYS = 30
NO_CHANNEL = (
    "channel: a person is in a phase whatever the channel; leave it out, or ask flows, touchpoints or "
    "weak-points."
)


_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _written(told: str) -> str:
    """What may be a day: seconds since 1970, which count as one if they make up whole days, may not."""
    return told if _DAY.fullmatch(told) else ""


Day = Annotated[date, BeforeValidator(_written)]


class Asked(BaseModel):
    """What all calls may be asked for."""

    model_config = ConfigDict(extra="forbid")

    model: str = Field("", description="a journey model of the rules; by default the first")
    since: Day | None = Field(
        None,
        alias="from",
        description=f"the first day, UTC; by default {DEFAULT_DAYS - 1} days before the last",
    )
    to: Day | None = Field(None, description="the last day, UTC; by default today")
    channel: str = Field("", description=f"only this channel: {', '.join(CHANNELS)}")


OfAll = Annotated[Asked, Query()]

router = APIRouter(
    prefix="/v1/journey",
    tags=["journey"],
    responses=refusals(*GUARDED),
    generate_unique_id_function=name_of,
)


@router.get("/summary", responses={200: {"model": Summary}})
async def summary(request: Request, asked: OfAll) -> Response:
    """People per phase, how far journeys got, how long stays lasted; not by channel."""
    if asked.channel:
        raise Problem(400, NO_CHANNEL)
    days = _days(asked)
    return await _answer(services_of(request).journey.summary(asked.model, days), days)


@router.get("/flows", responses={200: {"model": Flows}})
async def flows(request: Request, asked: OfAll) -> Response:
    """Moves between phases with the median time before them, the most frequent first. Of a channel: those
    that a touch in it caused."""
    days = _days(asked)
    return await _answer(services_of(request).journey.flows(asked.model, days, _channel(asked)), days)


@router.get("/touchpoints", responses={200: {"model": Touchpoints}})
async def touchpoints(request: Request, asked: OfAll) -> Response:
    """Intensity, resonance, last stop and response time of each touchpoint, by the first model."""
    days = _days(asked)
    return await _answer(services_of(request).journey.touchpoints(asked.model, days, _channel(asked)), days)


@router.get("/weak-points", responses={200: {"model": WeakPoints}})
async def weak_points(request: Request, asked: OfAll) -> Response:
    """Steps at which visits stop more than they used to: since when, for whom, how sure that is. The same for
    every model."""
    days = _days(asked)
    return await _answer(services_of(request).journey.weak_points(asked.model, days, _channel(asked)), days)


def _channel(asked: Asked) -> str:
    if asked.channel and asked.channel not in CHANNELS:
        raise Problem(400, f"channel: there is no such channel; there are {', '.join(CHANNELS)}.")
    return asked.channel


def _days(asked: Asked) -> Days:
    """The days asked for, as far as they are kept."""
    last = _number(asked.to) if asked.to else int(time.time() * 1000) // DAY_MS
    first = _number(asked.since) if asked.since else last - DEFAULT_DAYS + 1
    if first > last:
        raise Problem(400, "from: give a day that is not after to.")
    return Days(max(first, last - KEPT_DAYS), last)


def _number(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1000 // DAY_MS


async def _answer(asked: Awaitable[dict[str, Any]], days: Days) -> Response:
    try:
        document = await asked
    except NotCountedError as error:
        raise Problem(400, str(error)) from None
    first, last = (time_text(day * DAY_MS)[:10] for day in days)
    return as_json({"from": first, "to": last, **document})
