"""What rides on a transition: the next action, and what came before a sale on the other side."""

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
    touches: int = Field(ge=1, description="touches within the 30 days before")
    by_channel: dict[str, int] = Field(description="the same by channel")
    first_at: UtcTime = Field(description="the first of them")
    last_at: UtcTime = Field(description="the last of them")
    weight: float = Field(description="sum of the touches' weights, which halve every 7 days")
