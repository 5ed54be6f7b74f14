"""What goes out: CloudEvents 1.0 in structured JSON, and the models that document and check them.

The models make the AsyncAPI document and the JSON Schemas; messages themselves are built by plain
functions, since they are made thousands of times a second.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, Field

from unifier.events.documents import Document, FragmentId, Money, ProfileId, ReviewId, UtcTime
from unifier.events.errors import REASONS
from unifier.events.form import json_bytes, time_text
from unifier.events.guidance import Crossing, NextAction, Predictions

TRANSITION = "unifier.journey.transition.v1"
SEGMENTS = "unifier.segments.changed.v1"
PROFILE = "unifier.profile.v1"
DEAD_LETTER = "unifier.dead-letter.v1"
CREATED, MERGED, SPLIT, REVIEW, REFUSED, ERASED = (
    f"unifier.identity.{change}.v1"
    for change in ("created", "merged", "split", "review", "refused", "erased")
)
SOURCE = "/unifier"

Data = TypeVar("Data")


class CloudEvent(Document, Generic[Data]):
    """The envelope. Its attributes hold no personal data."""

    specversion: Literal["1.0"]
    id: str = Field(min_length=1, description="the same on every repeat of the message")
    source: str = Field(min_length=1, description="who says it", examples=[SOURCE])
    type: str = Field(description="what is said")
    subject: str = Field(min_length=1, description="the profile id; of a dead letter the record's position")
    time: UtcTime = Field(description="when it was worked out")
    datacontenttype: Literal["application/json"]
    sequence: str | None = Field(
        None,
        pattern=r"^\d{12}$",
        description="rises per profile; of two messages the higher, as text or as number, is the newer",
    )
    data: Data = Field(description="the message")


class EventCause(Document):
    """An event made the change."""

    event_id: str = Field(description="id of the event")
    source: str = Field("", description="who published it")
    channel: str = Field("", description="by which way the customer came")
    touchpoint: str = Field("", description="the concrete place")


class TimerCause(Document):
    """Time passed."""

    timer: str = Field(description="the timer that was due")


class MergeCause(Document):
    """Profiles turned out to be one person."""

    merge: str = Field(
        description="id of the event or command that told so; or fingerprint, as in RulesCause"
    )


class SplitCause(Document):
    """A profile turned out to be several people."""

    split: str = Field(
        description="id of the event or command that told so; or fingerprint, as in RulesCause"
    )


class EraseCause(Document):
    """A part of what made the profile was erased."""

    erase: str = Field(
        description="id of the command; empty: an event of somebody who had just been erased; retention: "
        "nothing had been heard of the person for long"
    )


class ReleaseCause(Document):
    """The restriction of the person ended; meanwhile nothing was told."""

    release: str = Field(description="id of the command")


class CommandCause(Document):
    """A steward's or privacy officer's word made the change."""

    command_id: str = Field(description="id of the command")


Fingerprint = Annotated[str, Field(pattern="^[0-9a-f]{8}$")]


class RulesCause(Document):
    """Another rules file was taken up, and what is stored was worked out anew."""

    rules: Fingerprint = Field(description="fingerprint of the rules")
    model: Fingerprint | None = Field(None, description="fingerprint of the model, if that is another too")


class ModelCause(Document):
    """Another model was taken up, and what is stored was worked out anew."""

    model: Fingerprint = Field(description="fingerprint of the model")


ProfileIdField = Annotated[ProfileId, Field(description="the profile")]
Cause = Annotated[
    EventCause | TimerCause | MergeCause | SplitCause | EraseCause | ReleaseCause | RulesCause | ModelCause,
    Field(description="what made the change"),
]
IdentityCause = Annotated[
    EventCause | CommandCause | TimerCause | RulesCause | ModelCause,
    Field(description="what made the change"),
]


Action = Annotated[
    NextAction | None, Field(description="what to do next, when, through which channel, and why")
]
Expected = Annotated[
    Predictions | None, Field(description="what to expect of the person, each number with its basis")
]


class Transition(Document):
    """A profile's phase of the journey changed."""

    profile_id: ProfileIdField
    model: str = Field(description="the journey model", examples=["six-phase"])
    journey: int = Field(ge=0, description="number of the profile's journey")
    source: str = Field(alias="from", description='the phase before; "none": out of all phases')
    to: str = Field(description='the phase since; "none": out of all phases')
    direction: Literal["forward", "skip", "back", "lapse"]
    at: UtcTime = Field(description="when it happened: time of the event, or when the timer was due")
    detected_at: UtcTime = Field(description="when it was worked out")
    dwell_s: float = Field(ge=0, description="seconds spent in the phase before; 0 when it was never entered")
    cause: Cause
    anonymous: bool = Field(description="nothing names the person yet")
    stale: bool = Field(False, description="older than the rules' `stale_after`: do not push because of it")
    corrects: list[str] = Field(description="ids of transitions told before that no longer hold")
    ropo: Crossing | None = Field(None, description="touches on the other side before this sale")
    action: Action = None
    stops: list[str] = Field(
        [],
        description="told before and no longer to be carried out: what `action` says comes anew",
    )
    predictions: Expected = None


