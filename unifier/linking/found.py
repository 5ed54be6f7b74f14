"""Who is who among records: what `unifier link` and `unifier explain` work with."""

import gc
from dataclasses import dataclass

from unifier.linking.bar import Bar
from unifier.linking.records import Records
from unifier.matching.spec import Spec
from unifier.profiles.linkage import Linkage, fragment_id
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


def rules_for(settings: Settings, spec: Spec, model: str) -> Rules:
    """The rules, with the model to use and the identifiers that the spec names. Raises RulesError."""
    return load_rules(settings.rules, model or settings.model).with_identifiers(spec.identifier_types)


def link(records: Records, rules: Rules, bar: Bar) -> Found:
    """Put the records of one person together; the same whatever their order."""
    collecting = gc.isenabled()
    gc.disable()  # nothing here is a circle, and a collection walks over all that is remembered
    try:
        linkage = Linkage(rules)
        for identity in sorted(set(records.identities)):  # neighbours come together: more is remembered
            linkage.add(identity)
        linkage.settle(lambda fids: bar.track("matching", fids))
        components = linkage.components()
        partitions = [(fids, linkage.partition(fids)) for fids in bar.track("deciding", components)]
    finally:
        if collecting:
            gc.enable()
    fragments = [fragment_id(identity) for identity in records.identities]
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
