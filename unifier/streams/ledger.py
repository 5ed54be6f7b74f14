"""Which offset of each partition may be committed: the first one that is not worked off yet.

Chunks of a partition may be acknowledged in any order; what is committed never passes one that is not.
Offsets that hold no record (compacted, markers of transactions) belong to no chunk and stop nothing. Behind
the last chunk, and where there is none, they are committed too, or a topic that is worked off would look as
if one waited.
"""

from collections.abc import Mapping

Partition = tuple[str, int]
"""(topic, partition number)."""


class Ledger:
    """The chunks of one assignment of partitions. A new assignment begins it anew.

    The assignment is named by the group's generation: what is acknowledged or committed late, under an
    earlier generation, says nothing about chunks that are delivered now, though their offsets be the same.
    """

    def __init__(self) -> None:
        self.generation = -1
        self._chunks: dict[Partition, dict[int, int]] = {}  # last offset → what waits, 0: acknowledged
        self._heads: dict[Partition, int] = {}  # everything before it is acknowledged
        self._committed: dict[Partition, int] = {}
        self._reached: dict[Partition, int] = {}  # everything before it was delivered, or holds no record

    def begin(self, generation: int) -> None:
        """Forget everything: partitions were assigned, and are read from what is committed."""
        self.generation = generation
        self._chunks.clear()
        self._heads.clear()
        self._committed.clear()
        self._reached.clear()

    def goes_back(self, partition: Partition, first: int) -> bool:
        """Whether what begins with this offset is of a log that begins anew."""
        return first < next(reversed(self._chunks.get(partition, {})), self._heads.get(partition, 0) - 1) + 1

    def waits_in(self, partition: Partition) -> bool:
        """Whether chunks of the partition are handed over and not acknowledged."""
        return any(self._chunks.get(partition, {}).values())

    def forget(self, partition: Partition) -> None:
        """Of one partition, everything: its log begins anew."""
        for known in (self._chunks, self._heads, self._committed, self._reached):
            known.pop(partition, None)

    def deliver(self, partition: Partition, first: int, last: int) -> None:
        """A chunk of the offsets first to last, both included, was handed over."""
        self._heads.setdefault(partition, first)
        chunks = self._chunks.setdefault(partition, {})
        assert first <= last, (first, last)
        assert not self.goes_back(partition, first), "chunks of a partition come in order, each once"
        self._committed.setdefault(partition, first)
        chunks[last] = last - first + 1

    def reached(self, partition: Partition, position: int) -> None:
        """All records before this position were handed over."""
        if position > self._reached.get(partition, -1):
            self._reached[partition] = position
            self._committed.setdefault(partition, 0)  # nobody knows how far it is
            self._heads.setdefault(partition, position)
            self._pass_over(partition)

    def _pass_over(self, partition: Partition) -> None:
        """Come to where the consumer is, unless a chunk is in between."""
        if not self._chunks.get(partition):
            self._heads[partition] = max(self._heads[partition], self._reached.get(partition, 0))

    def ack(self, partition: Partition, last: int, generation: int) -> bool:
        """The chunk that ends with `last` is worked off. False if it is not, or no longer, awaited."""
        chunks = self._chunks.get(partition, {})
        if generation != self.generation or not chunks.get(last):
            return False
        chunks[last] = 0
        while chunks and not chunks[head := next(iter(chunks))]:
            del chunks[head]
            self._heads[partition] = head + 1
        self._pass_over(partition)
        return True

    def committable(self) -> dict[Partition, int]:
        """The offsets to commit, of partitions that came further since the last commit."""
        return {p: head for p, head in self._heads.items() if head > self._committed[p]}

    def committed(self, offsets: Mapping[Partition, int], generation: int) -> None:
        """The broker has these offsets of `committable`."""
        if generation == self.generation:
            self._committed.update(offsets)

    @property
    def heads(self) -> Mapping[Partition, int]:
        """The first offset that is not worked off, of each partition that had a chunk."""
        return self._heads

    @property
    def waiting(self) -> tuple[int, int]:
        """Chunks that are handed over and not acknowledged, and the records in them, by their offsets."""
        sizes = [size for chunks in self._chunks.values() for size in chunks.values() if size]
        return len(sizes), sum(sizes)
