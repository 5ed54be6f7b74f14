"""Why a profile is one person, and why others are not part of it: the partition, worked out again."""

from typing import Any

from unifier.profiles.component import Component, Record
from unifier.profiles.fold import regroup
from unifier.rules import Rules
from unifier.streams.effects import link_event


def evidence(component: Component, record: Record, rules: Rules) -> dict[str, Any]:
    """Links within the profile, and what speaks, or was said, for and against others being part of it."""
    members = set(record.members)
    partition = regroup(component, rules)
    return {
        "profile_id": record.pid,
        "links": [
            {
                "a": link.a.hex(),
                "b": link.b.hex(),
                "rule": link.rule,
                "bits": round(link.bits, 2),
                "event_id": link_event(link, component),
            }
            for link in partition.links
            if link.a in members and link.b in members
        ],
        "refused": [
            {
                "a": one.a.hex(),
                "b": one.b.hex(),
                "rule": one.rule,
                "bits": round(one.bits, 2),
                "reason": one.reason,
            }
            for one in partition.refused
            if one.a in members or one.b in members
        ],
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
