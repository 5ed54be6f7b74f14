"""What travels over HTTP; the service, its OpenAPI document and the client share it."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from unifier.events.outbound import FragmentId, Profile, ProfileId, UtcTime

BATCH_MAX = 500

Scope = Literal["profiles:read", "steward:write", "privacy:write", "journey:read"]
Identifiers = Annotated[
    dict[str, Annotated[str, Field(min_length=1, max_length=1_024)]],
    Field(
        min_length=1,
        max_length=20,
        description="type → value; values are normalised as those of events are",
        examples=[{"email": "anna@example.org"}],
    ),
]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LookupRequest(_Request):
    """Who is asked for. The first identifier that is known decides."""

    identifiers: Identifiers


class BatchRequest(_Request):
    """Many profiles at once: by id, or by identifiers."""

    ids: list[str] | None = Field(None, min_length=1, max_length=BATCH_MAX, description="profile ids")
    identifiers: list[Identifiers] | None = Field(
        None, min_length=1, max_length=BATCH_MAX, description="one look-up an entry"
    )

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.ids is None) == (self.identifiers is None):
            raise ValueError("give either ids or identifiers")
        return self


class StewardRequest(_Request):
    """Two profiles, or fragments, that are one person or are not."""

    profiles: tuple[ProfileId, ProfileId] | None = Field(
        None, description="an id that was merged away names the fragments that it stood for"
    )
    fragments: list[FragmentId] | None = Field(
        None, min_length=2, max_length=100, description="fragment ids: the first against the others"
    )
    reason: str = Field(min_length=1, max_length=500, description="why; kept with the evidence")

    @model_validator(mode="after")
    def _two_sides(self) -> Self:
        if (self.profiles is None) == (self.fragments is None):
            raise ValueError("give either profiles or fragments")
        named = self.profiles or self.fragments or ()
        if len(set(named)) != len(named):
            raise ValueError("name each profile or fragment once")
        return self


RequestedId = Annotated[
    str | None, Field(description="the id that was asked for, when it was merged away into this profile")
]


class FoundProfile(Profile):
    """A profile as it answers for an id."""

    requested_id: RequestedId = None


class BatchEntry(BaseModel):
    """The answer to one entry of a batch."""

    status: Literal[200, 404, 410] = Field(description="as for a single call: found, unknown, erased")
    profile: FoundProfile | None = None


class BatchAnswer(BaseModel):
    """One answer per entry, in order."""

    answers: list[BatchEntry]


class Touch(BaseModel):
    """One touch of a timeline."""

    at: UtcTime = Field(description="when it happened")
    channel: str = Field(description="web, app, store, email, social, ads or call_centre")
    touchpoint: str = Field(description="the concrete place: page type, campaign, store")
    name: str = Field(description="what it says about the journey")


class Timeline(BaseModel):
    """The touches of a profile that are kept, newest first."""

    profile_id: str
    requested_id: RequestedId = None
    touches: list[Touch]


class LinkEvidence(BaseModel):
    """Why two fragments are taken for one person."""

    a: str = Field(description="fragment id")
    b: str = Field(description="fragment id")
    rule: str = Field(description="what speaks for it: an identifier type, fuzzy, source or steward")
    bits: float = Field(description="strength: log2 of the odds")
    event_id: str = Field(description="the event that caused it; empty when it is no single one")


class RefusedEvidence(BaseModel):
    """Evidence over the bar that a rule forbids to use; per other profile the strongest."""

    a: str = Field(description="fragment id")
    b: str = Field(description="fragment id")
    rule: str = Field(description="what speaks for it")
    bits: float = Field(description="strength: log2 of the odds")
    reason: str = Field(
        description="the rule that refused: separation, unique:TYPE, first_name, suffix, birth_date, "
        "too_many, household or device"
    )


class SeparationEvidence(BaseModel):
    """Word that two groups of fragments are not one person."""

    a: list[str] = Field(description="fragment ids")
    b: list[str] = Field(description="fragment ids")
    event_id: str = Field(description="the command or event that said so")


class Evidence(BaseModel):
    """Why a profile is one person, and why others are not part of it."""

    profile_id: str
    requested_id: RequestedId = None
    links: list[LinkEvidence]
    refused: list[RefusedEvidence]
    separations: list[SeparationEvidence]


class Accepted(BaseModel):
    """The stream will carry the command out; `command_id` is the cause named in what follows from it."""

    command_id: str


class State(BaseModel):
    """Of the service itself."""

    status: Literal["ok", "ready"]


class ProblemError(BaseModel):
    """One thing that is wrong with a body."""

    pointer: str = Field(description='JSON pointer (RFC 6901); "*" stands for a name that the caller chose')
    detail: str


class ProblemDocument(BaseModel):
    """RFC 9457 problem document."""

    type: str
    title: str
    status: int
    detail: str = Field(description="what to do about it")
    errors: list[ProblemError] | None = None
