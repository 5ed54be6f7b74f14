"""A component: the fragments that links hold together; the unit of storage and of concurrency.

Nothing in it is merged. Profiles are what `partition` makes of the fragments and the evidence; kept here
are only their ids (given once) and what was told about them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import ormsgpack

from unifier.profiles.fragment import Fragment
from unifier.profiles.partition import Separation, Tie
from unifier.profiles.privacy import Privacy

DEAD_MAX = 200  # merged-away profile ids that a component still answers for
RETIRED_MAX = 200  # fragments that were taken over, of which it is known by which
NO_FORM = bytes(8)
"""Of a component that was not worked out as a whole under one set of rules, nor under one model."""
FORM_AT = 3
"""Where the form begins in a packed component, behind the heads of the list and of the form itself."""
_PART = len(NO_FORM) // 2  # the rules' and the model's
_NIL = b"\xc0"  # MessagePack's; no list ends with this byte, and neither does UTF-8
_PRIVACY_AT = FORM_AT + len(NO_FORM)


@dataclass(slots=True)
class Record:
    """What is kept of a profile beside its fragments."""

    pid: str
    members: tuple[bytes, ...]  # sorted
    born: int  # when the id was given, milliseconds UTC
    sequence: int = 0  # rises with every change and every message
    due: int | None = None  # next timer
    undone: tuple[bytes, ...] = ()  # orders that no longer count
    told: Any = None  # the journey's own: what was told, packed
    guided: Any = None  # the same of actions and segments
    heard: int = 0  # day from 1970 on which anything of it was told last, however old

    def pack(self) -> list[object]:
        """Plain values for MessagePack."""
        return [
            self.pid, self.members, self.born, self.sequence, self.due, self.undone, self.told, self.guided,
            self.heard,
        ]  # fmt: skip

    @classmethod
    def unpack(cls, packed: list[Any]) -> "Record":
        """Inverse of `pack`."""
        pid, members, born, sequence, due, undone, told, guided, heard = packed
        return cls(pid, tuple(members), born, sequence, due, tuple(undone), told, guided, heard)


@dataclass(slots=True)
class Dead:
    """A profile id that was merged away: where it went, and which fragments it stood for."""

    survivor: str
    members: tuple[bytes, ...]
    sequence: int
    at: int
    # What its readers were told of the journey, of actions and segments: should the id live again, it goes on
    # from there.
    told: Any
    guided: Any


class Retired(NamedTuple):
    """What became of a fragment that another one took over."""

    into: bytes  # the other
    until: int  # the newest event that it had, milliseconds UTC: what is told of a later time begins anew
    lanes: dict[bytes, int]  # input partitions whose last offset applied to it is remembered


@dataclass(slots=True)
class Component:
    """Fragments, evidence and profile records. `cid` is the founding fragment.

    `form` tells the rules and the model (`Rules.form`) under which all that is in it was looked up and put
    together.
    """

    cid: bytes
    packed: dict[bytes, bytes] = field(default_factory=dict)  # every fragment as stored
    live: dict[bytes, Fragment] = field(default_factory=dict)  # those unpacked so far
    ties: list[Tie] = field(default_factory=list)  # links by stewards
    separations: list[Separation] = field(default_factory=list)
    shared: set[str] = field(default_factory=set)  # exact keys that stopped linking
    # None: living keys hold all fragments together. Else they do not, and of the blocking keys that fragments
    # have in common these are dead.
    dead_keys: set[str] | None = None
    records: dict[str, Record] = field(default_factory=dict)
    dead: dict[str, Dead] = field(default_factory=dict)
    unsure: set[str] = field(default_factory=set)  # review tasks that nobody could decide
    form: bytes = NO_FORM
    awaited: set[bytes] = field(default_factory=set)  # fragments that a steward named, and nobody told of yet
    retired: dict[bytes, Retired] = field(default_factory=dict)  # fragments that another one took over
    astray: bool = False  # of some of those it is forgotten by which
    privacy: Privacy | None = None  # None: nobody of it was ever erased or restricted

    def __len__(self) -> int:
        return len(self.packed)

    def __contains__(self, fid: bytes) -> bool:
        return fid in self.packed

    def everybody(self) -> Iterator[bytes]:
        """All fragments that were ever told of here, within the caps."""
        yield from self.packed
        yield from self.awaited
        yield from self.retired
        if self.privacy is not None:
            yield from self.privacy.gone

    def has_to_do_with(self, fid: bytes) -> bool:
        """Whether a fragment is one of these."""
        gone = self.privacy is not None and fid in self.privacy.gone
        return fid in self.packed or fid in self.awaited or fid in self.retired or gone

    def erased_up_to(self, fid: bytes) -> int | None:
        """Of a fragment whose home leads here: up to when it was erased, if it was and is not back."""
        privacy = self.privacy
        if privacy is None or fid in self.packed:
            return None
        if privacy.before and not self.has_to_do_with(fid):
            return privacy.before
        return privacy.gone.get(fid)

    def fragment(self, fid: bytes) -> Fragment:
        """One fragment, unpacked at first need."""
        fragment = self.live.get(fid)
        if fragment is None:
            fragment = self.live[fid] = Fragment.unpack(fid, self.packed[fid])
        return fragment

    def fragments(self, fids: Iterable[bytes] | None = None) -> Iterator[Fragment]:
        """These fragments, by default all."""
        return (self.fragment(fid) for fid in (self.packed if fids is None else fids))

    def now_in(self, fid: bytes, at: int) -> bytes:
        """The fragment into which goes what is told under `fid` of a time: itself, or who took it over."""
        retired = self.retired.get(fid)
        if retired is None or at > retired.until or retired.into not in self.packed:
            return fid
        return retired.into

    def heir(self, fid: bytes) -> bytes:
        """The fragment that has what a fragment was told: itself, or who took it over."""
        retired = self.retired.get(fid)
        return fid if retired is None or fid in self.packed else retired.into

    def retire(self, fid: bytes, into: bytes) -> None:
        """Forget a fragment but for where it is now. Beyond the cap the one that fell silent first goes."""
        fragment, former = self.fragment(fid), self.retired.get(fid)
        lanes = fragment.lanes if former is None else former.lanes | fragment.lanes
        del self.packed[fid], self.live[fid]
        self.retired[fid] = Retired(into, fragment.last_at, lanes)
        for other, retired in self.retired.items():
            if retired.into == fid:
                self.retired[other] = retired._replace(into=into)
        while len(self.retired) > RETIRED_MAX:
            self.astray = True
            del self.retired[min(self.retired, key=lambda one: (self.retired[one].until, one))]

    def found(self, fragment: Fragment) -> None:
        """Take a new fragment in."""
        self.live[fragment.fid] = fragment
        self.packed[fragment.fid] = b""
        self.awaited.discard(fragment.fid)

    def absorb(self, other: "Component") -> None:
        """Take another component's content in. Its profiles keep their ids until the next partition."""
        self.packed |= other.packed
        self.live |= other.live
        self.ties += other.ties
        self.separations += other.separations
        self.shared |= other.shared
        self.records |= other.records
        self.dead |= other.dead
        self.unsure |= other.unsure
        self.awaited |= other.awaited
        self.retired |= other.retired
        self.astray |= other.astray
        self.mix_form(other.form)
        if other.privacy is not None:
            if self.privacy is None:
                self.privacy = Privacy()
            self.privacy.absorb(other.privacy)
        if other.dead_keys is not None:
            self.dead_keys = (self.dead_keys or set()) | other.dead_keys

    def mix_form(self, other: bytes) -> None:
        """Some of it was worked out under another form: the fingerprint that is the same in both stays."""
        halves = [(form[:_PART], form[_PART:]) for form in (self.form, other)]
        self.form = b"".join([a if a == b else bytes(_PART) for a, b in zip(*halves, strict=True)])

    @property
    def restricted(self) -> frozenset[bytes]:
        """Fragments that nothing is done with."""
        return frozenset() if self.privacy is None else self.privacy.restricted

    def is_restricted(self, record: Record) -> bool:
        """Whether nothing is done with a profile, and nobody sees it."""
        return self.privacy is not None and not self.privacy.restricted.isdisjoint(record.members)

    def record_of(self, fid: bytes) -> Record | None:
        """The profile that a fragment belongs to."""
        for record in self.records.values():
            if fid in record.members:
                return record
        return None

    def stands_for(self, pid: str) -> Record | None:
        """The profile that an id stands for today; None too if a cap made the way be forgotten."""
        while (record := self.records.get(pid)) is None and (dead := self.dead.get(pid)) is not None:
            pid = dead.survivor  # it lived when the id was merged into it, so the way never leads back
        return record

    def bury(self, pid: str, dead: Dead) -> int:
        """Remember a merged-away id. Gives how many older ones the cap made be forgotten."""
        self.dead[pid] = dead
        oldest = sorted(self.dead, key=lambda p: (self.dead[p].at, p))[: max(0, len(self.dead) - DEAD_MAX)]
        for forgotten in oldest:
            del self.dead[forgotten]
        return len(oldest)

    def due(self) -> int | None:
        """The earliest timer of its profiles; or when an erasure that was begun has to be finished."""
        due = min((r.due for r in self.records.values() if r.due is not None), default=None)
        if self.privacy is None or (overdue := self.privacy.due()) is None:
            return due
        return overdue if due is None else min(due, overdue)

    def pack(self, touched: Iterable[bytes]) -> bytes:
        """The component as MessagePack; only the touched fragments are packed anew."""
        for fid in touched:
            self.packed[fid] = self.live[fid].pack()
        return ormsgpack.packb(
            [
                self.form,
                self.privacy and self.privacy.pack(),
                self.packed,
                [tuple(tie) for tie in self.ties],
                [[sorted(s.a), sorted(s.b), s.event_id, s.by, s.at] for s in self.separations],
                sorted(self.shared),
                [record.pack() for record in self.records.values()],
                {
                    pid: [d.survivor, d.members, d.sequence, d.at, d.told, d.guided]
                    for pid, d in self.dead.items()
                },
                sorted(self.unsure),
                sorted(self.awaited),
                {fid: tuple(retired) for fid, retired in self.retired.items()},
                self.astray,
                None if self.dead_keys is None else sorted(self.dead_keys),
            ],
            option=ormsgpack.OPT_NON_STR_KEYS,
        )

    @staticmethod
    def is_held(blob: bytes) -> bool:
        """Whether living keys hold a packed component together, without unpacking it."""
        return blob[-1:] == _NIL

    @staticmethod
    def has_privacy(value: bytes, start: int = 0) -> bool:
        """Whether a packed component, `start` bytes into a value, remembers erasures or restrictions."""
        return value[start + _PRIVACY_AT] != _NIL[0]

    @classmethod
    def unpack(cls, cid: bytes, blob: bytes | memoryview) -> "Component":
        """Inverse of `pack`."""
        (
            form, privacy, packed, ties, separations, shared, records, dead, unsure, awaited, retired, astray,
            dead_keys,
        ) = ormsgpack.unpackb(blob, option=ormsgpack.OPT_NON_STR_KEYS)  # fmt: skip
        profiles = [Record.unpack(fields) for fields in records]
        return cls(
            cid,
            packed,
            {},
            [Tie(*fields) for fields in ties],
            [Separation(frozenset(a), frozenset(b), event, by, at) for a, b, event, by, at in separations],
            set(shared),
            None if dead_keys is None else set(dead_keys),
            {record.pid: record for record in profiles},
            {
                pid: Dead(survivor, tuple(members), sequence, at, told, guided)
                for pid, (survivor, members, sequence, at, told, guided) in dead.items()
            },
            set(unsure),
            form,
            set(awaited),
            {fid: Retired(*told) for fid, told in retired.items()},
            astray,
            None if privacy is None else Privacy.unpack(privacy),
        )
