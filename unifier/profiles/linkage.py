"""Linkage: the stream's matching over identities in memory, without Kafka or Redis.

    identity → keys → holders → ties → component → partition

What comes out is a function of the set of identities, not of their order: fragments are named by what they
contain, and a tie counts only if its key is alive when all are there.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from unifier.matching.blocking import blocking_keys
from unifier.matching.identity import Identity, people
from unifier.matching.scale import Facts, rank, scale_of
from unifier.profiles.evidence import Evidence
from unifier.profiles.members import Member
from unifier.profiles.partition import Partition, partition
from unifier.rules import Rules

T = TypeVar("T")
Track = Callable[[Iterable[T]], Iterable[T]]
"""Passes on what is worked through, for a progress bar."""


@dataclass(slots=True, eq=False)
class _Key:
    """What fragments are found by."""

    text: str
    holders: list[int]  # in the order in which they came
    marks: set[int] | None = None  # of an exact key: who brings it
    dead: bool = False  # names nobody, or finds too many


class Linkage:
    """Fragments, the keys they are found by, and the components that ties make of them.

    Within, a fragment is the number of its arrival: it is looked at for millions of pairs.
    """

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.members: dict[bytes, Member] = {}
        self.shared: set[str] = set()  # exact keys that name nobody
        self.limited = 0  # components that were over the cap
        self._scale = scale_of(rules)
        self._number: dict[bytes, int] = {}
        self._facts: list[Facts] = []
        self._fid: list[bytes] = []
        self._keys: dict[str, _Key] = {}
        self._exact: list[list[_Key]] = []  # of each fragment
        self._blocks: list[list[_Key]] = []
        self._home: list[int] = []
        self._component: dict[int, list[int]] = {}

    def add(self, identity: Identity, record: str = "") -> tuple[bytes, bool]:
        """Take an identity in, or one record's alone: (its fragment, whether it is new)."""
        facts = self._scale.facts(identity)
        fid = fragment_id(identity, record) if record else facts.rank
        if fid in self.members:
            return fid, False
        number = self._number[fid] = len(self._facts)
        self.members[fid] = Member(fid, identity, facts=facts)
        self._facts.append(facts)
        self._fid.append(fid)
        self._home.append(number)
        self._component[number] = [number]
        exact = [self._held("|".join(pair), number) for pair in facts.ids]
        blocks = [self._held(text, number) for text in blocking_keys(identity)]
        self._exact.append(exact)
        self._blocks.append(blocks)
        for key in exact:
            self._meet(key, facts.mark)
        for key in blocks:
            key.dead = len(key.holders) > self.rules.matching.block_cap
        return fid, True

    def _held(self, text: str, number: int) -> _Key:
        key = self._keys.get(text)
        if key is None:
            key = self._keys[text] = _Key(text, [number])
        else:
            key.holders.append(number)
        return key

    def _meet(self, key: _Key, mark: int) -> None:
        """Somebody brings an exact key."""
        if key.marks is None:
            key.marks = set()
        key.marks.add(mark)
        most = self.rules.identifiers[key.text.partition("|")[0]].shared_above
        if len(key.holders) > self.rules.matching.shared_holders or people(key.marks) > most:
            key.dead = True
            self.shared.add(key.text)

    def tie(self, fid: bytes) -> None:
        """Put a fragment into the components of those before it that a key and enough evidence tie it to.

        As in the stream, until a component is full.
        """
        number, most = self._number[fid], self.rules.matching.component_cap
        self._tie_by_identifiers(number, most)
        self._tie_by_evidence(number, most)

    def _tie_by_identifiers(self, number: int, most: int) -> None:
        for key in self._exact[number]:
            if not key.dead:
                self._join(number, key.holders[0], most)

    def _tie_by_evidence(self, number: int, most: int) -> None:
        home, facts, tied = self._home, self._facts, self._scale.tied
        found: set[int] = set()
        for key in self._blocks[number]:
            if not key.dead:
                found.update(key.holders)
        mine, here = facts[number], home[number]
        for other in found:
            if other < number and home[other] != here and tied(mine, facts[other]):
                self._join(number, other, most)
                here = home[number]

    def component(self, fid: bytes) -> list[bytes]:
        """The fragments that ties reach from this one."""
        return self._fids(self._component[self._home[self._number[fid]]])

    def settle(self, track: Track[int] = iter) -> None:
        """Tie all anew: what a key tied before it had too many holders falls apart."""
        numbers = range(len(self._facts))
        self._stand_alone(numbers)
        for number in numbers:
            self._tie_by_identifiers(number, len(numbers))
        for number in track(numbers):  # what is together already need not be compared
            self._tie_by_evidence(number, len(numbers))
        cap = self.rules.matching.component_cap
        for component in [each for each in self._component.values() if len(each) > cap]:
            self._limit(component)

    def dead_keys(self) -> set[str]:
        """The blocking keys that too many fragments have: they find nobody any more."""
        return {key.text for key in self._keys.values() if key.dead and not key.marks}

    def components(self) -> list[list[bytes]]:
        """All components, each sorted, in the order of their fragments."""
        return sorted(sorted(self._fids(numbers)) for numbers in self._component.values())

    def partition(self, fids: Iterable[bytes]) -> Partition:
        """Who is who in one component."""
        members = [self.members[fid] for fid in fids]
        return partition(members, [], [], self.shared, self.rules)

    def evidence(self, fids: Iterable[bytes]) -> Evidence:
        """What is known of the members of one component, before anybody is put together."""
        members = [self.members[fid] for fid in fids]
        return Evidence(members, [], [], self.shared, self.rules)

    def _fids(self, numbers: Iterable[int]) -> list[bytes]:
        return [self._fid[number] for number in numbers]

    def _stand_alone(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            self._home[number] = number
            self._component[number] = [number]

    def _join(self, a: int, b: int, most: int) -> None:
        """Put two components together, if that makes at most so many fragments."""
        keep, gone = self._home[a], self._home[b]
        if keep == gone:
            return
        if len(self._component[keep]) < len(self._component[gone]):
            keep, gone = gone, keep
        if len(self._component[keep]) + len(self._component[gone]) <= most:
            for number in self._component[gone]:
                self._home[number] = keep
            self._component[keep] += self._component.pop(gone)

    def _limit(self, component: list[int]) -> None:
        """Take a component over the cap apart; join it again by the strongest ties as far as the cap goes."""
        self.limited += 1
        cap, fids = self.rules.matching.component_cap, self._fid
        ties = [(-bits, sorted((fids[a], fids[b])), (a, b)) for a, b, bits in self._ties(component)]
        self._component.pop(self._home[component[0]])
        self._stand_alone(component)
        for _, _, pair in sorted(ties):
            self._join(*pair, cap)

    def _ties(self, component: Iterable[int]) -> Iterator[tuple[int, int, float]]:
        """(fragment, fragment, bits) of all ties among fragments."""
        facts, scale = self._facts, self._scale
        for number in component:
            exact: set[int] = set()
            found: set[int] = set()
            for keys, holders in ((self._exact, exact), (self._blocks, found)):
                holders.update(*(key.holders for key in keys[number] if not key.dead))
            for other in found | exact:
                if other < number:
                    a, b = facts[number], facts[other]
                    if other in exact or scale.tied(a, b):
                        yield other, number, scale.pair(a, b)[0]


def fragment_id(identity: Identity, record: str = "") -> bytes:
    """16 bytes that name a fragment by what it contains; `record`: it is this record's alone."""
    return rank([*identity.texts(), record] if record else identity.texts())
