"""Why records are, or are not, one person: of two, of the profile of one, and of all that were decided."""

from collections.abc import Iterator
from typing import Any

from unifier.linking.found import Found
from unifier.matching.score import probability
from unifier.profiles.account import Account, account
from unifier.profiles.between import apart, linked
from unifier.profiles.decided import Decided
from unifier.profiles.members import Partition
from unifier.profiles.verdict import Verdict, reason_in_words
from unifier.profiles.waterfall import waterfall


def profile_of(found: Found, record: str) -> Account:
    """The account of the profile of one record. Raises InputError if there is no such record."""
    fid = found.fragments[found.records.number(record)]
    fids, _ = _component(found, fid)
    return account(Decided(found.linkage.evidence(fids)), _profile(found, fids, fid))


def why(found: Found, record_a: str, record_b: str) -> Verdict:
    """Whether two records are one person, and why. Raises InputError if there is no such record."""
    a, b = (found.fragments[found.records.number(record)] for record in (record_a, record_b))
    fids, decided = _component(found, a)
    others = fids if b in fids else _component(found, b)[0]
    evidence = found.linkage.evidence({*fids, *others})
    number = {member.fid: place for place, member in enumerate(evidence.members)}
    bar = found.linkage.rules.matching.merge_bits
    pair = waterfall(evidence, [number[a]], [number[b]], bar)
    if a == b:
        return Verdict(True, "same", pair)
    if found.profile[a] == found.profile[b]:
        return linked(evidence, [a], [b], decided.links)
    left, right = _profile(found, fids, a), _profile(found, others, b)
    verdict = apart(evidence, left, right, decided.refused, together=fids is others)
    if len(left) == len(right) == 1:
        return verdict
    against = verdict.reason == "below" and pair.bits >= bar
    reason = "others_against" if against else verdict.reason
    return Verdict(False, reason, pair, whole=verdict.waterfall)


def _component(found: Found, fid: bytes) -> tuple[list[bytes], Partition]:
    return next((fids, decided) for fids, decided in found.partitions if fid in fids)


def _profile(found: Found, fids: list[bytes], fid: bytes) -> list[bytes]:
    return [other for other in fids if found.profile[other] == found.profile[fid]]


def decisions(found: Found) -> Iterator[dict[str, Any]]:
    """Every link, every refused link and every review task, each with the waterfall of its two records.

    "bits" are those of the two groups as they were when it was decided; "pair" is the two records alone.
    """
    bar = found.linkage.rules.matching.merge_bits
    for fids, one in found.partitions:
        told: list[tuple[str, bytes, bytes, float, dict[str, str]]] = []
        told += [("linked", link.a, link.b, link.bits, {"rule": link.rule}) for link in one.links]
        told += [
            ("refused", no.a, no.b, no.bits, {"rule": no.rule, "because": reason_in_words(no.reason)})
            for no in one.refused
        ]
        told += [("review", review.a[0], review.b[0], review.bits, {}) for review in one.reviews]
        if not told:
            continue
        evidence = found.linkage.evidence(fids)
        number = {member.fid: place for place, member in enumerate(evidence.members)}
        for decision, a, b, bits, words in told:
            yield {
                "records": sorted((found.first[a], found.first[b])),
                "decision": decision,
                "bits": round(bits, 2),
                "probability": round(probability(bits), 6),
                **words,
                "pair": waterfall(evidence, [number[a]], [number[b]], bar).told(),
            }
