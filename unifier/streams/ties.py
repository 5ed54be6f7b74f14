"""Ties: what of a batch belongs together, as far as a component has room."""

from collections.abc import Mapping

from unifier.profiles.component import Component
from unifier.profiles.sets import Sets
from unifier.profiles.store.layout import HEAD_BYTES

FRAGMENT_BYTES_LEAST = 100  # no stored fragment is smaller: a cheap bound of how many there are


class Ties(Sets[bytes]):
    """Nodes that belong together: components, and fragments never seen."""

    def __init__(self) -> None:
        super().__init__()
        self._joins: list[tuple[bytes, bytes]] = []

    def join(self, a: bytes, b: bytes) -> bytes:
        """Remembered, to be undone where a set gets too large."""
        if a != b:
            self._joins.append((a, b))
        return super().join(a, b)

    def keep_within(self, most: int, stored: Mapping[bytes, bytes]) -> int:
        """Undo ties that make a component of more than `most` fragments. `stored`: component → value.

        Gives how many components would have had more.
        """
        over = 0
        for nodes in self.all():
            values = {node: stored[node] for node in nodes if node in stored}
            if len(nodes) + sum(map(len, values.values())) // FRAGMENT_BYTES_LEAST <= most:
                continue
            sizes = dict.fromkeys(nodes, 1)
            for node, value in values.items():
                sizes[node] = len(Component.unpack(b"", value[HEAD_BYTES:]))
            if sum(sizes.values()) > most:
                over += 1
                self._limit(sizes, most)
        return over

    def _limit(self, sizes: Mapping[bytes, int], most: int) -> None:
        """Take the nodes apart and join them again, but for joins that make a set larger than `most`."""
        for node in sizes:
            self._parent[node] = node
        held = dict(sizes)
        for a, b in self._joins:
            if a in sizes and (a := self.of(a)) != (b := self.of(b)) and (size := held[a] + held[b]) <= most:
                held[super().join(a, b)] = size
