"""Who is who among records: what `unifier link` and `unifier explain` work with."""

import gc
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from unifier.linking.bar import Bar
from unifier.linking.records import Records
from unifier.matching.blocking import tells_nobody
from unifier.matching.identity import Identity
from unifier.matching.spec import Spec
from unifier.profiles.households import households
from unifier.profiles.linkage import Linkage
from unifier.profiles.partition import Partition
from unifier.rules import Rules, load_rules
from unifier.settings import Settings


@dataclass(slots=True)
class Found:
    """The matching of some records."""

    records: Records
    linkage: Linkage
    fragments: list[bytes]  # of each record
    first: dict[bytes, str]  # of each fragment the smallest id of its records
    profile: dict[bytes, str]  # of each fragment
    partitions: list[tuple[list[bytes], Partition]]  # of each component
    warnings: tuple[str, ...] = ()  # of the training, where the records trained the model themselves
    household: dict[str, str] = field(default_factory=dict)  # of each profile, where they were asked for


@contextmanager
def without_collections() -> Iterator[None]:
    """Nothing of a file's matching is a circle, and a collection walks over all that is remembered."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


def rules_for(settings: Settings, spec: Spec, model: str) -> Rules:
    """The rules, with the model to use and the identifiers that the spec names. Raises RulesError."""
    return load_rules(settings.rules, model or settings.model).with_identifiers(spec.identifier_types)


def link(records: Records, rules: Rules, bar: Bar) -> Found:
    """Put the records of one person together; the same whatever their order."""
    linkage = Linkage(rules.for_people(0))  # who may come by is told by the rules; who is known, by the model
    fragment_of: dict[str, bytes] = {}
    # In order, since neighbours come together: more is remembered.
    for identity, record in sorted(zip(records.identities, records.ids, strict=True)):
        fragment_of[record], _ = linkage.add(
            identity, record if tells_nobody(identity, linkage.rules) else ""
        )
    linkage.settle(lambda fids: bar.track("matching", fids))
    components = linkage.components()
    partitions = [(fids, linkage.partition(fids)) for fids in bar.track("deciding", components)]
    fragments = [fragment_of[record] for record in records.ids]
    first: dict[bytes, str] = {}
    for record, fid in zip(records.ids, fragments, strict=True):
        first[fid] = min(first.get(fid, record), record)
    profile = {
        fid: name
        for _, found in partitions
        for group in found.groups
        for name in (f"p_{min(first[fid] for fid in group)}",)  # a name that says nothing of the person
        for fid in group
    }
    return Found(records, linkage, fragments, first, profile, partitions)


def find_households(found: Found) -> None:
    """Who lives together; a household is named after its profile of the smallest name."""
    told: dict[str, set[Identity]] = defaultdict(set)
    for identity, fid in zip(found.records.identities, found.fragments, strict=True):
        told[found.profile[fid]].add(identity)
    together = households(told, found.linkage.rules)
    found.household = {profile: f"h_{name.removeprefix('p_')}" for profile, name in together.items()}
