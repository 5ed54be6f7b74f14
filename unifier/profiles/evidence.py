"""The evidence among the members of one component, before anybody is put together.

Members are numbered in the order of their ids, so that nothing depends on the order they came in.
"""

from collections.abc import Iterable, Sequence

from unifier.events.canonical import Identifier
from unifier.matching.blocking import blocking_keys
from unifier.matching.identity import Identity, names_nobody, people, person_mark
from unifier.matching.score import SHARED, evidence, total
from unifier.matching.values import Values, values_of
from unifier.profiles.members import Member, Separation, Tie
from unifier.rules import Rules

STEWARD_BITS = 1_000.0
"""More than any evidence: a steward's word is refused by rules alone."""
SOURCE_BITS = 40.0
"""A source's own merge: outweighs all that usually speaks against."""
ORDER_BITS = 30.0
"""One receipt told twice."""
SAYS_NOTHING = values_of(Identity())

Pair = tuple[int, int]
"""Two member numbers, the smaller first."""


class Evidence:
    """Members, what binds them and what keeps them apart."""

    def __init__(
        self,
        members: Iterable[Member],
        ties: Sequence[Tie],
        separations: Sequence[Separation],
        shared: frozenset[str],
        rules: Rules,
    ) -> None:
        self.rules = rules
        self.members = sorted(members, key=lambda member: member.fid)
        self.holders: dict[Identifier, list[int]] = {}
        for number, member in enumerate(self.members):
            for pair in member.identity.ids:
                self.holders.setdefault(pair, []).append(number)
        self.sharedness = self._sharedness(shared)
        self.strong = [not member.alone and self._names_somebody(member.identity) for member in self.members]
        self.ties: dict[Pair, str] = {}
        self.apart: dict[int, set[int]] = {}
        if ties or separations:
            self._hear(ties, separations)
        self.same_account = _same_account(self.members, self.ties)
        tied = {number for pair in self.ties for number in pair}
        self.nodes = [n for n in range(len(self.members)) if self.strong[n] or n in tied]
        self.values: list[Values] = [
            values_of(member.identity) if strong else SAYS_NOTHING
            for member, strong in zip(self.members, self.strong, strict=True)
        ]
        self._lines: dict[tuple[Identity, Identity], tuple[float, str]] = {}

    def token(self, pair: Identifier) -> bool:
        """A device's or a household's identifier that is not shared."""
        rule = self.rules.identifiers.get(pair[0])
        return (
            rule is not None
            and rule.strength != "person"
            and self.sharedness.get(pair, 1) <= rule.shared_above
        )

    def candidates(self, block_cap: int) -> set[Pair]:
        """Pairs of nodes worth scoring: a live key, a receipt or a tie in common."""
        members, strong = self.members, self.strong
        found: set[Pair] = set(self.ties)
        for pair, holders in self.holders.items():
            if len(holders) > 1 and self.sharedness.get(pair) != SHARED:
                _pairs([number for number in holders if strong[number]], found)
        keyed: dict[str | bytes, list[int]] = {}
        for number, member in enumerate(members):
            if strong[number]:
                for key in blocking_keys(member.identity):
                    keyed.setdefault(key, []).append(number)
        for holders in keyed.values():
            if 1 < len(holders) <= block_cap:
                _pairs(holders, found)
        told: dict[bytes, list[int]] = {}
        for number, member in enumerate(members):
            if strong[number]:
                for order in member.orders:
                    told.setdefault(order, []).append(number)
        for holders in told.values():
            _pairs(holders, found)
        return found

    def pair(self, a: int, b: int) -> tuple[float, str]:
        """(bits, the rule that says most) of two nodes; a tie and a common receipt included."""
        bits, rule = self._score(a, b)
        extra, by = self.asserted(a, b)
        return (bits + extra, by) if extra else (bits, rule)

    def asserted(self, a: int, b: int) -> tuple[float, str]:
        """Bits that no value carries: a steward's or a source's word, or one receipt told by both."""
        tie = self.ties.get((a, b) if a < b else (b, a), "")
        if tie:
            return (STEWARD_BITS if tie == "steward" else SOURCE_BITS), tie
        if self.strong[a] and self.strong[b] and self.members[a].orders & self.members[b].orders:
            return ORDER_BITS, "order"
        return 0.0, ""

    def _score(self, a: int, b: int) -> tuple[float, str]:
        one, other = self.members[a].identity, self.members[b].identity
        key = (one, other) if one <= other else (other, one)
        found = self._lines.get(key) if self.strong[a] and self.strong[b] else None
        if found is None:
            lines = evidence(self.values[a], self.values[b], self.sharedness, self.rules)
            found = total(lines), max(lines, key=lambda line: line[2])[0]
            if self.strong[a] and self.strong[b]:
                self._lines[key] = found
        return found

    def _sharedness(self, shared: frozenset[str]) -> dict[Identifier, int]:
        """How many people bring each identifier, where more than one does."""
        found: dict[Identifier, int] = {}
        most = self.rules.matching.shared_holders
        for pair, holders in self.holders.items():
            if (
                (shared and "|".join(pair) in shared)
                or names_nobody(*pair, self.rules)
                or len(holders) > most
            ):
                found[pair] = SHARED
            elif len(holders) > 1:
                count = people({person_mark(self.members[number].identity) for number in holders})
                if count > 1:
                    found[pair] = count if count <= self.rules.identifiers[pair[0]].shared_above else SHARED
        return found

    def _names_somebody(self, identity: Identity) -> bool:
        """A name, or an identifier that names one person."""
        if identity.first or identity.last:
            return True
        known = self.rules.identifiers
        return any(
            kind in known
            and known[kind].strength == "person"
            and self.sharedness.get((kind, value)) != SHARED
            for kind, value in identity.ids
        )

    def _hear(self, ties: Sequence[Tie], separations: Sequence[Separation]) -> None:
        """Which words stand: between a steward's tie and a separation of one pair, the newer.

        From the newest to the oldest, so that taking a word back restores what it had overruled.
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
            elif not any(_covers(separation, word.a, word.b) for separation in standing):
                self._tie(number_of[word.a], number_of[word.b], "steward")
        for separation in standing:
            left = [number_of[fid] for fid in separation.a if fid in number_of]
            right = [number_of[fid] for fid in separation.b if fid in number_of]
            for a in left:
                self.apart.setdefault(a, set()).update(right)
            for b in right:
                self.apart.setdefault(b, set()).update(left)
        for tie in ties:
            if tie.rule == "steward" or tie.a not in number_of or tie.b not in number_of:
                continue
            a, b = number_of[tie.a], number_of[tie.b]
            stitched = not self.members[a].alone and not self.members[b].alone
            if stitched and b not in self.apart.get(a, ()):
                self._tie(a, b, tie.rule)

    def _fid(self, number: int) -> bytes:
        return self.members[number].fid

    def _tie(self, a: int, b: int, rule: str) -> None:
        if a != b:
            self.ties.setdefault((a, b) if a < b else (b, a), rule)


def _covers(separation: Separation, a: bytes, b: bytes) -> bool:
    return (a in separation.a and b in separation.b) or (b in separation.a and a in separation.b)


def _pairs(numbers: list[int], found: set[Pair]) -> None:
    """All pairs of ascending numbers."""
    for at, a in enumerate(numbers):
        for b in numbers[at + 1 :]:
            found.add((a, b))


def _same_account(members: Sequence[Member], ties: dict[Pair, str]) -> dict[Identifier, str]:
    """Identifier → the one that stands for it, where a source's own merge says that two are one account."""
    linked = [pair for pair, rule in ties.items() if rule == "source"]
    if not linked:
        return {}
    leader: dict[int, int] = {}

    def find(number: int) -> int:
        while (up := leader.get(number, number)) != number:
            number = up
        return number

    for a, b in linked:
        low, high = sorted((find(a), find(b)))
        leader[high] = low
    values: dict[tuple[int, str], str] = {}
    found: dict[Identifier, str] = {}
    for number in sorted({number for pair in linked for number in pair}):
        for kind, value in members[number].identity.ids:
            found[kind, value] = values.setdefault((find(number), kind), value)
    return found
