"""The canonical event: a touch of one customer, or what a source knows of them, whatever source told it.

Adapters (`online`, `pos`, `crm`) turn published messages into `Event`; everything behind them knows
only this form. Values are as told (validated, not normalised): `matching.identity` makes them comparable.
"""

from dataclasses import dataclass, field
from enum import IntEnum

Identifier = tuple[str, str]
"""(type, value), e.g. ("email", "anna@example.org")."""


class Signal(IntEnum):
    """What an event says about the journey. Which event says what is data: `rules.toml`, [signals]."""

    TOUCH = 0
    INTEREST = 1
    PREFERENCE = 2
    PURCHASE = 3
    FULFILMENT = 4
    TROUBLE = 5
    ADVOCACY = 6
    MEMBERSHIP = 7


@dataclass(slots=True)
class Order:
    """The money side of an event. `key` names the order; a return or refund carries the key of its sale.

    Amounts are integers in 1/10000 of the currency unit, so that sums are exact. A return or cancellation of
    amount 0 is of the whole order.
    """

    key: str
    kind: str  # "sale", "update", "return", "cancel" or "fulfilment"
    amount: int
    currency: str  # ISO 4217, upper case
    part: str = ""  # names a return that may be told in several events; else the event's id does
    of: str = ""  # key of the order of the shop that it is a part of


@dataclass(slots=True)
class Event:
    """One touch of one customer, or a source's record of them."""

    event_id: str  # the publisher's id; else "topic-partition-offset"
    source: str  # who published it: "online", "pos", "crm", or the CRM record's own `source`
    channel: str  # web, app, store, email, social, ads, call_centre
    touchpoint: str  # the concrete place: page type, campaign, "store 17"
    name: str  # the source's own name for it: "Product Viewed", "sale"
    at: int  # when it happened, milliseconds since 1970, UTC
    anchor: Identifier | None  # the source's own key of whom it means; None: the values themselves
    signal: Signal | None = Signal.TOUCH  # None: the source tells of the person, who did nothing
    identifiers: tuple[Identifier, ...] = ()  # every exact identifier told, the anchor's included
    traits: tuple[tuple[str, str], ...] = ()  # sorted (name, value), names from TRAITS
    consents: tuple[tuple[str, bool], ...] = ()  # (purpose, granted)
    product: str = ""
    category: str = ""
    campaign: str = ""  # that brought the person here
    attributes: tuple[tuple[str, str], ...] = ()  # that weak points are broken down by; of steps alone
    order: Order | None = None
    same_as: tuple[Identifier, ...] = field(default=())  # anchors that the source itself says are this person


TRAITS = (
    "title",
    "first_name",
    "middle_name",
    "last_name",
    "full_name",
    "birth_date",
    "street",  # with the house number when the source has them in one field
    "house_no",
    "postal_code",
    "city",
    "region",
    "country",
)
"""Names a trait may have. E-mail and phone are identifiers; adapters put them there."""


@dataclass(slots=True)
class Command:
    """A steward's or privacy officer's word, from `unifier.control`."""

    command_id: str
    command: str  # "link", "separate", "unsure"; "erase", "restrict", "release"
    by: str
    reason: str
    at: int
    profiles: tuple[str, ...] = ()
    fragments: tuple[str, ...] = ()  # hex fragment ids
    sides: tuple[tuple[str, ...], ...] = ()  # the same, in two groups
    review: str = ""  # id of the review task that it decides
    identifiers: tuple[Identifier, ...] = ()  # of the person that a privacy command is about, as told
    hashes: tuple[str, ...] = ()  # the same as keyed hashes, as in profiles.whom

    @property
    def is_about_privacy(self) -> bool:
        """Whether a privacy officer gives it."""
        return bool(self.identifiers or self.hashes)


CHANNELS = ("web", "app", "store", "email", "social", "ads", "call_centre")
"""The ways a touch can come by; others are told as "web"."""
