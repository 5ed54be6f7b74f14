"""What a component keeps for the privacy of its people: who was erased up to when, who is restricted.

Of the erased nothing is kept but keyed hashes: ids of fragments and of profiles.
"""

from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from unifier.profiles.fragment import Arrival
from unifier.profiles.ids import number_of

GONE_MAX = 1_000  # fragments that were erased of which it is known up to when; beside those that are back
IDS_MAX = 1_000  # erased profile ids that are still answered for
OVERDUE_MS = 2_000
"""After which an erasure that was begun is finished by the owner of the shard, should nobody else meet it."""

NOBODY_ASKED = 0


@dataclass(slots=True)
class Intent:
    """An erasure that was begun, or a retirement. It is done when the component no longer has it."""

    fids: frozenset[bytes]
    until: int  # milliseconds UTC: what is told of a later time is a new relation
    begun: int  # milliseconds UTC
    command_id: str  # "": a fragment whose event was on its way while its person was erased
    whole: bool  # all that is found to be this person, not these fragments alone
    into: bytes = b""  # they are not erased: this fragment takes over what they hold (`retirement.py`)
    expired: bool = False  # nobody asked for it: time passed (`retention.py`)


class Said(NamedTuple):
    """The last word on whether a fragment is restricted."""

    on: bool
    at: int  # when it was said, milliseconds UTC
    leader: bytes  # the fragment by which the person was named: they are released together


@dataclass(slots=True, frozen=True)
class Restriction:
    """A word that the person of a fragment is restricted, or is no longer."""

    fid: bytes
    on: bool
    at: int  # when it was said, milliseconds UTC
    command_id: str


@dataclass(slots=True)
class Privacy:
    """Erasures, done and begun; and restrictions."""

    # Fragment → erased up to, milliseconds UTC; also of one that is a new relation since.
    gone: dict[bytes, int] = field(default_factory=dict)
    # Profile id → the same, but NOBODY_ASKED of who was forgotten because time passed; never given again.
    ids: dict[str, int] = field(default_factory=dict)
    intents: list[Intent] = field(default_factory=list)
    said: dict[bytes, Said] = field(default_factory=dict)  # of fragments that are, or were, restricted
    # Of whom more is not known than that they were here: up to when the last of them was erased. 0: nobody.
    before: int = 0
    numbers: int = 0  # profile ids with a lower number are not given any more, though it is forgotten why

    @property
    def restricted(self) -> frozenset[bytes]:
        """Fragments that nothing is done with."""
        return frozenset(fid for fid, said in self.said.items() if said.on)

    def admitted(self, arrivals: Iterable[Arrival]) -> list[Arrival]:
        """Those that do not tell of the time before an erasure."""
        gone = self.gone
        return [arrival for arrival in arrivals if arrival.event.at > gone.get(arrival.fid, -1)]

    def forget(self, stored: Container[bytes]) -> int:
        """Keep within the caps: those erased first go. Gives how many.

        Of those `stored`, who are back, it is known for good what they are not to be told again.
        """
        forgotten = 0
        if len(self.gone) > GONE_MAX:
            away = sorted((until, fid) for fid, until in self.gone.items() if fid not in stored)
            for until, fid in away[: max(0, len(away) - GONE_MAX)]:
                del self.gone[fid]
                self.before = max(self.before, until)
                forgotten += 1
        if len(self.ids) > IDS_MAX:
            for _, pid in sorted((until, pid) for pid, until in self.ids.items())[: len(self.ids) - IDS_MAX]:
                del self.ids[pid]
                self.numbers = max(self.numbers, number_of(pid) + 1)
                forgotten += 1
        return forgotten

    def absorb(self, other: "Privacy") -> None:
        """Take in what another component remembers."""
        for fid, until in other.gone.items():
            self.gone[fid] = max(until, self.gone.get(fid, -1))
        self.ids |= other.ids
        self.intents += other.intents
        self.said |= other.said
        self.before = max(self.before, other.before)
        self.numbers = max(self.numbers, other.numbers)

    def due(self) -> int | None:
        """When somebody has to look whether all erasures were finished."""
        return min((intent.begun + OVERDUE_MS for intent in self.intents), default=None)

    def pack(self) -> list[object]:
        """Plain values for MessagePack."""
        intents = [
            [sorted(i.fids), i.until, i.begun, i.command_id, i.whole, i.into, i.expired] for i in self.intents
        ]
        said = {fid: [*word] for fid, word in self.said.items()}
        return [self.gone, self.ids, intents, said, self.before, self.numbers]

    @classmethod
    def unpack(cls, packed: list[Any]) -> "Privacy":
        """Inverse of `pack`."""
        gone, ids, intents, said, before, numbers = packed
        begun = [Intent(frozenset(fids), *rest) for fids, *rest in intents]
        return cls(gone, ids, begun, {fid: Said(*word) for fid, word in said.items()}, before, numbers)
