"""What holds fragments together at all: living keys, receipts, sources and stewards."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from tests.naive.fragments import Fragment
from tests.scoring import pair_bits
from unifier.matching.compare import DIFFER, EQUAL
from unifier.matching.firstnames import akin, misspelt
from unifier.matching.identity import Identity, people
from unifier.matching.scale import scale_of
from unifier.matching.score import explain
from unifier.rules import Rules

Pair = frozenset[bytes]
Numbers = tuple[int, int]
"""Of two members, the smaller first."""


@dataclass(frozen=True)
class Word:
    """A steward's: these are (`same`), or are not, one person with those. Fragments by id."""

    same: bool
    left: frozenset[bytes]
    right: frozenset[bytes]
    at: int
    number: str

    def pairs(self) -> set[Pair]:
        return {frozenset((a, b)) for a in self.left for b in self.right}


def shared_values(told: Sequence[Fragment], rules: Rules) -> set[str]:
    """Identifiers seen with too many people, or with too many fragments."""
    facts = {f.fid: scale_of(rules).facts(f.identity) for f in told}
    found = set()
    for key in {"|".join(pair) for f in told for pair in facts[f.fid].ids}:
        holders = [f for f in told if key in map("|".join, facts[f.fid].ids)]
        claimants = [f for f in told if key in f.claims and f not in holders]
        too_many = len(holders) + len(claimants) > rules.matching.shared_holders
        marks = {facts[f.fid].mark for f in holders}
        if too_many or people(marks) > rules.identifiers[key.partition("|")[0]].shared_above:
            found.add(key)
    return found


def parts(
    told: Sequence[Fragment], words: Sequence[Word], shared: set[str], rules: Rules
) -> list[list[Fragment]]:
    """Fragments that something ties, by themselves or through others."""
    facts = {f.fid: scale_of(rules).facts(f.identity) for f in told}
    count = Counter(key for f in told for key in facts[f.fid].keys if key.startswith("b:"))
    dead = {key for key, holders in count.items() if holders > rules.matching.block_cap}
    said = {pair for word in words if word.same for pair in word.pairs()}

    def tied(a: Fragment, b: Fragment) -> bool:
        common = (facts[a.fid].keys & facts[b.fid].keys) - shared - dead
        own = [{*map("|".join, facts[f.fid].ids), *f.claims} - shared for f in (a, b)]
        return (
            not own[0].isdisjoint(own[1])
            or (bool(common) and evidence_ties(a.identity, b.identity, rules))
            or not a.receipts.isdisjoint(b.receipts)
            or frozenset((a.fid, b.fid)) in said
        )

    return closed(told, tied)


def evidence_ties(a: Identity, b: Identity, rules: Rules) -> bool:
    """The evidence is over the bar, or would be without the household rule: one name may be misspelt."""
    bar, scale = rules.matching.link_bits, scale_of(rules)
    told = explain(scale.facts(a).values, scale.facts(b).values, {}, scale.weights)
    level = {line.field: line.level for line in told}
    born_alike = level.get("birth_date") in (EQUAL, "a digit or day and month swapped")
    one_name = level.get("first_name") == DIFFER and akin(a.first, b.first) and misspelt([a.first], [b.first])
    without = sum(line.bits for line in told if line.field != "household")
    return pair_bits(a, b, rules) >= bar or (born_alike and one_name and without >= bar)


def closed(told: Sequence[Fragment], tied: Callable[[Fragment, Fragment], bool]) -> list[list[Fragment]]:
    """Put together whatever is tied, until nothing is."""
    found: list[list[Fragment]] = []
    for one in told:
        near = [part for part in found if any(tied(one, other) for other in part)]
        found = [part for part in found if part not in near] + [[*(f for part in near for f in part), one]]
    return found


def unstitched(told: Sequence[Fragment], shared: set[str]) -> set[bytes]:
    """Who stays alone: the newest word on stitching under the anchor is a no, or one of two at one time.

    Where several people share the anchor, each fragment's own words count.
    """
    found = set()
    for one in told:
        kind = str(one.anchor).partition("\x1e")[0]
        own = {f"{k}|{v}" for k, v in one.identity.ids if k == kind}
        speaking = [other for other in told if other.anchor == one.anchor] if own - shared else [one]
        words = [
            (event.at, not granted)
            for other in speaking
            for event in other.events
            for purpose, granted in event.consents
            if purpose == "stitching"
        ]
        if words and max(words)[1]:
            found.add(one.fid)
    return found


def standing(words: Iterable[Word], alone: set[bytes]) -> tuple[set[Pair], set[Pair]]:
    """(pairs linked, pairs kept apart): of two words on one pair the newer counts.

    A link counts for nothing where one of the two has no consent to stitch.
    """
    linked: set[Pair] = set()
    apart: set[Pair] = set()
    for word in sorted(words, key=lambda word: (word.at, word.number), reverse=True):
        if word.same:
            linked |= {pair for pair in word.pairs() - apart if pair.isdisjoint(alone)}
        elif not word.pairs() & linked:
            apart |= word.pairs()
    return linked, apart


def closed_numbers(numbers: Iterable[int], pairs: set[Numbers]) -> list[list[int]]:
    """Numbers that pairs tie, in order."""
    found: list[list[int]] = []
    for n in numbers:
        near = [c for c in found if any((min(n, o), max(n, o)) in pairs for o in c)]
        found = [c for c in found if c not in near] + [sorted([*(o for c in near for o in c), n])]
    return sorted(found)
