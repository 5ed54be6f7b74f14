"""The answers about everybody's journeys, for the OpenAPI document."""

from pydantic import BaseModel, Field

from unifier.events.documents import UtcTime


class Span(BaseModel):
    """The days that an answer is about."""

    since: str = Field(alias="from", description="the first day, UTC", examples=["2026-11-01"])
    to: str = Field(description="the last day, UTC", examples=["2026-11-30"])


class PhaseFigures(BaseModel):
    """People in a phase, and the journeys that got there."""

    phase: str = Field(description='a phase of the model; "none": out of all phases')
    people_now: int = Field(description="people who are there now, whatever the days asked for")
    journeys: int = Field(description="journeys that got at least so far in these days")
    drop_off: float | None = Field(description="the share of them that got no further; null: there are none")


class Dwell(BaseModel):
    """How long stays in a phase lasted that ended in these days; medians are told to 5 %."""

    phase: str = Field(description="a phase of the model")
    stays: int = Field(description="stays that are over")
    median_s: float | None = Field(description="half of them were shorter")
    p90_s: float | None = Field(description="nine in ten were shorter")


class CampaignCredit(BaseModel):
    """What a campaign had to do with sales on the other side."""

    campaign: str = Field(description="its name, else its source")
    sales: int = Field(description="sales after a touch by it, within the window ([ropo] in the rules)")
    credit: float = Field(
        description="its share of them: a sale is shared out by how long ago and how often each was met"
    )


class CategoryCredit(BaseModel):
    """What looking at a category had to do with sales on the other side."""

    category: str = Field(description="the category of the goods that were looked at")
    sales: int = Field(description="sales after a touch of it, within the window ([ropo] in the rules)")
    credit: float = Field(description="its share of them, as of campaigns")


class Crossings(BaseModel):
    """Sales with touches on the other side before them."""

    sales: int = Field(description="how many")
    by_campaign: list[CampaignCredit] = Field(description="those with the most credit first, 100 at most")
    by_category: list[CategoryCredit] = Field(description="those with the most credit first, 100 at most")


class ResponseTimes(BaseModel):
    """How long it took until people got what they waited for, of what came in these days; to 5 %."""

    kind: str = Field(description='"order": until the first word of its fulfilment; else one of [responses]')
    answers: int = Field(description="how many came")
    median_s: float | None = Field(description="half of them took no longer")
    p90_s: float | None = Field(description="nine in ten took no longer")


class Summary(Span):
    """Where people stand."""

    model: str = Field(description="the journey model")
    phases: list[PhaseFigures] = Field(description="in the order of the model")
    dwell: list[Dwell] = Field(description="of each phase with stays that are over")
    responses: list[ResponseTimes] = Field(description="of each kind with an answer")
    ropo: Crossings = Field(description="till sales with online touches before them")
    showrooming: Crossings = Field(description="online orders with touches in a store before them")


class Flow(BaseModel):
    """A move between two phases."""

    source: str = Field(alias="from", description="the phase before")
    to: str = Field(description="the phase after")
    direction: str = Field(description="forward, skip, back or lapse")
    moves: int = Field(description="how often")
    median_dwell_s: float | None = Field(description="the median time in the phase before, to 5 %")


class Flows(Span):
    """Moves between phases, the most frequent first."""

    model: str = Field(description="the journey model")
    flows: list[Flow] = Field(description="the most frequent first")


class ShareFigures(BaseModel):
    """A share with its 95 % interval."""

    share: float = Field(description="0 to 1")
    low: float = Field(description="its lower bound")
    high: float = Field(description="its upper bound")
    of: int = Field(description="of so many")


class TouchpointFigures(BaseModel):
    """How much a touchpoint is used, and what comes of it."""

    channel: str = Field(description="web, app, store, email, social, ads or call_centre")
    touchpoint: str = Field(description="the concrete place")
    touches: int = Field(description="how often it was touched")
    people: int = Field(description="people whose first touch there was in these days")
    resonance: ShareFigures | None = Field(
        description="of the stays in a phase with a touch there soon after it began, those that went on soon"
    )
    last_stop: ShareFigures | None = Field(
        description="of the stays with a touch there that ended because nothing came, those that ended there"
    )
    median_response_s: float | None = Field(
        description="median time to the person's next visit, of visits that ended there, to 5 %"
    )


class Touchpoints(Span):
    """All touchpoints, the most touched first."""

    within_s: int = Field(description="what soon means for resonance, seconds")
    base: ShareFigures | None = Field(description="the resonance of a touch anywhere")
    each: list[TouchpointFigures] = Field(description="the most touched first")


class WeakPoint(BaseModel):
    """A step at which visits stop more than they used to."""

    step: str = Field(description="the name of its event")
    next_step: str = Field(description="which does not come in the same visit")
    since: UtcTime = Field(description="the day on which it most likely began")
    until: UtcTime | None = Field(description="the first day without it; null: it lasts")
    detected_at: UtcTime = Field(description="when that was known")
    where: dict[str, str] = Field(
        description="for whom: visitor, channel, device or region, and its value; empty: all"
    )
    share_before: float = Field(description="the share that stopped there before")
    share_now: float = Field(description="the share that stops there in these days")
    e_value: float = Field(description="how sure that is: evidence against chance")
    likely_why: str | None = Field(description="an event that is new and comes with it; null: not known")


class WeakPoints(Span):
    """Where journeys stop, and since when."""

    weak_points: list[WeakPoint] = Field(description="the newest first")
