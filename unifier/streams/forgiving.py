"""Records of whatever publisher: also those whose headers have names that are no UTF-8.

Kafka says that a header's name is UTF-8, and brokers take any bytes. aiokafka cannot read such a record, nor
any behind it: one of them would hold up its partition for good. Here those names are read with \\xNN for what
is no character; nobody asks for headers of such names.
"""

from collections.abc import Iterator
from itertools import count, islice
from typing import Any

from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import MemoryRecords


class Records:
    """Stands for aiokafka's MemoryRecords in its fetcher: the batches that a fetch brought."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._records = MemoryRecords(raw)
        self._numbers = count()

    def has_next(self) -> bool:
        """Whether there is another batch."""
        return bool(self._records.has_next())

    def size_in_bytes(self) -> int:
        """Of all batches, one that is cut off included."""
        return len(self._raw)

    def next_batch(self) -> "_Batch":
        """The next batch."""
        return _Batch(self._records.next_batch(), self._raw, next(self._numbers))


class _Batch:
    """One batch; it is parsed in C, and anew in Python from where that cannot go on."""

    def __init__(self, batch: Any, raw: bytes, number: int) -> None:
        self._batch = batch
        self._raw = raw
        self._number = number

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __next__(self) -> Any:
        return next(self._batch)

    def __iter__(self) -> Iterator[Any]:
        read = 0
        try:
            for record in self._batch:
                read += 1
                yield record
        except UnicodeDecodeError:
            yield from islice(self._anew(), read, None)

    def _anew(self) -> Any:
        start, raw = 0, self._raw
        for _ in range(self._number):
            start = _end(raw, start)
        batch = _DefaultRecordBatchPy(raw[start : _end(raw, start)])
        batch._maybe_uncompress()
        batch._buffer = _Bytes(batch._buffer)
        return batch


def _end(raw: bytes, start: int) -> int:
    """Where a batch ends: it begins with 8 bytes of offset and 4 of the length of what follows."""
    return start + 12 + int.from_bytes(raw[start + 8 : start + 12])


class _Bytes(bytearray):
    """Of which every slice can be read as text."""

    def __getitem__(self, place: Any) -> Any:
        found = super().__getitem__(place)
        return _Bytes(found) if isinstance(found, bytearray) else found

    def decode(self, encoding: str = "utf-8", errors: str = "backslashreplace") -> str:
        return super().decode(encoding, errors)
