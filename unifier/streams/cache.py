"""What one worker remembers of Redis. Never trusted: the compare in the commit tells when it was stale.

Blobs, not objects, so that the garbage collector has nothing to walk. Two generations of dictionaries
instead of an ordered one: a lookup costs no bookkeeping, and what was not used for a generation goes.
"""

from typing import Generic, TypeVar

V = TypeVar("V")

BLOB_BYTES = 10 * 2**20  # a generation of blobs: some 7,000 components
ROOTS = 25_000  # a generation of signposts, some 150 bytes each


class Generations(Generic[V]):
    """A mapping that forgets what was not used since the last generation began."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held = 0
        self._young: dict[bytes, V] = {}
        self._old: dict[bytes, V] = {}

    def get(self, key: bytes) -> V | None:
        """The value, or None."""
        value = self._young.get(key)
        if value is None:
            value = self._old.pop(key, None)
            if value is not None:
                self[key] = value
        return value

    def __getitem__(self, key: bytes) -> V:
        value = self.get(key)
        if value is None:
            raise KeyError(key)
        return value

    def __contains__(self, key: bytes) -> bool:
        return key in self._young or key in self._old

    def __setitem__(self, key: bytes, value: V) -> None:
        if self._held >= self._most:
            self._old, self._young, self._held = self._young, {}, 0
        self._young[key] = value
        self._held += self._size(value)

    def pop(self, key: bytes) -> None:
        """Forget a key."""
        self._young.pop(key, None)
        self._old.pop(key, None)

    def _size(self, value: V) -> int:
        return 1


class Blobs(Generations[bytes]):
    """The same, measured in bytes."""

    def _size(self, value: bytes) -> int:
        return len(value)


class Cache:
    """Fragment → component, and component → raw value."""

    def __init__(self) -> None:
        self.roots: Generations[bytes] = Generations(ROOTS)
        self.blobs = Blobs(BLOB_BYTES)

    def put(self, cid: bytes, value: bytes) -> None:
        """Remember a component's raw value."""
        self.blobs[cid] = value
        self.roots[cid] = cid

    def forget(self, cid: bytes) -> None:
        """What was remembered proved stale."""
        self.blobs.pop(cid)
        self.roots.pop(cid)
