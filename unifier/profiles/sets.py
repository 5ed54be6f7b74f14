"""Sets of what belongs together (union-find)."""

from typing import Generic, TypeVar

Thing = TypeVar("Thing", int, bytes, str)


class Sets(Generic[Thing]):
    """Disjoint sets that only ever grow. Named by their smallest: the order of joins decides nothing."""

    def __init__(self) -> None:
        self._parent: dict[Thing, Thing] = {}

    def of(self, thing: Thing) -> Thing:
        """The name of a thing's set; what was never joined is by itself."""
        parent = self._parent
        while (up := parent.get(thing, thing)) != thing:
            parent[thing] = parent.get(up, up)
            thing = up
        return thing

    def join(self, a: Thing, b: Thing) -> Thing:
        """Put the sets of two things together; gives the name of what they are now."""
        low, high = sorted((self.of(a), self.of(b)))
        if low != high:
            self._parent.setdefault(low, low)
            self._parent[high] = low
        return low

    def all(self) -> list[list[Thing]]:
        """Every set of things that were joined, sorted."""
        found: dict[Thing, list[Thing]] = {}
        for thing in sorted(self._parent):
            found.setdefault(self.of(thing), []).append(thing)
        return list(found.values())
