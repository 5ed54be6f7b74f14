"""Short ways to make members for tests of the partition."""

from collections.abc import Iterable, Sequence

from unifier.matching.identity import identify
from unifier.profiles.partition import Member, Partition, Separation, Tie, partition
from unifier.rules import default_rules

RULES = default_rules()


def member(name: str, *orders: str, **told: str) -> Member:
    """A fragment that told identifiers (the rules' types) and traits; `alone="yes"`: without consent."""
    alone = bool(told.pop("alone", ""))
    identifiers = tuple(sorted((kind, value) for kind, value in told.items() if kind in RULES.identifiers))
    traits = tuple(sorted((kind, value) for kind, value in told.items() if kind not in RULES.identifiers))
    identity = identify(identifiers, traits, "DE")
    return Member(name.encode(), identity, alone, frozenset(order.encode() for order in orders))


def tie(a: str, b: str, rule: str = "steward", at: int = 1) -> Tie:
    return Tie(a.encode(), b.encode(), rule, f"tie-{a}-{b}-{at}", at)


def apart(a: str, b: str, at: int = 1) -> Separation:
    """Names separated by spaces on each side."""
    left, right = (frozenset(name.encode() for name in side.split()) for side in (a, b))
    return Separation(left, right, f"apart-{a}-{b}-{at}", "steward", at)


def parted(
    members: Sequence[Member],
    ties: Sequence[Tie] = (),
    separations: Sequence[Separation] = (),
    shared: Iterable[str] = (),
) -> Partition:
    return partition(members, ties, separations, frozenset(shared), RULES)


def groups(
    members: Sequence[Member],
    ties: Sequence[Tie] = (),
    separations: Sequence[Separation] = (),
    shared: Iterable[str] = (),
) -> list[str]:
    """Each group as its names separated by spaces."""
    found = parted(members, ties, separations, shared).groups
    return [" ".join(fid.decode() for fid in group) for group in found]
