"""Training: are weights learnt from the people found better than the shipped ones?

Nobody knows who is who, so weights learnt from one half of the people are asked how well they describe the
pairs of the other half (`fit`), and the other way round. The shipped ones stay unless that is clearly better.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from unifier.matching.fit import Pair, boasts, fit, telling_pairs
from unifier.matching.learn import LEAST, as_common, estimate
from unifier.matching.model import Model, TrainedOn
from unifier.matching.scale import Scale
from unifier.matching.tally import FAMILY, Person, Tally, tally
from unifier.matching.weights import Weights
from unifier.rules import Rules

CLEAR = 0.3
"""Bits per pair by which learnt weights have to describe pairs better."""
ENOUGH = 30
"""People of whom more than one record was found, below which nothing is learnt."""
NOTHING = 1.0
"""Bits between the best and the worst level of a field that says next to nothing."""
MANY = 20.0
"""Other records of its person that a record has on average, above which something joins strangers."""

_NO_COLUMNS = (FAMILY, "suffix")
"""Fields that are made of others: nobody chose them."""


@dataclass(slots=True, frozen=True)
class Trained:
    """A model and what is to be said about it."""

    model: Model
    learnt: bool  # else the shipped weights were kept
    warnings: tuple[str, ...]


def train(
    people: Sequence[Person],
    records: int,
    found: Tally,
    shared: set[str],
    scale: Scale,
    trained_on: TrainedOn,
    base: Model,
    few_names: bool,
) -> Trained:
    """Weights for so many records, of which `people` were `found` with the weights of the scale.

    `few_names`: many bear each, so a name says what it says among these people, however little that is.
    """
    shipped = base.for_people(found.people).model_copy(update={"trained_on": trained_on})
    if few_names:
        shipped = as_common(shipped, people)
    if sum(len(person.records) > 1 for person in people) < ENOUGH:
        return _kept(shipped, "hardly two records of one person were found")
    if found.matches > MANY:
        return _kept(
            shipped, f"{found.matches:.0f} records a person were found; look for a value that many share"
        )
    gain = _gain(people, records, shared, scale, base, few_names)
    if gain < CLEAR:
        return _kept(shipped, f"learnt ones describe the records only {gain:+.2f} bits a pair better")
    model = estimate(people, records, found, base, trained_on, few_names)
    words = f"{trained_on.what} Learnt weights, {gain:+.2f} bits a pair better than the shipped ones."
    model = model.model_copy(update={"trained_on": trained_on.model_copy(update={"what": words})})
    return Trained(model, True, tuple(_warnings(model, found)))


def _kept(shipped: Model, because: str) -> Trained:
    """The shipped weights, for this number of people."""
    words = f"{shipped.trained_on.what} The shipped weights were kept: {because}."
    told = shipped.trained_on.model_copy(update={"what": words})
    return Trained(
        shipped.model_copy(update={"trained_on": told}), False, (f"the shipped weights were kept: {because}",)
    )


def _gain(
    people: Sequence[Person], records: int, shared: set[str], scale: Scale, base: Model, few_names: bool
) -> float:
    """Bits per pair by which weights learnt from one half of the people describe the other half better."""
    halves = people[::2], people[1::2]
    tallies = [tally(half, records, shared, scale) for half in halves]
    gain = 0.0
    for own, other in ((0, 1), (1, 0)):
        pairs, rest = telling_pairs(halves[other], shared), tallies[other]
        learnt = estimate(halves[own], records, tallies[own], base, base.trained_on, few_names)
        shipped = base.for_people(rest.people)
        gain += _fit(learnt, rest, halves[other], pairs, scale.rules) / 2
        gain -= _fit(shipped, rest, halves[other], pairs, scale.rules) / 2
    return gain


def _fit(model: Model, found: Tally, people: Sequence[Person], pairs: Sequence[Pair], rules: Rules) -> float:
    return fit(Weights(rules.with_model(model)), boasts(model, found, people), pairs)


def _warnings(model: Model, found: Tally) -> Iterator[str]:
    """What whoever chose the columns should know."""
    for name, known in found.other_known.items():
        if name in _NO_COLUMNS:
            continue
        if found.same_known.get(name, 0.0) < LEAST:
            yield f"{name}: hardly known of two records of one person; its weights are the shipped ones"
        elif known and max(told := model.bits(name).values()) - min(told) < NOTHING:
            yield f"{name}: tells nobody apart; leave the column out"