class SegmentsChanged(Document):
    """A profile entered or left segments."""

    profile_id: ProfileIdField
    entered: list[str] = Field(description="segments that it was not in before")
    left: list[str] = Field(description="segments that it is no longer in")
    segments: list[str] = Field(description="all that it is in now")


class Evidence(Document):
    """One piece of evidence that two fragments are one person."""

    rule: str = Field(
        description="what speaks most for it: a field, an identifier type, order, source or steward"
    )
    bits: float = Field(description="strength: log2 of the odds")
    event_id: str = Field(description="the event that caused it; empty when it is no single one")


class _Identity(Document):
    profile_id: ProfileIdField


class Created(_Identity):
    """A person not seen before."""

    cause: IdentityCause


class Merged(_Identity):
    """Profiles turned out to be one person."""

    survivor: ProfileId = Field(description="the id that lives on")
    merged: list[ProfileId] = Field(min_length=1, description="the ids that now stand for the survivor")
    evidence: list[Evidence] = Field(description="why, the strongest first")
    cause: IdentityCause


class Split(_Identity):
    """A profile turned out to be several people; the largest part keeps the id."""

    parts: dict[ProfileId, list[FragmentId]] = Field(min_length=2, description="profile id → its fragments")
    evidence: list[Evidence] = Field(default=[], description="why, the strongest first")
    cause: IdentityCause


class ReviewTask(_Identity):
    """A decision close to the bar, or an ambiguous one, that a person should look at."""

    review_id: ReviewId = Field(description="id of the task; another when its evidence changes")
    profiles: list[ProfileId] = Field(min_length=1, max_length=2, description="the profiles they are in now")
    fragments: list[list[FragmentId]] = Field(min_length=2, max_length=2, description="the two sides")
    bits: float = Field(description="evidence that they are one person: log2 of the odds")


class RefusedWord(_Identity):
    """A steward's word that was kept and changed nothing: a rule comes before it, or a newer word."""

    command: Literal["link", "separate"] = Field(description="the word")
    command_id: str = Field(description="its id")
    profiles: list[ProfileId] = Field(min_length=1, max_length=2, description="the profiles that it is about")
    reason: str = Field(
        description="a stable word: unique:TYPE, separation, too_many, newer_word, too_many_words, …",
        examples=["unique:loyalty_id"],
    )
    because: str = Field(description="the same for people")


class Erased(_Identity):
    """All of a person was erased."""

    cause: CommandCause | TimerCause = Field(
        description="who asked for it; the timer retention: nothing had been heard of the person for long"
    )


class DeadLetterSource(Document):
    """Where the record is."""

    topic: str = Field(description="the topic, with its prefix")
    partition: int = Field(ge=0, description="its partition")
    offset: int = Field(ge=0, description="the offset in the partition")


class RecordHeader(Document):
    """A header of a Kafka record."""

    name: str = Field(description="its name")
    value: str = Field(description="its value, encoded")


