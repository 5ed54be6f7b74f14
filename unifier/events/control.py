"""Commands of stewards and privacy officers, from `unifier.control`."""

from collections.abc import Collection
from datetime import UTC
from typing import Annotated, Literal, Required

from pydantic import Field
from typing_extensions import TypedDict

from unifier.events.canonical import Command
from unifier.events.errors import Unreadable
from unifier.events.fields import Contract, Key, RequiredKey, Time, missing, parse_ms

Fragment = Annotated[str, Field(pattern="^[0-9a-f]{24}$")]
Hash = Annotated[str, Field(pattern="^[a-z][a-z0-9_]{0,63}:[0-9a-f]{32}$")]


class Word(TypedDict, total=False):
    """What every command has."""

    command_id: Annotated[
        Key | None,
        Field(description="Id of the command, equal on every repeat; required unless the envelope has one"),
    ]
    by: Required[Annotated[RequiredKey, Field(description="Who gives it: the name of the key or person")]]
    reason: Required[
        Annotated[str, Field(min_length=1, max_length=2000, description="Why, for the audit trail")]
    ]
    at: Annotated[
        Time | None, Field(description="When it was given; else the envelope's time, else when it arrived")
    ]


class StewardWord(Word, total=False):
    """A steward's. It names either profiles, fragments or sides."""

    profiles: Annotated[
        Annotated[list[RequiredKey], Field(min_length=2, max_length=2)] | None,
        Field(description="Two profile ids; one that was merged away stands for the fragments that it had"),
    ]
    fragments: Annotated[
        Annotated[list[Fragment], Field(min_length=2, max_length=200)] | None,
        Field(description="Ids of fragments in hexadecimal: the first against, or with, the others"),
    ]
    sides: Annotated[
        Annotated[
            list[Annotated[list[Fragment], Field(min_length=1, max_length=200)]],
            Field(min_length=2, max_length=2),
        ]
        | None,
        Field(
            description="Ids of fragments in two groups: those of one against, or with, those of the other"
        ),
    ]
    review: Annotated[Key | None, Field(description="Id of the review task that the command decides")]


class Link(StewardWord, total=False):
    """These are one person."""

    command: Required[Literal["link"]]


class Separate(StewardWord, total=False):
    """These are not one person."""

    command: Required[Literal["separate"]]


class Unsure(StewardWord, total=False):
    """Nobody can tell: the review task is not asked again before there is new evidence."""

    command: Required[Literal["unsure"]]


class PrivacyWord(Word, total=False):
    """A privacy officer's. It says by identifiers, or by their keyed hashes, whom it is about.

    The service publishes hashes, so that the topic does not hold the identifiers of whom it is to forget.
    """

    identifiers: Annotated[
        Annotated[dict[RequiredKey, RequiredKey], Field(min_length=1, max_length=20)] | None,
        Field(
            description="type → value, of types that the rules name; better not published: the topic keeps "
            "it for its retention"
        ),
    ]
    hashes: Annotated[
        Annotated[list[Hash], Field(min_length=1, max_length=20)] | None,
        Field(description="the same, each as type, colon and keyed hash, as the service makes them"),
    ]


class Erase(PrivacyWord, total=False):
    """Forget this person, and what is still told of the time before."""

    command: Required[Literal["erase"]]


class Restrict(PrivacyWord, total=False):
    """Keep all that is known of this person, and do nothing with it."""

    command: Required[Literal["restrict"]]


class Release(PrivacyWord, total=False):
    """The restriction of this person ends."""

    command: Required[Literal["release"]]


AnyCommand = Link | Separate | Unsure | Erase | Restrict | Release
CONTROL: Contract[AnyCommand] = Contract(
    Annotated[AnyCommand, Field(discriminator="command")], unknown="unknown_command"
)


def read_command(
    payload: bytes, envelope_id: str, time: str, arrived_at: int, types: Collection[str]
) -> Command:
    """The command; `envelope_id` and `time` are "" without an envelope, `types` are those of identifiers.

    Raises Unreadable.
    """
    told = CONTROL.read(payload)
    command_id = told.get("command_id") or envelope_id
    if not command_id:
        raise missing("command_id")
    time = told.get("at") or time
    command = Command(
        command_id=command_id,
        command=told["command"],
        by=told["by"],
        reason=told["reason"],
        at=parse_ms(time, UTC, "at") if time else arrived_at,
    )
    if told["command"] == "link" or told["command"] == "separate" or told["command"] == "unsure":
        _name_sides(command, told)
    else:
        command.identifiers = tuple((told.get("identifiers") or {}).items())
        command.hashes = tuple(told.get("hashes") or ())
        if bool(command.identifiers) == bool(command.hashes):
            raise missing("identifiers", "say whom it is about: by identifiers, or by hashes")
        if any(kind not in types for kind, _ in command.identifiers):  # else whom it is about would stay
            raise Unreadable("bad_value", "identifiers", f"the rules name {', '.join(sorted(types))}")
    return command


def _name_sides(command: Command, told: Link | Separate | Unsure) -> None:
    profiles, fragments = tuple(told.get("profiles") or ()), tuple(told.get("fragments") or ())
    sides, review = tuple(tuple(side) for side in told.get("sides") or ()), told.get("review") or ""
    named = {
        "profiles": profiles,
        "fragments": fragments,
        "sides": tuple(fid for side in sides for fid in side),
    }
    field, *others = [name for name, ids in named.items() if ids] or [""]
    if not field:
        raise missing("profiles", "name two profiles, two or more fragments, or two sides")
    if others:
        raise Unreadable("bad_value", others[0], "name either profiles or fragments or sides")
    if len(set(named[field])) < len(named[field]):
        raise Unreadable("bad_value", field, "name each one once")
    if told["command"] == "unsure" and not review:
        raise missing("review", "name the review task")
    command.profiles, command.fragments, command.sides, command.review = profiles, fragments, sides, review
