"""Commands of stewards, from `unifier.control`."""

from datetime import UTC
from typing import Annotated, Literal, Required

from pydantic import Field
from typing_extensions import TypedDict

from unifier.events.canonical import Command
from unifier.events.errors import Unreadable
from unifier.events.fields import Contract, Key, RequiredKey, Time, missing, parse_ms

Fragment = Annotated[str, Field(pattern="^([0-9a-f]{2}){4,32}$")]


class Word(TypedDict, total=False):
    """What every command has. It names either profiles or fragments, two or more."""

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
    profiles: Annotated[
        Annotated[list[RequiredKey], Field(min_length=2, max_length=2)] | None,
        Field(description="Two profile ids; one that was merged away stands for the fragments that it had"),
    ]
    fragments: Annotated[
        Annotated[list[Fragment], Field(min_length=2, max_length=200)] | None,
        Field(description="Ids of fragments in hexadecimal: the first against, or with, the others"),
    ]


class Link(Word, total=False):
    """These are one person."""

    command: Required[Literal["link"]]


class Separate(Word, total=False):
    """These are not one person."""

    command: Required[Literal["separate"]]


AnyCommand = Link | Separate
CONTROL: Contract[AnyCommand] = Contract(
    Annotated[AnyCommand, Field(discriminator="command")], unknown="unknown_command"
)


def read_command(payload: bytes, envelope_id: str, time: str, arrived_at: int) -> Command:
    """The command; `envelope_id` and `time` are "" without an envelope. Raises Unreadable."""
    told = CONTROL.read(payload)
    command_id = told.get("command_id") or envelope_id
    if not command_id:
        raise missing("command_id")
    profiles, fragments = tuple(told.get("profiles") or ()), tuple(told.get("fragments") or ())
    if not profiles and not fragments:
        raise missing("profiles", "name two profiles, or two or more fragments")
    if profiles and fragments:
        raise Unreadable("bad_value", "fragments", "name either profiles or fragments")
    if len(set(profiles + fragments)) < len(profiles + fragments):
        raise Unreadable("bad_value", "profiles" if profiles else "fragments", "name each one once")
    time = told.get("at") or time
    return Command(
        command_id=command_id,
        command=told["command"],
        by=told["by"],
        reason=told["reason"],
        at=parse_ms(time, UTC, "at") if time else arrived_at,
        profiles=profiles,
        fragments=fragments,
    )