class DeadLetter(Document):
    """A record that could not be read: why, and the record as it was, so that it can be put back."""

    reason: str = Field(description="a stable word", json_schema_extra={"enum": list(REASONS)})
    error: str = Field(description="what to mend; never holds a value of the record")
    field: str = Field(description='path of the field that does not fit; "" is the whole value')
    source: DeadLetterSource
    payload: str = Field(description="the record's value, encoded; of a longer one the first 256 KiB")
    payload_encoding: Literal["base64", "sealed", "erased"] = Field(
        description="of value, key and headers: Base64, and within that sealed if a data key is set; "
        "erased: the person was, and the record was taken out"
    )
    key: str | None = Field(None, description="the record's key, encoded; null when it had none")
    headers: list[RecordHeader] = Field(description="the record's headers, unless they are over 64 KiB")
    complete: bool = Field(True, description="false: something was cut off, and it cannot be put back")


class Phase(Document):
    """Where the profile stands in one journey model."""

    current: str = Field(description='the phase; "none": out of all phases')
    since: UtcTime | None = Field(description="when the phase began; null when there never was one")
    journey: int = Field(ge=0, description="number of the journey")


class NamedPhase(Phase):
    """The same, with the model's name."""

    model: str = Field(description="the first journey model of the rules", examples=["six-phase"])


class ConsentWord(Document):
    """What holds for one purpose."""

    granted: bool = Field(description="whether it may be done")
    at: UtcTime = Field(description="when that was said")
    source: str = Field(description="to whom")


class Metrics(Document):
    """Counters; each event counts once."""

    orders: int = Field(description="orders that stand")
    orders_by_channel: dict[str, int] = Field(description='the same by "online" and "store"')
    revenue: dict[str, Money] = Field(description="paid less given back, decimal text by currency")
    returns: int = Field(description="returns, of whole orders or of parts")
    touches: int = Field(0, description="touches that were told")
    first_seen_at: UtcTime = Field(description="the first touch")
    last_seen_at: UtcTime = Field(description="the last touch")
    last_order_at: UtcTime | None = Field(description="the last order that stands")


class TouchpointCount(Document):
    """Touches at one touchpoint."""

    channel: str = Field(description="by which way the customer came")
    touchpoint: str = Field(description="the concrete place")
    count: int = Field(ge=1, description="touches")
    last_at: UtcTime = Field(description="the last of them")


class Profile(Document):
    """One person, as everything told about the person says."""

    profile_id: ProfileIdField
    version: int = Field(description="rises with every change")
    kind: Literal["known", "anonymous"]
    phase: NamedPhase = Field(description="where the person stands in the first journey model")
    phases: dict[str, Phase] = Field(description="the other journey models by name")
    loyal: bool = Field(description="a loyal customer, as the rules say it")
    traits: dict[str, str] = Field(description="per trait the value told last")
    identifiers: dict[str, list[str]] = Field(description="normalised identifiers by type")
    consents: dict[str, ConsentWord] = Field(description="by purpose")
    metrics: Metrics = Field(description="counters")
    touchpoints: list[TouchpointCount] = Field(description="the latest first")
    segments: list[str] = Field([], description="segments that the person is in")
    household_id: str | None = Field(
        None,
        description="the household of the person; null where neither home nor card is known",
    )
    fragments: int = Field(ge=0, description="fragments that the profile is made of")
    predictions: Expected = None
    next_action: Action = None


MESSAGES: Mapping[str, type[BaseModel]] = {
    TRANSITION: Transition,
    SEGMENTS: SegmentsChanged,
    CREATED: Created,
    MERGED: Merged,
    SPLIT: Split,
    REVIEW: ReviewTask,
    REFUSED: RefusedWord,
    ERASED: Erased,
    PROFILE: Profile,
    DEAD_LETTER: DeadLetter,
}
"""The model of the data of each CloudEvents type."""


def envelope(
    type: str,  # noqa: A002 - the attribute's name
    id: str,  # noqa: A002
    source: str,
    subject: str,
    time: int,
    sequence: int | None,
    data: Mapping[str, Any],
) -> bytes:
    """A message. `time` in milliseconds since 1970; `sequence` None where there is no order."""
    message: dict[str, Any] = {
        "specversion": "1.0",
        "id": id,
        "source": source,
        "type": type,
        "subject": subject,
        "time": time_text(time),
        "datacontenttype": "application/json",
    }
    if sequence is not None:  # the sequence extension is text that sorts
        message["sequence"] = f"{sequence:012}"
    message["data"] = data
    return json_bytes(message)
