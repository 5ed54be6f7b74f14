"""From fragments to the components that they are in, along the signposts.

A component on its way into another (on a cluster) is frozen. Until the other has it, it is where it was: a
reader sees the state before the move, or after it, never a gap and never both.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from unifier.profiles.component import Component
from unifier.profiles.store.layout import FROZEN, HEAD_BYTES, LIVE

HOPS_MAX = 32  # signposts followed from one home; merges always point to a smaller id, so there is no circle

Read = Callable[[Sequence[bytes]], Awaitable[Sequence[bytes | None]]]
"""Fragments → their home values, as `Store.homes` gives them."""


@dataclass(slots=True)
class Followed:
    """Where some fragments are. A value is a head, "L" or "F" and version, and a packed component."""

    roots: dict[bytes, bytes | None] = field(default_factory=dict)  # fragment → component, None: never seen
    values: dict[bytes, bytes] = field(default_factory=dict)  # component → value
    halves: dict[bytes, bytes] = field(default_factory=dict)  # frozen component → that which is to take it in
    astray: set[bytes] = field(default_factory=set)  # homes without a value, to which signposts lead

    def learn(self, more: "Followed") -> None:
        """Take in what was found of other fragments."""
        for fid, root in self.roots.items():
            if root in more.halves:  # known from before it was frozen
                self.roots[fid] = more.roots[root]
        self.roots |= more.roots
        self.values |= more.values
        self.halves |= more.halves


async def follow(read: Read, waiting: Mapping[bytes, Sequence[bytes]]) -> Followed:
    """Find components. `waiting`: home to begin at → fragments that it leads to."""
    found, frozen = Followed(), dict[bytes, bytes]()
    via: dict[bytes, list[bytes]] = {}  # fragment → frozen components passed on the way
    for _ in range(HOPS_MAX):
        if not waiting:
            _halve(found, frozen, via)
            return found
        homes = list(waiting)
        following: dict[bytes, list[bytes]] = {}
        for home, value in zip(homes, await read(homes), strict=True):
            fids = waiting[home]
            if value is None:
                found.roots |= dict.fromkeys(fids)
                if any(fid != home for fid in fids):
                    found.astray.add(home)
            elif value[:1] == LIVE:
                found.values[home] = value
                for fid in fids:
                    found.roots[fid] = home
            else:
                if value[:1] == FROZEN:
                    frozen[home] = value
                    fids = [*fids, home]
                    for fid in fids:
                        via.setdefault(fid, []).append(home)
                following.setdefault(value[1:HEAD_BYTES], []).extend(fids)
        waiting = following
    raise RuntimeError("a signpost in Redis leads in a circle; the state was written by something else")


def _halve(found: Followed, frozen: Mapping[bytes, bytes], via: Mapping[bytes, Sequence[bytes]]) -> None:
    """Tell the frozen components that are taken in already from those that are yet to be."""
    held: dict[bytes, Component] = {}  # those whose content nobody else has
    for cid, value in frozen.items():
        if (root := found.roots[cid]) is None:
            continue
        inner = value[HEAD_BYTES:]
        component = Component.unpack(cid, inner[HEAD_BYTES:])
        target = Component.unpack(root, found.values[root][HEAD_BYTES:])
        head = FROZEN + inner[1:HEAD_BYTES]
        found.halves[cid] = root
        if any(target.has_to_do_with(fid) for fid in component.everybody()):
            found.values[cid] = head + Component(cid, form=target.form).pack(())
        else:
            found.values[cid] = head + inner[HEAD_BYTES:]
            held[cid] = component
    for fid, passed in via.items():
        for cid in passed:
            if cid in held and held[cid].has_to_do_with(fid):
                found.roots[fid] = cid
                break
