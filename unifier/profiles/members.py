"""What the partition takes and what it gives."""

from dataclasses import dataclass, field
from typing import NamedTuple

from unifier.matching.identity import Identity
from unifier.matching.scale import Facts


@dataclass(slots=True)
class Member:
    """A fragment as far as the partition needs it."""

    fid: bytes
    identity: Identity
    alone: bool = False  # no consent to stitch: no word and no evidence puts it with others
    orders: frozenset[bytes] = frozenset()  # 8-byte order keys
    facts: Facts | None = None  # of the identity, if whoever asks has kept them


class Tie(NamedTuple):
    """Somebody's word that two fragments are one person."""

    a: bytes
    b: bytes
    rule: str  # "source": the source merged them itself; "steward"
    event_id: str
    at: int  # milliseconds UTC


class Separation(NamedTuple):
    """Somebody's word that no fragment of `a` is one person with any of `b`."""

    a: frozenset[bytes]
    b: frozenset[bytes]
    event_id: str
    by: str
    at: int  # milliseconds UTC


class Link(NamedTuple):
    """Evidence that holds a group together. `rule` is the field that says most, or the tie's."""

    a: bytes
    b: bytes
    rule: str
    bits: float


NO_FIRST_NAME = "first_name_missing"
"""A reason: the record that would join two has no first name, and theirs are of two people."""


class Refused(NamedTuple):
    """Evidence over the bar that a rule refused: between two groups, the strongest.

    `reason`: "separation", "unique:account_id", "first_name", "suffix", "birth_date", "too_many",
    "namesake" (two people of one name, or a member that fits both of them), "household" or "device" (a token
    that two groups have in common, which alone is never enough), `NO_FIRST_NAME`.
    """

    a: bytes
    b: bytes
    rule: str
    bits: float
    reason: str


class Review(NamedTuple):
    """Two groups whose evidence is so close to the bar, or so ambiguous, that a steward should look.

    If they were joined all the same, both are parts of one group of the result. `doubt`: how probable it is
    that the decision is wrong, for each profile that is asked about.
    """

    a: tuple[bytes, ...]
    b: tuple[bytes, ...]
    bits: float
    doubt: float = 0.0


@dataclass(slots=True)
class Partition:
    """Who is one person. Every list is sorted."""

    groups: list[tuple[bytes, ...]]
    links: list[Link] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    reviews: list[Review] = field(default_factory=list)
