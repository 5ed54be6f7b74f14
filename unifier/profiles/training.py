"""Training on records: link them with the shipped weights, and learn weights from the people found.

One turn of it: what is gained by further turns is within the noise, and errors would feed on themselves. But
where many bear each of few names, who believes names to be rare finds namesakes, not people; then it is begun
anew, and a name says as little as it does.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from unifier.matching.blocking import blocking_keys
from unifier.matching.identity import Identity, exact_keys
from unifier.matching.learn import joins_namesakes, started
from unifier.matching.model import TrainedOn
from unifier.matching.scale import scale_of
from unifier.matching.tally import Person, tally
from unifier.matching.train import Trained
from unifier.matching.train import train as train_on_people
from unifier.matching.values import values_of
from unifier.profiles.linkage import Linkage, fragment_id
from unifier.rules import Rules

ALL = 20_000
"""Up to so many distinct records all are learnt from."""
SEEDS = 2_500
"""So many are drawn of more, with whoever might be the same person or shares a rare value with them."""
_RARE = ("b:birth|", "b:home|")


@dataclass(slots=True, frozen=True)
class Sample:
    """What is learnt from, of so many records."""

    records: int
    distinct: int
    seeds: Collection[Identity]  # distinct, drawn by a hash
    near: Collection[Identity]  # who might be the same person as a seed, or shares a rare value with one
    repeated: Collection[Identity]  # those of them that came more than once
    names: Sequence[Identity]  # by which it is told how common names are


def train(identities: Sequence[Identity], rules: Rules, date: str = "") -> Trained:
    """Learn from the identities of rows, in any order; `rules` carry the model to start from."""
    often = Counter(identities)
    distinct = sorted(often, key=fragment_id)
    seeds, near = _sample(distinct, rules)
    repeated = {identity for identity, times in often.items() if times > 1}
    return train_on_sample(
        Sample(len(identities), len(distinct), seeds, list(near), repeated, distinct), rules, date
    )


def train_on_sample(sample: Sample, rules: Rules, date: str) -> Trained:
    """Learn from a sample; `rules` carry the model to start from."""
    base, names = rules.matching.model, [values_of(identity) for identity in sample.names]
    for few_names in (False, True):
        start = rules.with_model(started(base, names, sample.distinct, few_names))
        people, shared = _people(sample, start)
        found = tally(people, sample.distinct, shared, scale_of(start))
        if not joins_namesakes(found):
            break
    what = _what(sample.distinct, len(sample.seeds), len(people))
    told = TrainedOn(what=what, rows=sample.records, date=date)
    return train_on_people(people, sample.distinct, found, shared, scale_of(start), told, base, few_names)


def _people(sample: Sample, rules: Rules) -> tuple[list[Person], set[str]]:
    """The people of the sample under these rules, and the exact keys that too many share."""
    linkage = Linkage(rules)
    for identity in sorted({*sample.seeds, *sample.near}):
        linkage.add(identity)
    linkage.settle()
    scale, drawn = scale_of(rules), {fragment_id(identity) for identity in sample.seeds}
    people = []
    for fids in linkage.components():
        for group in linkage.partition(fids).groups:
            records = [scale.facts(linkage.members[fid].identity) for fid in group]
            repeated = [facts for facts in records if facts.identity in sample.repeated]
            people.append(Person(records, repeated, sum(fid in drawn for fid in group) / len(group)))
    return people, linkage.shared


def _what(distinct: int, seeds: int, people: int) -> str:
    sample = "" if seeds == distinct else f", of which {seeds:,} with their neighbours were looked at"
    return f"Trained without truth: {distinct:,} distinct records{sample}, {people:,} people found in them."


def _sample(distinct: Sequence[Identity], rules: Rules) -> tuple[Sequence[Identity], Iterable[Identity]]:
    """(records that are learnt from, their neighbours); `distinct` are in the order of a hash."""
    if len(distinct) <= ALL:
        return distinct, ()
    seeds = distinct[:SEEDS]
    holders: dict[str, list[int]] = defaultdict(list)
    wanted = {key for identity in seeds for key in keys_of(identity, rules)}
    for number, identity in enumerate(distinct):
        for key in keys_of(identity, rules):
            if key in wanted:
                holders[key].append(number)
    near: set[int] = set()
    for identity in seeds:
        for key in keys_of(identity, rules):
            others = holders[key]
            if len(others) <= rules.matching.block_cap:
                near.update(
                    [
                        other
                        for other in others
                        if other >= SEEDS
                        and other not in near
                        and is_near(identity, distinct[other], key, rules)
                    ]
                )
    return seeds, [distinct[number] for number in sorted(near)]


def is_near(seed: Identity, other: Identity, key: str, rules: Rules) -> bool:
    """Whether a record with this key in common might be the same person, or shares something rare."""
    if key.startswith(_RARE) or not key.startswith("b:"):
        return True
    scale = scale_of(rules)
    return scale.linked(seed, other) and scale.bits(seed, other) >= rules.matching.join_bits


def keys_of(identity: Identity, rules: Rules) -> list[str]:
    """All keys by which a record is found."""
    return [*exact_keys(identity, rules), *blocking_keys(identity)]
