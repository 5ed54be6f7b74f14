"""The scale: what one set of rules makes of an identity, and of two. Remembered: the same come again."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from operator import itemgetter

from unifier.events.canonical import Identifier
from unifier.matching.blocking import blocking_keys
from unifier.matching.compare import DIFFER
from unifier.matching.firstnames import akin, misspelt
from unifier.matching.identity import Identity, names_nobody, person_mark
from unifier.matching.reach import Reach
from unifier.matching.score import evidence, total
from unifier.matching.values import Values, values_of
from unifier.matching.weights import Weights
from unifier.rules import Rules

REMEMBERED = 2_048
"""Identities; some 12 MB. Whoever comes again, mostly comes again soon."""
PAIRS_REMEMBERED = 16_384
"""In two generations, the older of which is forgotten when the younger is full; some 4 MB. All the pairs of
a component come again with each new fragment."""
SCALES_MAX = 3
"""Sets of rules at one time; a worker has one, a what-if two. Each remembers what it has compared."""


@dataclass(slots=True, eq=False)  # never changed; to freeze it doubles the time it takes to make one
class Facts:
    """One identity under the rules."""

    identity: Identity
    ids: tuple[Identifier, ...]  # those that may name somebody
    values: Values  # without the others
    keys: frozenset[str]  # all index keys
    tokens: tuple[Identifier, ...]  # devices and joint cards
    cards: tuple[Identifier, ...]  # those of them that may be joint
    persons: tuple[Identifier, ...]  # identifiers that name one person
    only: dict[str, frozenset[str]]  # of which a person has one value
    named: bool  # has a name
    accounts_only: bool  # tells nothing but identifiers that are issued to one person, devices and cards
    mark: int
    rank: bytes


class Scale:
    """Facts and pair scores under one set of rules."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.weights = Weights(rules)
        self.facts: Callable[[Identity], Facts] = lru_cache(REMEMBERED)(self._facts)
        self._bar = rules.matching.link_bits
        self._reach = Reach(self.weights, self._bar)
        self._pairs: dict[bytes, tuple[float, str]] = {}
        self._older_pairs = self._pairs

    def linked(self, a: Identity, b: Identity) -> bool:
        """Their evidence ties them, as far as it is known without the other holders of their identifiers."""
        return self._reach.over(a, b) and self._evidence_ties(self.facts(a), self.facts(b))

    def tied(self, a: Facts, b: Facts) -> bool:
        """The same of those whose facts are at hand."""
        return self._reach.over(a.identity, b.identity) and self._evidence_ties(a, b)

    def _evidence_ties(self, a: Facts, b: Facts) -> bool:
        """It is over the bar, or would be if a first name were spelt as the other."""
        return self.pair(a, b)[0] >= self._bar or self._misspelt(a, b)

    def _misspelt(self, a: Facts, b: Facts) -> bool:
        """Two are born alike, their first names differ and may be one, and but the household rule keeps them
        below the bar: that names differ makes one fact of all that a home has in common."""
        one, other = a.identity, b.identity
        if not (one.birth and other.birth and self.weights.birth_date(one.birth, other.birth).bits > 0.0):
            return False
        if not (one.first and other.first and akin(one.first, other.first)):
            return False
        lines = evidence(a.values, b.values, {}, self.weights)
        return (
            any(field == "first_name" and level == DIFFER for field, level, _ in lines)
            and misspelt(a.values.firsts, b.values.firsts)
            and total([line for line in lines if line[0] != "household"]) >= self._bar
        )

    def bits(self, a: Identity, b: Identity) -> float:
        """Their evidence, likewise."""
        return self.pair(self.facts(a), self.facts(b))[0]

    def pair(self, a: Facts, b: Facts) -> tuple[float, str]:
        """(bits, the field that says most) of two identities none of whose identifiers is shared."""
        key = a.rank + b.rank if a.rank <= b.rank else b.rank + a.rank  # not the facts: they would stay
        found = self._pairs.get(key)
        if found is None:
            found = self._older_pairs.get(key)
            if found is None:
                lines = evidence(a.values, b.values, {}, self.weights)
                found = total(lines), strongest(lines)
            if len(self._pairs) >= PAIRS_REMEMBERED // 2:
                self._older_pairs, self._pairs = self._pairs, {}
            self._pairs[key] = found
        return found

    def pairs(self, facts: Sequence[Facts], pairs: Iterable[tuple[int, int]]) -> list[tuple[float, str]]:
        """The same of many: two places each in what is in the order of its ranks, the smaller first."""
        known, ranks = self._pairs.get, [each.rank for each in facts]
        return [known(ranks[a] + ranks[b]) or self.pair(facts[a], facts[b]) for a, b in pairs]

    def _facts(self, identity: Identity) -> Facts:
        known = self.rules.identifiers
        ids = tuple([pair for pair in identity.ids if not names_nobody(*pair, self.rules)])
        tokens, cards, persons = [], [], []
        only: dict[str, frozenset[str]] = {}
        for pair in ids:
            kind, value = pair
            rule = known[kind]
            if rule.strength == "person":
                persons.append(pair)
            else:
                tokens.append(pair)
                if rule.strength == "household":
                    cards.append(pair)
            if rule.unique:
                only[kind] = only.get(kind, frozenset()) | {value}
        described = identity.first or identity.last or identity.birth or identity.street
        return Facts(
            identity,
            ids,
            values_of(identity, ids),
            frozenset([f"{kind}|{value}" for kind, value in ids]).union(blocking_keys(identity)),
            tuple(tokens),
            tuple(cards),
            tuple(persons),
            only,
            bool(identity.first or identity.last),
            not described and all(self.weights.identifiers[kind].own for kind, _ in persons),
            person_mark(identity),
            rank(identity.texts()),
        )


def rank(texts: Iterable[str]) -> bytes:
    """16 bytes: a place in an order that nothing decides but what is said."""
    return blake2b("\x1f".join(texts).encode(), digest_size=16).digest()


def strongest(lines: list[tuple[str, str, float]]) -> str:
    """The field that says most for one person."""
    return max(lines, key=_BITS)[0]


_BITS = itemgetter(2)
_scales: dict[int, Scale] = {}


def scale_of(rules: Rules) -> Scale:
    """The scale of these rules, made once. It holds on to the rules, so their id stays theirs."""
    scale = _scales.get(id(rules))
    if scale is None:
        if len(_scales) >= SCALES_MAX:
            _scales.clear()
        scale = _scales[id(rules)] = Scale(rules)
    return scale


def forget_scale(rules: Rules) -> None:
    """These rules are no longer in force: what was remembered under them goes."""
    _scales.pop(id(rules), None)
