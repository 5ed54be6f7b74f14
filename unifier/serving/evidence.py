"""Why a profile is one person, and why others are not part of it: the partition, worked out again.

What is told holds fields, levels and bits, ids of fragments, events and profiles, and no value of a person.
"""

from typing import Any, NamedTuple

from unifier.profiles.account import Account, account
from unifier.profiles.between import apart, linked
from unifier.profiles.component import Component, Record
from unifier.profiles.decided import Decided
from unifier.profiles.evidence import Evidence
from unifier.profiles.fold import sides_of
from unifier.profiles.partition import Partition
from unifier.profiles.regroup import content, content_around
from unifier.profiles.verdict import Verdict
from unifier.rules import Rules
from unifier.streams.effects import link_event


class Asked(NamedTuple):
    """A profile that was asked for, and the id by which it was."""

    component: Component
    record: Record
    asked: str


def evidence(component: Component, record: Record, rules: Rules) -> dict[str, Any]:
    """Links within the profile, and what speaks, or was said, for and against others being part of it."""
    found = account_of(component, record, rules)
    told = found.told(bytes.hex)
    members = set(record.members)
    for link, one in zip(found.links, told["links"], strict=True):
        one["event_id"] = link_event(link.link, component)
    for refusal, one in zip(found.refused, told["refused"], strict=True):
        away = refusal.refused.b if refusal.refused.a in members else refusal.refused.a
        other = component.record_of(away)
        one["other"] = other.pid if other is not None else None
    return {
        "profile_id": record.pid,
        **told,
        "separations": [
            {
                "a": sorted(fid.hex() for fid in one.a),
                "b": sorted(fid.hex() for fid in one.b),
                "event_id": one.event_id,
            }
            for one in component.separations
            if not members.isdisjoint(one.a | one.b)
        ],
    }


def account_of(component: Component, record: Record, rules: Rules) -> Account:
    """Why a stored profile is one person."""
    found = content_around(component, record.members, rules)
    return account(Decided(Evidence(*found, rules)), record.members)


def verdict(one: Asked, other: Asked, rules: Rules) -> Verdict | None:
    """Why two profiles are not one person; of two ids of one profile, why they are.

    None: the two ids are one profile, and no longer tell which of its fragments were whose.
    """
    pool = one.component
    if pool.cid != other.component.cid:
        pool = Component(b"")
        for each in (one.component, other.component):
            pool.absorb(each)
    met = content_around(one.component, one.record.members, rules)
    together = not set(other.record.members).isdisjoint(member.fid for member in met[0])
    evidence = Evidence(*(met if together else content(pool)), rules)
    found = Decided(evidence).partition if together else Partition([])
    if one.record.pid != other.record.pid:
        return apart(evidence, one.record.members, other.record.members, found.refused, together)
    sides = sides_of(pool, (one.asked, other.asked))
    if sides is None:
        return None
    left, right = (sorted(side.intersection(one.record.members)) for side in sides)
    return linked(evidence, left, right, found.links) if left and right else None
