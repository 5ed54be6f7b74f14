"""From what a component holds to who is one person: what the partition is asked.

A component is asked about as a whole as long as living keys hold it together. Once a key has died, what only
dead keys tied is asked about part by part, as if it had never met.
"""

from collections.abc import Container, Iterable, Sequence, Set

from unifier.profiles.component import Component
from unifier.profiles.consent import unstitched
from unifier.profiles.fragment import Fragment
from unifier.profiles.held import held_together
from unifier.profiles.partition import REVIEWS_MAX, Member, Partition, Separation, Tie, partition
from unifier.rules import Rules

UNSURE_MAX = 100
"""Reviews that nobody could decide, in the place of which others are asked."""
Content = tuple[list[Member], list[Tie], list[Separation], frozenset[str]]
"""What a partition is worked out from: members, ties, separations, shared keys."""


def regroup(component: Component, rules: Rules, *, stitching: bool = False) -> Partition:
    """Work out who is one person from all the evidence in the component.

    `stitching`: as it were if everybody had consented to be stitched.
    """
    if not component.packed:
        return Partition([])
    reviews = reviews_of(component)
    parts = [partition(*part, rules, reviews) for part in contents(component, rules, stitching) if part[0]]
    if restricted := component.restricted:  # they stay as they are
        kept = [r.members for r in component.records.values() if not restricted.isdisjoint(r.members)]
        parts.append(Partition(kept))
    if len(parts) == 1:
        return parts[0]
    return Partition(
        sorted(group for part in parts for group in part.groups),
        sorted(link for part in parts for link in part.links),
        sorted(refused for part in parts for refused in part.refused),
        [review for part in parts for review in part.reviews],
    )


def reviews_of(component: Component) -> int:
    """How many reviews a component is asked for: those that nobody could decide take no other's place."""
    return REVIEWS_MAX + min(len(component.unsure), UNSURE_MAX)


def content(component: Component, stitching: bool = False) -> Content:
    """All of a component."""
    fragments = list(component.fragments())
    alone = set() if stitching else unstitched(fragments, component.shared)
    members = [Member(f.fid, f.identity, f.fid in alone, f.order_keys()) for f in fragments]
    ties = component.ties + _claimed(fragments, component.shared)
    return members, ties, component.separations, frozenset(component.shared)


def content_around(component: Component, fids: Container[bytes], rules: Rules) -> Content:
    """The part in which these fragments are."""
    parts = [*contents(component, rules), *everybody(component, rules)]  # the latter, if they are restricted
    return next(part for part in parts if any(member.fid in fids for member in part[0]))


def look_again(component: Component, dead_keys: set[str], rules: Rules) -> bool:
    """See whether living keys hold the component together. True when that has changed.

    `dead_keys` are those of the blocking keys that its fragments have in common which have too many holders.
    """
    found = dead_keys if len(_parts(component, content(component), dead_keys, rules)) > 1 else None
    changed = found != component.dead_keys
    component.dead_keys = found
    return changed


def contents(component: Component, rules: Rules, stitching: bool = False) -> list[Content]:
    """The parts of a component that are asked about by themselves; without those who are restricted."""
    parts = everybody(component, rules, stitching)
    if not (restricted := component.restricted):
        return parts
    return [([member for member in part[0] if member.fid not in restricted], *part[1:]) for part in parts]


def everybody(component: Component, rules: Rules, stitching: bool = False) -> list[Content]:
    """The same with those who are restricted."""
    whole = content(component, stitching)
    if component.dead_keys is None:
        return [whole]
    return [(part, *whole[1:]) for part in _parts(component, whole, component.dead_keys, rules)]


def _parts(component: Component, whole: Content, dead_keys: set[str], rules: Rules) -> list[list[Member]]:
    members, ties, _, shared = whole
    fragments = list(component.fragments())
    bound = [(tie.a, tie.b) for tie in ties]
    bound += _sharing((f.fid, f.receipts()) for f in fragments)
    # A claim of a source ties all who make it, though nobody who carries the identifier may have come by yet.
    bound += _sharing((f.fid, [key for key in f.claims if key not in shared]) for f in fragments)
    return held_together(members, bound, shared | dead_keys, rules)


def _sharing(keys_of: Iterable[tuple[bytes, Iterable[str]]]) -> list[tuple[bytes, bytes]]:
    """Fragments that have a key in common: each of them with the first."""
    first: dict[str, bytes] = {}
    return [(first.setdefault(key, fid), fid) for fid, keys in keys_of for key in keys]


def _claimed(fragments: Sequence[Fragment], shared: Set[str]) -> list[Tie]:
    """Ties that sources assert: a fragment claims an identifier that others carry and that is not shared."""
    if not any(fragment.claims for fragment in fragments):
        return []
    carriers: dict[str, list[bytes]] = {}
    for fragment in fragments:
        for kind, value in fragment.identity.ids:
            carriers.setdefault(f"{kind}|{value}", []).append(fragment.fid)
    return [
        Tie(fragment.fid, other, "source", event_id, at)
        for fragment in fragments
        for key, (event_id, at) in sorted(fragment.claims.items())
        if key not in shared
        for other in carriers.get(key, ())
        if other != fragment.fid
    ]
