"""The evidence among the members of one component, before anybody is put together.

Members are numbered by what they say, so that nothing depends on the order they came in, nor on the ids that
an installation's secret gives them.
"""

from collections import Counter
from collections.abc import Iterable, Sequence, Set
from itertools import combinations
from typing import TypeVar

from unifier.events.canonical import Identifier
from unifier.matching.identity import Identity, people
from unifier.matching.scale import Facts, scale_of, strongest
from unifier.matching.score import OF_TWO, SHARED, contradiction, evidence, total
from unifier.matching.values import values_of
from unifier.profiles.members import Member, Separation, Tie
from unifier.rules import Rules

STEWARD_BITS = 1_000.0
"""More than any evidence: a steward's word is refused by rules alone."""
SOURCE_BITS = 40.0
"""A source's own merge: outweighs all that usually speaks against."""
ORDER_BITS = 30.0
"""One receipt told twice."""
ORDER_HOLDERS = 6
"""Members that may tell of one order; what more tell of is a till that numbers all its receipts alike."""
SAYS_NOTHING = values_of(Identity())

FEW = 24
"""Members up to which comparing all sets of keys is cheaper than turning them over."""

T = TypeVar("T")
Pair = tuple[int, int]
"""Two member numbers, the smaller first."""


class Evidence:
    """Members, what binds them and what keeps them apart."""

    def __init__(
        self,
        members: Iterable[Member],
        ties: Sequence[Tie],
        separations: Sequence[Separation],
        shared: Set[str],
        rules: Rules,
    ) -> None:
        self.rules = rules
        self._scale = scale_of(rules)
        self.weights = self._scale.weights
        facts_of = self._scale.facts
        told = [(member.facts or facts_of(member.identity), member) for member in members]
        told.sort(key=_rank)
        self.members = [member for _, member in told]
        self.facts = [facts for facts, _ in told]
        self.orders = _told_by_few([member.orders for member in self.members])
        self.holders: dict[Identifier, list[int]] = {}
        for number, facts in enumerate(self.facts):
            for pair in facts.ids:
                self.holders.setdefault(pair, []).append(number)
        self.sharedness = self._sharedness(shared)
        self._otherwise = self._scored_otherwise() if self.sharedness else []
        self.strong = [
            not member.alone and (facts.named or any(map(self.telling, facts.persons)))
            for member, facts in zip(self.members, self.facts, strict=True)
        ]
        self.ties: dict[Pair, str] = {}
        self.apart: dict[int, set[int]] = {}
        self.same_account: dict[Identifier, str] = {}
        if ties or separations:
            self._hear(ties, separations)
        self._asserting = bool(self.ties) or any(self.orders)
        self.values = [
            facts.values if strong else SAYS_NOTHING
            for facts, strong in zip(self.facts, self.strong, strict=True)
        ]

    def telling(self, pair: Identifier) -> bool:
        """The identifier is not shared."""
        return not self.sharedness or self.sharedness.get(pair) != SHARED

    def in_common(self) -> tuple[set[Pair], set[Pair]]:
        """The pairs both of whom bring an identifier that names one person; and those to ask about, who bring
        that of a device or a household, or what is issued to one person."""
        known, strong = self.weights.identifiers, self.strong
        persons, asked = set[Pair](), set[Pair]()
        for identifier, holders in self.holders.items():
            if len(holders) > 1 and self.telling(identifier):
                pairs = list(combinations([number for number in holders if strong[number]], 2))
                if not known[identifier[0]].token:
                    persons.update(pairs)
                if known[identifier[0]].token or known[identifier[0]].own:
                    asked.update(pairs)
        return persons, asked

    def candidates(self, block_cap: int) -> list[Pair]:
        """Pairs worth scoring, in order: with a live key, a receipt or a tie in common."""
        numbers = [number for number, strong in enumerate(self.strong) if strong]
        if len(numbers) <= min(FEW, block_cap) and SHARED not in self.sharedness.values():
            keys = [facts.keys for facts in self.facts]
            found = [(a, b) for a, b in combinations(numbers, 2) if not keys[a].isdisjoint(keys[b])]
        else:
            found = self._by_live_keys(numbers, block_cap)
        told: dict[bytes, list[int]] = {}
        for number in numbers:
            for order in self.orders[number]:
                told.setdefault(order, []).append(number)
        by_word = {*self.ties, *(pair for holders in told.values() for pair in combinations(holders, 2))}
        return sorted(by_word.union(found)) if by_word else found

    def _by_live_keys(self, numbers: list[int], block_cap: int) -> list[Pair]:
        keys = [self.facts[number].keys for number in numbers]
        places = range(len(numbers))
        held: dict[str, int] = {}  # key → its holders' places, a bit for each
        for place in places:
            for key in keys[place]:
                held[key] = held.get(key, 0) | 1 << place
        mute = {"|".join(pair) for pair, count in self.sharedness.items() if count == SHARED}
        live = {
            key: holders
            for key, holders in held.items()
            if holders & holders - 1  # several
            and key not in mute
            and (holders.bit_count() <= block_cap or not key.startswith("b:"))
        }
        found: list[Pair] = []
        for place in places:
            near = 0
            for key in keys[place] & live.keys():
                near |= live[key]
            near &= -2 << place  # those after it
            while near:
                nearest = near & -near
                found.append((numbers[place], numbers[nearest.bit_length() - 1]))
                near ^= nearest
        return found

    def pairs(self, candidates: Sequence[Pair]) -> list[tuple[float, str]]:
        """The same as `pair` of each of them."""
        if self._asserting:
            return [self.pair(a, b) for a, b in candidates]
        if not (otherwise := self._otherwise):
            return self._scale.pairs(self.facts, candidates)
        plain = [pair for pair in candidates if not otherwise[pair[0]] >> pair[1] & 1]
        found = dict(zip(plain, self._scale.pairs(self.facts, plain), strict=True))
        return [found.get(pair) or self.pair(*pair) for pair in candidates]

    def pair(self, a: int, b: int) -> tuple[float, str]:
        """(bits, the rule that says most) of two members; a tie and a common receipt included."""
        strong, facts = self.strong, self.facts
        otherwise = self._otherwise and self._otherwise[a] >> b & 1
        if not otherwise and strong[a] and strong[b]:
            found = self._scale.pair(facts[a], facts[b])
        else:
            lines = evidence(self.values[a], self.values[b], self.sharedness, self.weights)
            found = total(lines), strongest(lines)
        if not self._asserting:
            return found
        extra, by = self.asserted(a, b)
        return (found[0] + extra, by) if extra else found

    def asserted(self, a: int, b: int) -> tuple[float, str]:
        """Bits that no value carries: a steward's or a source's word, or one receipt told by both."""
        tie = self.ties.get((a, b) if a < b else (b, a), "")
        if tie:
            return (STEWARD_BITS if tie == "steward" else SOURCE_BITS), tie
        told_twice = self.strong[a] and self.strong[b] and self.orders[a] & self.orders[b]
        # A partner or a son may return what the other has bought.
        if told_twice and contradiction(self.values[a], self.values[b], self.weights) not in OF_TWO:
            return ORDER_BITS, "order"
        return 0.0, ""

    def _sharedness(self, shared: Set[str]) -> dict[Identifier, int]:
        """How many people bring each identifier, where more than one does."""
        found: dict[Identifier, int] = {}
        for pair, holders in self.holders.items():
            if shared and "|".join(pair) in shared:
                found[pair] = SHARED
            elif len(holders) > 1:
                count = people({self.facts[number].mark for number in holders})
                if len(holders) > self.rules.matching.shared_holders:
                    found[pair] = SHARED
                elif count > 1:
                    found[pair] = count if count <= self.rules.identifiers[pair[0]].shared_above else SHARED
        return found

    def _scored_otherwise(self) -> list[int]:
        """With whom a member scores otherwise than if there were but the two, a bit for each.

        Both bring a value with several holders, or one of them brings one that is shared.
        """
        found, muted = [0] * len(self.facts), 0
        for pair, count in self.sharedness.items():
            holders = self.holders[pair]
            together = sum([1 << number for number in holders])
            if count == SHARED:
                muted |= together
            for number in holders:
                found[number] |= together
        return [-1 if muted >> number & 1 else near | muted for number, near in enumerate(found)]

    def _hear(self, ties: Sequence[Tie], separations: Sequence[Separation]) -> None:
        """Which words stand: between a steward's tie and a separation of one pair, the newer.

        From the newest to the oldest, so that taking a word back restores what it had overruled. No word
        puts a member with others that has no consent to stitch.
        """
        number_of = {member.fid: number for number, member in enumerate(self.members)}
        steward = [tie for tie in ties if tie.rule == "steward" and tie.a in number_of and tie.b in number_of]
        words: list[Tie | Separation] = sorted(
            [*steward, *separations], key=lambda word: (word.at, word.event_id), reverse=True
        )
        standing: list[Separation] = []
        for word in words:
            if isinstance(word, Separation):
                if not any(_covers(word, *map(self._fid, pair)) for pair in self.ties):
                    standing.append(word)
            elif self._stitched(a := number_of[word.a], b := number_of[word.b]) and not any(
                _covers(separation, word.a, word.b) for separation in standing
            ):
                self._tie(a, b, "steward")
        for separation in standing:
            left = [number_of[fid] for fid in separation.a if fid in number_of]
            right = [number_of[fid] for fid in separation.b if fid in number_of]
            for a in left:
                self.apart.setdefault(a, set()).update(right)
            for b in right:
                self.apart.setdefault(b, set()).update(left)
        asserted: list[Pair] = []
        for tie in ties:
            if tie.rule == "steward" or tie.a not in number_of or tie.b not in number_of:
                continue
            a, b = number_of[tie.a], number_of[tie.b]
            if self._stitched(a, b) and b not in self.apart.get(a, ()):
                self._tie(a, b, tie.rule)
                asserted.append((a, b))
        self.same_account = self._merged_accounts(asserted)

    def _stitched(self, a: int, b: int) -> bool:
        return not (self.members[a].alone or self.members[b].alone)

    def _merged_accounts(self, asserted: Sequence[Pair]) -> dict[Identifier, str]:
        """Identifier → the one that stands for it, where sources themselves say that two are one account."""
        alike: list[set[Identifier]] = []
        for members in _united({*pair} for pair in asserted):
            ids = {pair for number in members for pair in filter(self.telling, self.facts[number].ids)}
            alike += [{pair for pair in ids if pair[0] == kind} for kind in {kind for kind, _ in ids}]
        return {pair: min(pairs)[1] for pairs in _united(alike) for pair in pairs}

    def _fid(self, number: int) -> bytes:
        return self.members[number].fid

    def _tie(self, a: int, b: int, rule: str) -> None:
        if a != b:
            self.ties.setdefault((a, b) if a < b else (b, a), rule)


def _rank(told: tuple[Facts, Member]) -> tuple[bytes, bytes]:
    return told[0].rank, told[1].fid


def _told_by_few(orders: list[frozenset[bytes]]) -> list[frozenset[bytes]]:
    """Without those that name nobody any more."""
    told = Counter(order for own in orders for order in own)
    crowded = {order for order, count in told.items() if count > ORDER_HOLDERS}
    return [own - crowded for own in orders] if crowded else orders


def _covers(separation: Separation, a: bytes, b: bytes) -> bool:
    return (a in separation.a and b in separation.b) or (b in separation.a and a in separation.b)


def _united(sets: Iterable[set[T]]) -> list[set[T]]:
    """The sets, put together wherever they overlap."""
    found: list[set[T]] = []
    for one in sets:
        near = [other for other in found if not one.isdisjoint(other)]
        found = [other for other in found if other not in near] + [one.union(*near)]
    return found
