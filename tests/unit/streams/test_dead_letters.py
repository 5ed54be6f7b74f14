from dataclasses import dataclass, field

import orjson
from hypothesis import given
from hypothesis import strategies as st

from unifier.events.errors import Unreadable
from unifier.streams.dead_letters import DeadLetter, message_of
from unifier.streams.publisher import BATCH_BYTES


@dataclass
class Record:
    offset: int = 42
    timestamp: int = 1_790_000_000_000
    key: bytes | None = None
    value: bytes | None = b"not json"
    headers: list[tuple[str, bytes]] = field(default_factory=list)


def letter(record: Record) -> DeadLetter:
    return DeadLetter("unifier.pos", 3, record, Unreadable("not_json", "", "send UTF-8 JSON"))


def test_a_dead_letter_is_keyed_by_the_position_of_its_record() -> None:
    message = message_of(letter(Record()))
    assert (message.topic, message.key) == ("dead-letters", b"unifier.pos-3-42")
    data = orjson.loads(message.value or b"")["data"]
    assert data["source"] == {"topic": "unifier.pos", "partition": 3, "offset": 42}
    assert data["reason"] == "not_json"


def test_a_repeated_dead_letter_is_the_same_message() -> None:
    record = Record(key=b"k", headers=[("h", b"v")])
    assert message_of(letter(record)) == message_of(letter(record))


def test_a_tombstone_that_cannot_be_read_has_an_empty_payload() -> None:
    assert orjson.loads(message_of(letter(Record(value=None))).value or b"")["data"]["payload"] == ""


@given(value=st.integers(0, 1_100_000), key=st.integers(0, 1_100_000), header=st.integers(0, 1_100_000))
def test_a_dead_letter_fits_into_one_batch_whatever_its_record_was(value: int, key: int, header: int) -> None:
    record = Record(key=bytes(key), value=bytes(value), headers=[("h", bytes(header))])
    message = message_of(letter(record))
    assert len(message.key) + len(message.value or b"") < BATCH_BYTES - 1024
