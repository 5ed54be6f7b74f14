"""Why two records are, or are not, one person: the waterfall of their bits, and what rules said."""

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

from unifier.linking.found import Found
from unifier.matching.score import explain
from unifier.profiles.members import Link, Partition, Refused

_REASONS = {
    "first_name": "first names that cannot be one person's",
    "suffix": "father and son: suffixes that cannot be one person's",
    "birth_date": "birth dates that cannot be one person's",
    "namesake": "perhaps father and son: one name, and no mailbox, phone or number in common",
    "too_many": "together they would be more than one person can have",
    "separation": "somebody said that they are two",
    "household": "they share what a household shares, and nothing else",
    "device": "they share a device, and nothing else",
}


def reason_in_words(reason: str) -> str:
    """Why a rule refused."""
    if reason.startswith("unique:"):
        return f"each has a {reason.removeprefix('unique:')} of its own, and a person has only one"
    return _REASONS.get(reason, reason)


def probability(bits: float) -> float:
    """Of log2 odds."""
    return float(1.0 / (1.0 + 2.0 ** -max(-1000.0, min(1000.0, bits))))


def waterfall(found: Found, component: Iterable[bytes], a: bytes, b: bytes) -> dict[str, Any]:
    """Prior, each field's level and bits, what rules took, the sum, and the probability that it means."""
    evidence = found.linkage.evidence(component)
    number = {member.fid: place for place, member in enumerate(evidence.members)}
    one, other = (evidence.facts[number[fid]].values for fid in (a, b))
    lines = explain(one, other, evidence.sharedness, evidence.weights)
    bits = sum(line.bits for line in lines)
    return {
        "lines": [line._asdict() | {"bits": round(line.bits, 2)} for line in lines],
        "bits": round(bits, 2),
        "probability": round(probability(bits), 6),
    }


def why(found: Found, record_a: str, record_b: str) -> dict[str, Any]:
    """The whole story of two records. Raises InputError if there is no such record."""
    a, b = (found.fragments[found.records.number(record)] for record in (record_a, record_b))
    fids, decided = next((fids, one) for fids, one in found.partitions if a in fids)
    together = b in fids
    story = waterfall(found, fids if together else {a, b}, a, b)
    one_person = found.profile[a] == found.profile[b]
    threshold = found.linkage.rules.matching.merge_bits
    story |= {
        "records": [record_a, record_b],
        "one_person": one_person,
        "threshold": threshold,
        "profiles": sorted({found.profile[a], found.profile[b]}),
        "because": "",
        "through": [],
    }
    if a == b:
        story["because"] = "they say the same"
    elif one_person:
        story["through"] = [
            {
                "records": [found.first[link.a], found.first[link.b]],
                "rule": link.rule,
                "bits": round(link.bits, 2),
            }
            for link in _chain(decided.links, a, b)
        ]
        story["because"] = "linked" if len(story["through"]) == 1 else "linked through other records"
    elif refused := _refusal(found, decided, a, b):
        story["because"] = f"a rule refused: {reason_in_words(refused.reason)}"
    elif not found.linkage.common_keys(a, b):
        story["because"] = "never compared: they have nothing in common by which records are looked up"
    elif story["bits"] < threshold:
        story["because"] = "the evidence is below the threshold"
    else:
        story["because"] = "the other records of their profiles speak against it"
    return story


def _refusal(found: Found, decided: Partition, a: bytes, b: bytes) -> Refused | None:
    """The strongest evidence between the profiles of two fragments that a rule refused."""
    both = {found.profile[a], found.profile[b]}
    between = [one for one in decided.refused if {found.profile[one.a], found.profile[one.b]} == both]
    return max(between, key=lambda one: one.bits, default=None)


def _chain(links: Iterable[Link], start: bytes, end: bytes) -> list[Link]:
    """The links that lead from one fragment to another, the fewest."""
    near: dict[bytes, list[Link]] = {}
    for link in links:
        near.setdefault(link.a, []).append(link)
        near.setdefault(link.b, []).append(link)
    came: dict[bytes, Link | None] = {start: None}
    waiting = deque([start])
    while waiting:
        here = waiting.popleft()
        for link in near.get(here, ()):
            there = link.b if link.a == here else link.a
            if there not in came:
                came[there] = link
                waiting.append(there)
    chain: list[Link] = []
    while (step := came.get(end)) is not None:
        chain.append(step)
        end = step.b if step.a == end else step.a
    return chain[::-1]


def decisions(found: Found) -> Iterator[dict[str, Any]]:
    """Every link, every refused link and every review task, each with the waterfall of its two records.

    "bits" are those of the two groups as they were when it was decided; "pair" is the two records alone.
    """
    for fids, one in found.partitions:
        told: list[tuple[str, bytes, bytes, float, dict[str, str]]] = []
        told += [("linked", link.a, link.b, link.bits, {"rule": link.rule}) for link in one.links]
        told += [
            ("refused", no.a, no.b, no.bits, {"rule": no.rule, "because": reason_in_words(no.reason)})
            for no in one.refused
        ]
        told += [("review", review.a[0], review.b[0], review.bits, {}) for review in one.reviews]
        for decision, a, b, bits, words in told:
            yield {
                "records": sorted((found.first[a], found.first[b])),
                "decision": decision,
                "bits": round(bits, 2),
                "probability": round(probability(bits), 6),
                **words,
                "pair": waterfall(found, fids, a, b),
            }
