"""Which link of a profile would be missed most: without which the most of it would fall off.

The partition says by which links it put fragments together; often others would have done it too. A link is a
bridge if nothing else between its two sides holds by itself: no other pair over the bar, no word, no
receipt, no browser or card that names this person alone.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations

from unifier.profiles.attach import Token
from unifier.profiles.decided import Decided
from unifier.profiles.evidence import Pair
from unifier.profiles.members import Link

Fids = tuple[bytes, ...]


def falls_off(decided: Decided, profile: Sequence[bytes]) -> dict[Link, Fids]:
    """Of each link within a profile the fragments, the smaller side of two, that it alone holds; or none.

    Takes time in proportion to the pairs of fragments.
    """
    number = decided.number
    members = sorted(number[fid] for fid in profile)
    links = {
        (number[link.a], number[link.b]): link
        for link in decided.partition.links
        if number[link.a] in members and number[link.b] in members
    }
    near = dict.fromkeys(members, 0)  # who holds to whom, a bit for each member
    for a, b in [*links, *_holding(decided, set(members))]:
        near[a] |= 1 << b
        near[b] |= 1 << a
    parent = _tree(members, list(links))
    below = {each: 1 << each for each in members}  # the side of each that its link to its parent holds
    seen_from = dict(near)
    found: dict[Link, Fids] = {}
    for child, up in reversed(parent.items()):
        side, other = below[child], ~below[child]
        bridge = seen_from[child] & other == 1 << up and near[up] & side == 1 << child
        link = links.get((child, up)) or links[up, child]
        found[link] = _smaller(decided, members, side) if bridge else ()
        below[up] |= side
        seen_from[up] |= seen_from[child]
    return found


def missed_most(falls: dict[Link, Fids]) -> Link | None:
    """The bridge without which most would fall off, of several the weakest; None where there is no bridge."""
    bridges = [link for link, off in falls.items() if off]
    return min(bridges, key=lambda link: (-len(falls[link]), link.bits, link), default=None)


def _tree(members: Sequence[int], links: Sequence[Pair]) -> dict[int, int]:
    """Member → the one before it on the way from the first, which comes earlier. Links make no circles."""
    beside: dict[int, list[int]] = {}
    for a, b in links:
        beside.setdefault(a, []).append(b)
        beside.setdefault(b, []).append(a)
    parent: dict[int, int] = {}
    done: set[int] = set()
    waiting = list(reversed(members))  # whom no link reaches begins a tree of its own
    while waiting:
        here = waiting.pop()
        if here not in done:
            done.add(here)
            away = [there for there in beside.get(here, ()) if there not in done]
            parent.update(dict.fromkeys(away, here))
            waiting += away
    return parent


def _smaller(decided: Decided, members: Sequence[int], side: int) -> Fids:
    inside = sorted(decided.evidence.members[n].fid for n in members if side >> n & 1)
    outside = sorted(decided.evidence.members[n].fid for n in members if not side >> n & 1)
    return tuple(inside if len(inside) <= len(outside) else outside)


def _holding(decided: Decided, profile: set[int]) -> Iterator[Pair]:
    """The pairs within a profile that hold by themselves."""
    evidence, rules = decided.evidence, decided.evidence.rules
    for a, b in evidence.candidates(rules.matching.block_cap):
        if a in profile and b in profile and evidence.pair(a, b)[0] >= rules.matching.merge_bits:
            yield a, b
    carriers: dict[Token, list[int]] = {}
    for number in sorted(profile):
        if not evidence.members[number].alone:
            tokens: list[Token] = [t for t in evidence.facts[number].tokens if evidence.telling(t)]
            for token in [*tokens, *evidence.orders[number]]:
                carriers.setdefault(token, []).append(number)
    strong = evidence.strong
    for token, holders in carriers.items():
        elsewhere: list[int] = []
        device = True  # or a receipt: tells that two nameless ones are one
        if not isinstance(token, bytes):
            elsewhere = [n for n in evidence.holders[token] if strong[n] and n not in profile]
            device = rules.identifiers[token[0]].strength == "device"
        if not elsewhere:
            for a, b in combinations(holders, 2):
                # A card also leads from an account without a name to its owner.
                owner = evidence.facts[a].accounts_only != evidence.facts[b].accounts_only
                if strong[a] != strong[b] or (not strong[a] and device) or (owner and not device):
                    yield a, b
