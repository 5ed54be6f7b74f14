"""The fit: how well weights describe pairs of records, when nobody knows who is who.

A pair is one person's with the probability λ that the prior gives. Against "all pairs are two people's",
levels worth s bits describe it log2(1 - λ + λ·2^s) bits better: the likelihood of the mixture of Fellegi &
Sunter (1969), which EM climbs. Weights boast when Σ u·2^bits over the levels of a field, the probability that
one person's records reach any of them, is more than one; what they boast is taken off first.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations, islice
from math import log2

from unifier.matching.compare import EQUAL, comparison_of
from unifier.matching.model import Model
from unifier.matching.score import evidence
from unifier.matching.tally import FAMILY, NO_FIELDS, Person, Tally, names_of, rare_values, values_of_person
from unifier.matching.values import Values
from unifier.matching.weights import Weights

PAIRS_OF_ONE = 3
HOLDERS_MAX = 5
Pair = tuple[Values, Values]


def telling_pairs(people: Sequence[Person], shared: set[str]) -> list[Pair]:
    """Pairs of records of one person, and people who have a rare value in common."""
    pairs = [
        (a.values, b.values)
        for person in people
        for a, b in islice(combinations(person.records, 2), PAIRS_OF_ONE)
    ]
    holders: dict[tuple[str, str], list[Values]] = {}
    for person in people:
        values = values_of_person(person)
        for rare in rare_values(values, shared):
            holders.setdefault(rare, []).append(values)
    together = {
        (id(a), id(b)): (a, b)
        for values in holders.values()
        if len(values) <= HOLDERS_MAX
        for a, b in combinations(values, 2)
    }
    return pairs + list(together.values())


def fit(weights: Weights, boasts: Mapping[str, float], pairs: Sequence[Pair]) -> float:
    """Bits per pair by which the weights describe the pairs better than chance does.

    The pairs were chosen for what they share, so weights that believe in fewer matches have to make up for
    it: who found too few people must not learn from them that there are few.
    """
    odds = 2.0**weights.prior
    better = 0.0
    for a, b in pairs:
        lines = evidence(a, b, {}, weights)
        bits = sum([worth - boasts.get(name, 0.0) for name, _, worth in lines if name not in NO_FIELDS])
        better += log2((1.0 + odds * 2.0 ** min(bits, 200.0)) / (1.0 + odds))
    return better / len(pairs) if pairs else 0.0


def boasts(model: Model, found: Tally, people: Sequence[Person]) -> dict[str, float]:
    """Field → log2 Σ u·2^bits over its levels."""
    return {name: _boast(name, model, found, people) for name in found.other_known}


def _boast(name: str, model: Model, found: Tally, people: Sequence[Person]) -> float:
    levels = comparison_of(name).levels
    reached = {level: found.other.get((name, level), 0.0) / found.other_known[name] for level in levels}
    best = levels[0]
    if name in found.sharing_known:
        reached[best] = found.sharing[name] / max(1.0, found.sharing_known[name])
    told = model.bits(name)
    mass = sum(share * 2.0 ** told[level] for level, share in reached.items())
    if name == FAMILY:
        mass += 1.0 - sum(reached.values())
    table = model.frequencies.get(name)
    if table and best == EQUAL and name in ("first_name", "last_name"):
        mass += _of_names(name, table, told[EQUAL], people) - reached[EQUAL] * 2.0 ** told[EQUAL]
    return log2(max(mass, 1.0))


def _of_names(name: str, table: Mapping[str, float], rare: float, people: Sequence[Person]) -> float:
    """Σ over names of share² · 2^bits."""
    counts: dict[str, float] = {}
    for person in people:
        for value in names_of(values_of_person(person), name):
            counts[value] = counts.get(value, 0.0) + person.share
    total = sum(counts.values()) or 1.0
    worth: dict[str, float] = {value: 2.0 ** table.get(value, rare) for value in counts}
    return sum((count / total) * (count / total) * worth[value] for value, count in counts.items())
