"""What travels over HTTP; the service, its OpenAPI document and the client share it."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from unifier.events.documents import FragmentId, ProfileId, ReviewId, UtcTime
from unifier.events.guidance import NextAction
from unifier.events.outbound import NamedPhase, Profile
from unifier.events.person import Person

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


class MatchRequest(_Request):
    """Somebody, as far as he is known."""

    traits: Person = Field(description="as an identify call carries them")
    limit: int = Field(10, ge=1, le=50, description="candidates at most")


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


class ReviewDecision(_Request):
    """What a steward says of a review task."""

    decision: Literal["same", "different", "unsure"] = Field(
        description="one person; two people; nobody can tell: not asked again before there is new evidence"
    )
    reason: str = Field("", max_length=500, description="why; kept with the evidence")


RequestedId = Annotated[
    str | None, Field(description="the id that was asked for, when it was merged away into this profile")
]


class FoundProfile(Profile):
    """A profile as it answers for an id."""

    requested_id: RequestedId = None


class BatchEntry(BaseModel):
    """The answer to one entry of a batch."""

    status: Literal[200, 404, 410, 423] = Field(
        description="as for a single call: found, unknown, erased, restricted"
    )
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


class Guidance(BaseModel):
    """What to do next for a profile."""

    profile_id: str
    requested_id: RequestedId = None
    phase: NamedPhase = Field(description="where the person stands in the first journey model")
    segments: list[str] = Field(description="segments that the person is in")
    next_action: NextAction | None = Field(description="null: nothing but wait")


class WaterfallLine(BaseModel):
    """One line of a waterfall."""

    field: str = Field(
        description="prior, a field or type of identifier, household, steward, source or order",
        examples=["first_name"],
    )
    level: str = Field(description="how far the two agree, in words", examples=["nearly equal"])
    bits: float = Field(description="what that adds: log2 of the odds")


class Waterfall(BaseModel):
    """What was weighed between two sides, line by line; it holds no value of a person."""

    lines: list[WaterfallLine] = Field(description="the prior first")
    bits: float = Field(description="the sum of the lines: log2 of the odds")
    probability: float | None = Field(description="the sum as a probability; null: nothing is weighed")
    threshold: float | None = Field(
        description="bits from which on the two are one person; null: a rule decides, nothing is weighed"
    )
    fragments: tuple[int, int] = Field(description="how many fragments each side has")


class LinkEvidence(BaseModel):
    """Why two fragments are taken for one person."""

    a: str = Field(description="fragment id")
    b: str = Field(description="fragment id")
    rule: str = Field(
        description="what speaks most for it: a field, an identifier type, order, source or steward"
    )
    bits: float = Field(description="strength: log2 of the odds")
    event_id: str = Field(description="the event that caused it; empty when it is no single one")
    falls_off: int = Field(
        ge=0, description="fragments that nothing but this link holds; 0: without it all would still hold"
    )
    waterfall: Waterfall = Field(description="what was weighed when the link was made")


class RefusedEvidence(BaseModel):
    """Evidence over the bar that a rule forbids to use; per other profile the strongest."""

    a: str = Field(description="fragment id")
    b: str = Field(description="fragment id")
    other: str | None = Field(description="the other profile")
    rule: str = Field(description="what speaks for it")
    bits: float = Field(description="strength: log2 of the odds")
    reason: str = Field(
        description="the rule that refused: separation, unique:TYPE, first_name, suffix, birth_date, "
        "namesake, first_name_missing, too_many, household or device"
    )
    because: str = Field(description="the reason in words")
    waterfall: Waterfall = Field(description="all that speaks for and against the two profiles now")


class MissedLink(BaseModel):
    """The link without which most of the profile would fall off; of several the weakest."""

    a: str = Field(description="fragment id")
    b: str = Field(description="fragment id")
    falls_off: list[str] = Field(description="ids of the fragments that would fall off")


class LinkOnTheWay(BaseModel):
    """A link that leads from one to the other."""

    a: str = Field(description="fragment id")
    b: str = Field(description="fragment id")
    rule: str = Field(description="what speaks most for it")
    bits: float = Field(description="strength: log2 of the odds")


class Verdict(BaseModel):
    """Whether two profiles are one person, and why."""

    profile_id: str = Field(description="the other profile")
    one_person: bool = Field(description="the two ids are one profile")
    reason: str = Field(
        description="linked or linked_through; a rule that refused, as in `refused`; below (the threshold), "
        "never_compared, too_common, nameless, consent or unweighed"
    )
    because: str = Field(description="the reason in words")
    waterfall: Waterfall = Field(description="all that speaks for and against it")
    through: list[LinkOnTheWay] = Field(description="the links that lead from one to the other")


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
    missed_most: MissedLink | None = Field(
        None, description="null: without any one of its links the profile would still hold together"
    )
    other: Verdict | None = Field(
        None,
        description="the answer to `?other=`; null too where the two are one profile that does not tell any "
        "more which fragments were whose",
    )


class Candidate(BaseModel):
    """A profile that the traits may be of."""

    profile_id: ProfileId
    one_person: bool = Field(description="a record with these traits, and nothing else, would join it")
    bits: float = Field(description="evidence that they are one person: log2 of the odds")
    probability: float = Field(description="what the evidence means, rules aside")
    reason: str = Field(description="over (the threshold), below, or a rule, as in a verdict")
    because: str = Field(description="the reason in words")
    waterfall: Waterfall = Field(description="all that speaks for and against it")


class Matches(BaseModel):
    """Profiles that the traits may be of, the most probable first."""

    candidates: list[Candidate]


class ReviewSide(BaseModel):
    """One side of a review task: some fragments, and what they tell of the person."""

    profile_id: ProfileId = Field(description="the profile that they are part of now")
    fragments: list[FragmentId]
    sources: list[str] = Field(description="the systems that told them")
    first_seen_at: UtcTime
    last_seen_at: UtcTime
    traits: dict[str, str]
    identifiers: dict[str, list[str]]


class ReviewTask(BaseModel):
    """Two sides that may or may not be one person."""

    review_id: ReviewId = Field(description="another when the evidence changes")
    one_person: bool = Field(description="as it stands they are one profile")
    bits: float = Field(description="evidence that they are one person: log2 of the odds")
    probability: float = Field(description="what the evidence means, rules aside")
    reason: str = Field(description="why it stands so, as in a verdict")
    because: str = Field(description="the reason in words")
    waterfall: Waterfall = Field(description="all that speaks for and against it")
    sides: tuple[ReviewSide, ReviewSide]


class ReviewPage(BaseModel):
    """Review tasks, those with the greatest doubt first."""

    reviews: list[ReviewTask]
    next: str | None = Field(description="give it as `after` for what comes next; null: there is no more")


class PrivacyBody(_Request):
    """Whom a privacy request is about: the person that most of the identifiers name."""

    identifiers: Identifiers
    reason: str = Field(
        min_length=1, max_length=500, description="why, for the audit trail: best a file number"
    )


class AcceptedRequest(BaseModel):
    """The request will be carried out; its state is to be had under the id."""

    request_id: str


class Leftover(BaseModel):
    """Where something of the person was found."""

    where: str = Field(description="a topic, or a part of Redis")
    count: int = Field(ge=1, description="records or entries")


class Waiting(Leftover):
    """What a topic keeps until its retention or compaction takes it."""

    until: UtcTime | None = Field(
        description="when the last of it goes; null: not before the topic is changed"
    )


class VerifierFinding(BaseModel):
    """What was found when all of Redis and all topics had been read."""

    at: UtcTime
    left: list[Leftover] = Field(description="what ought not to be there; empty: nothing is left")
    waiting: list[Waiting] = Field(description="what cannot be taken out of a topic one by one")
    unopened: int = Field(
        0,
        description="dead letters that nobody looked into, for they are sealed with a key that is not given",
    )
    others: list[ProfileId] = Field(description="people who carry one of the identifiers too, and stay")


class PrivacyRequest(BaseModel):
    """What became of a request."""

    request_id: str
    kind: Literal["erase", "export", "restrict", "release"]
    at: UtcTime | None = Field(description="when it was made; null: it came by the control topic")
    state: Literal["accepted", "erased", "done", "unknown"] = Field(
        description="erased: from Redis, the dead letters are still to be looked through; unknown: the "
        "identifiers name nobody"
    )
    finding: VerifierFinding | None = Field(
        description="of `unifier verify-erased --request`; null: not looked yet"
    )
    export: dict[str, Any] | None = Field(
        None, description="profiles and fragments of the person as stored now; null: nobody is known"
    )


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
