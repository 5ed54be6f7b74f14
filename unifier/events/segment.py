"""The contract of online events: the Segment specification, with its e-commerce names in version 2."""

from typing import Annotated, Literal, Required

from pydantic import Field
from typing_extensions import TypedDict

from unifier.events.canonical import CHANNELS
from unifier.events.fields import Amount, Consents, Contract, Currency, Key, RequiredKey, Text, Time, Words
from unifier.events.person import Person


class Page(TypedDict, total=False):
    """The page that was open."""

    url: Annotated[Words | None, Field(description="Address of the page; its path tells the touchpoint")]
    path: Annotated[Words | None, Field(description="Path of the page, when there is no `url`")]
    referrer: Annotated[Words | None, Field(description="Address of the page before")]


class Campaign(TypedDict, total=False):
    """The campaign that brought the person here (UTM parameters)."""

    name: Annotated[Words | None, Field(description="Name of the campaign")]
    source: Annotated[Words | None, Field(description="Who brought the person: newsletter, search engine")]
    medium: Annotated[Words | None, Field(description="By what: email, cpc, social")]


class Device(TypedDict, total=False):
    """The device."""

    id: Annotated[Key | None, Field(description="Id of the device: identifier `device_id`")]
    type: Annotated[Words | None, Field(description="Its kind: ios, android; else the user agent tells it")]


class Location(TypedDict, total=False):
    """Where the person is."""

    region: Annotated[Words | None, Field(description="The region: weak points are broken down by it")]
    country: Annotated[Words | None, Field(description="The country, when there is no `region`")]


class Consent(TypedDict, total=False):
    """Consent as the consent manager tells it."""

    categoryPreferences: Consents


class Context(TypedDict, total=False):
    """What surrounds the event."""

    channel: Annotated[
        Text | None, Field(description=f"Way of the touch, one of {', '.join(CHANNELS)}; others count as web")
    ]
    page: Annotated[Page | None, Field(description="The page that was open")]
    campaign: Annotated[Campaign | None, Field(description="The campaign that brought the person here")]
    device: Annotated[Device | None, Field(description="The device")]
    location: Annotated[Location | None, Field(description="Where the person is")]
    userAgent: Annotated[Words | None, Field(description="User agent; events of bots have no effect")]
    traits: Annotated[Person | None, Field(description="What is known of the person")]
    consent: Annotated[Consent | None, Field(description="Consent by purpose")]


class Product(TypedDict, total=False):
    """A product in a list."""

    product_id: Annotated[Key | None, Field(description="Id of the product")]
    category: Annotated[Words | None, Field(description="Its category")]
    price: Annotated[Amount | None, Field(description="Price of one")]
    quantity: Annotated[Amount | None, Field(description="How many; one if not told")]


class Properties(TypedDict, total=False):
    """What the event is about (Segment's e-commerce specification, version 2)."""

    product_id: Annotated[Key | None, Field(description="Id of the product")]
    category: Annotated[Words | None, Field(description="Its category")]
    products: Annotated[
        Annotated[list[Product], Field(max_length=1000)] | None,
        Field(description="Products of a cart or an order"),
    ]
    order_id: Annotated[Key | None, Field(description="Id of the order; required for Order events")]
    total: Annotated[
        Amount | None,
        Field(description="Amount of the order or refund, with tax and shipping; negative in an exchange"),
    ]
    revenue: Annotated[Amount | None, Field(description="Amount when there is no `total`")]
    price: Annotated[Amount | None, Field(description="Price of the product")]
    currency: Annotated[Currency | None, Field(description="ISO 4217 code, required with an order's amount")]
    email: Annotated[Key | None, Field(description="E-mail address given with the event")]
    phone: Annotated[Key | None, Field(description="Telephone number given with the event")]


class PageProperties(Properties, total=False):
    """What the page is about. Servers tell its address here."""

    url: Annotated[Words | None, Field(description="Address of the page, when there is no `context.page`")]
    path: Annotated[Words | None, Field(description="Its path, when there is no `url`")]


class Call(TypedDict, total=False):
    """What all calls have. At least one id, or an e-mail address or phone, says whom a call means."""

    messageId: Annotated[
        Key | None,
        Field(
            description="Id of the event, equal on every repeat; else the envelope's, else the Kafka position"
        ),
    ]
    timestamp: Annotated[
        Time | None,
        Field(description="When it happened; UTC if without a zone. Required unless the envelope has a time"),
    ]
    userId: Annotated[Key | None, Field(description="Id of the account: identifier `account_id`")]
    anonymousId: Annotated[Key | None, Field(description="Id of the cookie: identifier `cookie_id`")]
    context: Annotated[Context | None, Field(description="What surrounds the event")]


class TrackCall(Call, total=False):
    """Something that the person did."""

    type: Required[Literal["track"]]
    event: Required[Annotated[Text, Field(min_length=1, description="What was done: Product Viewed")]]
    properties: Annotated[Properties | None, Field(description="What the event is about")]


class PageCall(Call, total=False):
    """A page of the site, or a screen of the app, was seen."""

    type: Required[Literal["page", "screen"]]
    name: Annotated[Words | None, Field(description="Kind of page or screen; else the page's path tells it")]
    properties: Annotated[PageProperties | None, Field(description="What the page is about")]


class IdentifyCall(Call, total=False):
    """Who the person is."""

    type: Required[Literal["identify"]]
    traits: Annotated[Person | None, Field(description="What is known of the person")]


class GroupCall(Call, total=False):
    """The person belongs to a group, such as a company. What the call tells of the group is ignored."""

    type: Required[Literal["group"]]


class AliasCall(Call, total=False):
    """The source itself says that two of its ids are one person."""

    type: Required[Literal["alias"]]
    userId: Required[Annotated[RequiredKey, Field(description="The id that stays")]]  # type: ignore[misc]
    previousId: Required[
        Annotated[RequiredKey, Field(description="The id that becomes it: an account or a cookie")]
    ]


AnyCall = TrackCall | PageCall | IdentifyCall | GroupCall | AliasCall
ONLINE: Contract[AnyCall] = Contract(Annotated[AnyCall, Field(discriminator="type")])
