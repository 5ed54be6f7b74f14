"""Records are read whatever bytes their headers are named in."""

import pytest
from aiokafka.record.default_records import DefaultRecordBatch, _DefaultRecordBatchBuilderPy

from tests.headers import Unreadable
from unifier.streams.forgiving import Records

GZIP, LZ4 = DefaultRecordBatch.CODEC_GZIP, DefaultRecordBatch.CODEC_LZ4


def batch(*names: str, first: int = 0, compression: int = 0) -> bytes:
    """A batch of records, each with a header of such a name."""
    builder = _DefaultRecordBatchBuilderPy(2, compression, 0, -1, -1, -1, 100_000)
    for offset, name in enumerate(names):
        builder.append(
            offset, 1_000, b"key", f"{first + offset}".encode(), [(name, b"value"), ("other", None)]
        )
    built = builder.build()
    return first.to_bytes(8) + bytes(built[8:])


def read(raw: bytes) -> list[tuple[int, bytes, str]]:
    records, found = Records(raw), []
    while records.has_next():
        one = records.next_batch()
        assert one.validate_crc()
        found += [(r.offset, r.value, r.headers[0][0]) for r in one]
    return found


@pytest.mark.parametrize("compression", [0, GZIP, LZ4])
def test_a_header_that_is_no_utf8_stops_nothing(compression: int) -> None:
    bad = Unreadable("name")
    raw = batch("a", "b") + batch("c", bad, "d", bad, first=2, compression=compression) + batch("e", first=6)
    names = ["a", "b", "c", "\\xffname", "d", "\\xffname", "e"]
    assert read(raw) == [(offset, f"{offset}".encode(), name) for offset, name in enumerate(names)]


def test_a_batch_that_is_cut_off_is_left_to_the_next_fetch() -> None:
    raw = batch("a")
    records = Records(raw[:-1])
    assert (records.has_next(), records.size_in_bytes()) == (False, len(raw) - 1)
