"""Linkage: the stream's matching over identities in memory, without Kafka or Redis.

    identity → keys → holders → ties → component → partition

What comes out is a function of the set of identities, not of their order: fragments are named by what they
contain, and a tie counts only if its key is alive when all are there.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from itertools import takewhile
from typing import TypeVar

from unifier.matching.blocking import blocking_keys
from unifier.matching.identity import Identity, exact_keys, people, person_mark
from unifier.matching.scale import rank, scale_of
from unifier.profiles.evidence import Evidence
from unifier.profiles.members import Member
from unifier.profiles.partition import Partition, partition
from unifier.rules import Rules

T = TypeVar("T")
Track = Callable[[Iterable[T]], Iterable[T]]
"""Passes on what is worked through, for a progress bar."""


class Linkage:
    """Fragments, the keys they are found by, and the components that ties make of them."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.members: dict[bytes, Member] = {}
        self.shared: set[str] = set()  # exact keys that name nobody
        self.limited = 0  # components that were over the cap
        self._scale = scale_of(rules)
        self._keys: dict[bytes, list[str]] = {}
        self._holders: dict[str, list[bytes]] = defaultdict(list)
        self._marks: dict[str, set[int]] = defaultdict(set)
        self._home: dict[bytes, bytes] = {}
        self._component: dict[bytes, list[bytes]] = {}

    def tells_nobody(self, identity: Identity) -> bool:
        """Nothing in it leads to anybody: two that say so little are not one person for saying the same."""
        return not (exact_keys(identity, self.rules) or blocking_keys(identity))

    def add(self, identity: Identity, record: str = "") -> tuple[bytes, bool]:
        """Take an identity in, or one record's alone: (its fragment, whether it is new)."""
        fid = fragment_id(identity, record)
        if fid in self.members:
            return fid, False
        self.members[fid] = Member(fid, identity)
        self._stand_alone(fid)
        exact, mark = exact_keys(identity, self.rules), person_mark(identity)
        keys = self._keys[fid] = exact + blocking_keys(identity)
        for key in keys:
            self._holders[key].append(fid)
        for key in exact:
            marks = self._marks[key]
            marks.add(mark)
            most = self.rules.identifiers[key.partition("|")[0]].shared_above
            too_many = len(self._holders[key]) > self.rules.matching.shared_holders
            if too_many or people(marks) > most:
                self.shared.add(key)
        return fid, True

    def tie(self, fid: bytes) -> None:
        """Put a fragment into the components of those before it that a key and enough evidence tie it to."""
        self._tie_by_identifiers(fid)
        self._tie_by_evidence(fid)

    def _tie_by_identifiers(self, fid: bytes) -> None:
        for key in self._keys[fid]:
            if not key.startswith("b:") and key not in self.shared:
                self._join(fid, self._holders[key][0])

    def _tie_by_evidence(self, fid: bytes) -> None:
        home, members, scale = self._home, self.members, self._scale
        cap, bar = self.rules.matching.block_cap, self.rules.matching.link_bits
        mine = scale.facts(members[fid].identity)
        seen: set[bytes] = set()
        for key in self._keys[fid]:
            holders = self._holders[key]
            if key.startswith("b:") and 1 < len(holders) <= cap:
                for other in takewhile(fid.__ne__, holders):
                    if home[other] != home[fid] and other not in seen:
                        seen.add(other)
                        if scale.pair(mine, scale.facts(members[other].identity))[0] >= bar:
                            self._join(fid, other)

    def component(self, fid: bytes) -> list[bytes]:
        """The fragments that ties reach from this one."""
        return self._component[self._home[fid]]

    def settle(self, track: Track[bytes] = iter) -> None:
        """Tie all anew: what a key tied before it had too many holders falls apart."""
        for fid in self.members:
            self._stand_alone(fid)
        for fid in self.members:
            self._tie_by_identifiers(fid)
        for fid in track(self.members):  # what is together already need not be compared
            self._tie_by_evidence(fid)
        cap = self.rules.matching.component_cap
        for fids in [fids for fids in self._component.values() if len(fids) > cap]:
            self._limit(fids)

    def dead_keys(self) -> set[str]:
        """The blocking keys that too many fragments have: they find nobody any more."""
        cap = self.rules.matching.block_cap
        return {key for key, holders in self._holders.items() if key.startswith("b:") and len(holders) > cap}

    def components(self) -> list[list[bytes]]:
        """All components, each sorted, in the order of their fragments."""
        return sorted(sorted(fids) for fids in self._component.values())

    def partition(self, fids: Iterable[bytes]) -> Partition:
        """Who is who in one component."""
        members = [self.members[fid] for fid in fids]
        return partition(members, [], [], self._shared_among(members), self.rules)

    def evidence(self, fids: Iterable[bytes]) -> Evidence:
        """What is known of the members of one component, before anybody is put together."""
        members = [self.members[fid] for fid in fids]
        return Evidence(members, [], [], self._shared_among(members), self.rules)

    def common_keys(self, a: bytes, b: bytes) -> list[str]:
        """The living keys by which two fragments are found together."""
        cap = self.rules.matching.block_cap
        return [
            key
            for key in self._keys[a]
            if key in self._keys[b]
            and key not in self.shared
            and (not key.startswith("b:") or len(self._holders[key]) <= cap)
        ]

    def _shared_among(self, members: Iterable[Member]) -> frozenset[str]:
        if not self.shared:
            return frozenset()
        return frozenset(key for member in members for key in self._keys[member.fid] if key in self.shared)

    def _stand_alone(self, fid: bytes) -> None:
        self._home[fid] = fid
        self._component[fid] = [fid]

    def _join(self, a: bytes, b: bytes) -> None:
        keep, gone = self._home[a], self._home[b]
        if keep == gone:
            return
        if len(self._component[keep]) < len(self._component[gone]):
            keep, gone = gone, keep
        for fid in self._component[gone]:
            self._home[fid] = keep
        self._component[keep] += self._component.pop(gone)

    def _limit(self, fids: list[bytes]) -> None:
        """Take a component over the cap apart; join it again by the strongest ties as far as the cap goes."""
        self.limited += 1
        cap = self.rules.matching.component_cap
        ties = sorted((-bits, a, b) for (a, b), bits in self._ties(fids).items())
        self._component.pop(self._home[fids[0]])
        for fid in fids:
            self._stand_alone(fid)
        for _, a, b in ties:
            if self._home[a] != self._home[b] and len(self.component(a)) + len(self.component(b)) <= cap:
                self._join(a, b)

    def _ties(self, fids: Iterable[bytes]) -> dict[tuple[bytes, bytes], float]:
        """(fragment, fragment) → bits of all ties among fragments."""
        found: dict[tuple[bytes, bytes], float] = {}
        cap = self.rules.matching.block_cap
        for fid in fids:
            for key in self._keys[fid]:
                holders, exact = self._holders[key], not key.startswith("b:")
                if key in self.shared or (not exact and len(holders) > cap):
                    continue
                for other in takewhile(fid.__ne__, holders):
                    pair = (fid, other) if fid < other else (other, fid)
                    one, two = (self._scale.facts(self.members[each].identity) for each in pair)
                    bits = self._scale.pair(one, two)[0]
                    if exact or bits >= self.rules.matching.link_bits:
                        found[pair] = bits
        return found


def fragment_id(identity: Identity, record: str = "") -> bytes:
    """16 bytes that name a fragment by what it contains; `record`: it is this record's alone."""
    return rank([*identity.texts(), record] if record else identity.texts())
