"""What rides on a transition: the next action, what to expect, what came before a sale on the other side."""

from typing import Literal

from pydantic import Field

from unifier.events.documents import Document, UtcTime


class NextAction(Document):
    """What to do next for a profile."""

    what: str = Field(description="the action's name in the playbook", examples=["cart_reminder"])
    say: str = Field(description="what it is, in words")
    channel: str = Field(description="through which channel; the person allows it, or it needs no consent")
    when: UtcTime = Field(description="not before then")
    until: UtcTime = Field(description="not after then")
    why: list[str] = Field(description="the reasons in words")


class Crossing(Document):
    """Touches on the other side before a sale: online before one at a till, in a store before one online."""

    kind: Literal["ropo", "showrooming"]
    touches: int = Field(ge=1, description="touches within the window ([ropo] in the rules) before")
    by_channel: dict[str, int] = Field(description="the same by channel")
    by_campaign: dict[str, float] = Field(
        description="campaigns met there before it, by the weight of these touches, the ten with the most"
    )
    first_at: UtcTime = Field(description="the first of them")
    last_at: UtcTime = Field(description="the last of them")
    weight: float = Field(description="sum of the touches' weights, which halve with each half-life ([ropo])")


class ChanceBasis(Document):
    """What the chance of a purchase was worked out of."""

    phase: str = Field(description="the phase in the first model")
    marks: int = Field(ge=1, description="moments that say something about the journey, as far as kept")
    last_touch_at: UtcTime = Field(description="the newest of them")
    learned_from: str = Field(description="what the forecast was learnt from")


class PurchaseChance(Document):
    """The chance of a purchase soon."""

    chance: float = Field(ge=0, le=1, description="0 to 1")
    within_days: int = Field(description="how soon")
    basis: ChanceBasis = Field(description="what it was worked out of")


class BuyerBasis(Document):
    """What the forecast of orders was worked out of."""

    days_with_orders: int = Field(ge=1, description="orders of one day count once")
    first_order_at: UtcTime = Field(description="the first order that stands")
    last_order_at: UtcTime = Field(description="the last one")
    learned_from: str = Field(description="what the forecast was learnt from")


class BuyerForecast(Document):
    """What to expect of somebody who has bought."""

    expected_orders: float = Field(ge=0, description="days with orders to expect in the next `within_days`")
    within_days: int = Field(description="the days to come that it is about")
    alive: float | None = Field(
        None, ge=0, le=1, description="the chance that orders still come; not there before a second one"
    )
    basis: BuyerBasis = Field(description="what it was worked out of")


class HourBasis(Document):
    """What the best hour was worked out of."""

    marks: int = Field(ge=1, description="moments of the person's own, as far as kept")


class BestHour(Document):
    """When the person is there most."""

    hour: int = Field(ge=0, le=23, description="hour of the day, UTC")
    basis: HourBasis = Field(description="what it was worked out of")


class Predictions(Document):
    """What to expect, each with its basis; what there is too little for is not there."""

    purchase: PurchaseChance | None = Field(None, description="the chance of a purchase soon")
    buyer: BuyerForecast | None = Field(None, description="of somebody who has bought: what is to come")
    best_hour: BestHour | None = Field(None, description="when the person is there most")
