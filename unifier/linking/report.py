"""The report of `unifier link`: what came out, and against a truth column how right it is."""

from collections import Counter, defaultdict
from typing import Any

from unifier.linking.found import Found
from unifier.matching.quality import Quality, b_cubed, between, closure, pairs_within, pairwise

UNKNOWN = ""
"""A record without a truth counts in no figure of quality."""


def report(found: Found) -> dict[str, Any]:
    """Counts, and with a truth column pair, B-cubed and closure precision, recall and F1.

    "pair" asks of every two records that were compared whether their own score is over the bar; "closure" of
    every two that are in one profile; "b_cubed" of every record what its profile is made of; "household_pair"
    of every two people whether they live together. Recall is always of all true pairs, those that were never
    compared too.
    """
    records, linkage = found.records, found.linkage
    model = linkage.rules.matching.model
    content: dict[str, Any] = {
        "records": len(records.ids),
        "fragments": len(linkage.members),
        "components": len(found.partitions),
        "profiles": len(set(found.profile.values())),
        "reviews": sum(len(one.reviews) for _, one in found.partitions),
        "refused": dict(
            sorted(Counter(r.reason for _, one in found.partitions for r in one.refused).items())
        ),
        "shared_values": len(linkage.shared),
        "blocking_keys_over_the_cap": dict(
            sorted(Counter(key.removeprefix("b:").partition("|")[0] for key in linkage.dead_keys()).items())
        ),
        "components_over_the_cap": linkage.limited,
        "cells_too_long": records.too_long,
        "model": {"fingerprint": model.fingerprint, **model.trained_on.model_dump()},
    }
    if records.truth:
        known = [number for number, person in enumerate(records.truth) if person != UNKNOWN]
        truth = [records.truth[number] for number in known]
        labels = [found.profile[found.fragments[number]] for number in known]
        content["people"] = len(set(truth))
        content["pair"] = _pairs(found, known).figures()
        content["b_cubed"] = b_cubed(truth, labels).figures()
        content["closure"] = closure(truth, labels).figures()
    if found.household:
        content["households"] = len(set(found.household.values()))
        if records.homes:
            content["household_pair"] = _household_pairs(found).figures()
    return content


def _household_pairs(found: Found) -> Quality:
    """Of every two people whether they are of one household; without a truth, a profile is a person."""
    records = found.records
    labels = [found.profile[fid] for fid in found.fragments]
    people = records.truth or labels
    known = [n for n, home in enumerate(records.homes) if home != UNKNOWN and people[n] != UNKNOWN]
    return between(
        [people[n] for n in known],
        [records.homes[n] for n in known],
        [found.household[labels[n]] for n in known],
    )


def _pairs(found: Found, known: list[int]) -> Quality:
    people: dict[bytes, Counter[str]] = defaultdict(Counter)  # of each fragment: person → records
    for number in known:
        people[found.fragments[number]][found.records.truth[number]] += 1
    # Records of one fragment are one to the matching.
    right = sum(count * (count - 1) // 2 for own in people.values() for count in own.values())
    said = sum(own.total() * (own.total() - 1) // 2 for own in people.values())
    rules = found.linkage.rules.matching
    for fids, _ in found.partitions:
        if len(fids) > 1:
            evidence = found.linkage.evidence(fids)
            for a, b in evidence.candidates(rules.block_cap):
                if evidence.pair(a, b)[0] >= rules.merge_bits:
                    one, other = (people[evidence.members[number].fid] for number in (a, b))
                    said += one.total() * other.total()
                    right += sum(count * other[person] for person, count in one.items())
    return pairwise(right, said, pairs_within(found.records.truth[number] for number in known))
