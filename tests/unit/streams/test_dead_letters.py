import base64
from dataclasses import replace

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.records import Record
from unifier.events.errors import Unreadable
from unifier.events.outbound import CloudEvent
from unifier.events.outbound import DeadLetter as Model
from unifier.profiles.store import Seal
from unifier.streams import dead_letters
from unifier.streams.dead_letters import DeadLetter, Kept, is_settled, kept_in, of_record
from unifier.streams.publisher import BATCH_BYTES, Message
from unifier.streams.redaction import without_record

SEALS = (Seal(), Seal([bytes(range(32))]))
RECORD = Record(42, b"not json")


def letter(record: Record) -> DeadLetter:
    return DeadLetter("unifier.pos", 3, record, Unreadable("not_json", "", "send UTF-8 JSON"))


def message_of(one: DeadLetter, seal: Seal = SEALS[0]) -> Message:
    return dead_letters.message_of(one, seal)


def test_a_dead_letter_is_keyed_by_the_position_of_its_record() -> None:
    message = message_of(letter(RECORD))
    assert (message.topic, message.key) == ("dead-letters", b"unifier.pos-3-42")
    data = orjson.loads(message.value or b"")["data"]
    assert data["source"] == {"topic": "unifier.pos", "partition": 3, "offset": 42}
    assert data["reason"] == "not_json"


def test_a_repeated_dead_letter_is_the_same_message() -> None:
    record = replace(RECORD, key=b"k", headers=[("h", b"v")])
    assert message_of(letter(record)) == message_of(letter(record))


def test_a_tombstone_that_cannot_be_read_has_an_empty_payload() -> None:
    assert orjson.loads(message_of(letter(replace(RECORD, value=None))).value or b"")["data"]["payload"] == ""


@given(value=st.integers(0, 1_100_000), key=st.integers(0, 1_100_000), header=st.integers(0, 1_100_000))
def test_a_dead_letter_fits_into_one_batch_whatever_its_record_was(value: int, key: int, header: int) -> None:
    for seal in SEALS:
        record = replace(RECORD, key=bytes(key), value=bytes(value), headers=[("h", bytes(header))])
        message = message_of(letter(record), seal)
        assert len(message.key) + len(message.value or b"") < BATCH_BYTES - 1024


@pytest.mark.parametrize(("name", "count"), [("\0", 60_000), ("h", 65_536), ("\0" * 65_536, 1), ("ä", 700)])
def test_a_dead_letter_fits_however_many_headers_its_record_has(name: str, count: int) -> None:
    for seal in SEALS:
        record = replace(RECORD, value=bytes(300_000), key=bytes(20_000), headers=[(name, b"")] * count)
        message = message_of(letter(record), seal)
        assert len(message.value or b"") < BATCH_BYTES - 1024


headers = st.lists(st.tuples(st.text(max_size=9), st.binary(max_size=9)), max_size=4)


@given(st.binary(max_size=99), st.none() | st.binary(max_size=9), headers, st.sampled_from(SEALS))
def test_what_a_letter_keeps_is_its_record(
    value: bytes, key: bytes | None, told: list[tuple[str, bytes]], seal: Seal
) -> None:
    message = message_of(letter(replace(RECORD, key=key, value=value, headers=told)), seal).value
    assert message is not None
    kept = kept_in(message, seal)
    assert kept is not None
    assert (kept.value, kept.key, kept.headers, kept.complete) == (value, key, told, True)
    assert (kept.topic, kept.partition, kept.position) == ("unifier.pos", 3, "unifier.pos-3-42")
    assert kept.reason == "not_json"


@pytest.mark.parametrize("seal", SEALS)
def test_what_is_cut_off_says_so(seal: Seal) -> None:
    for record in (
        replace(RECORD, value=bytes(300_000)),
        replace(RECORD, key=bytes(20_000)),
        replace(RECORD, headers=[("h", bytes(70_000))]),
    ):
        kept = kept_in(message_of(letter(record), seal).value or b"", seal)
        assert kept is not None
        assert not kept.complete


@pytest.mark.parametrize(
    "foreign", [b"", b"[]", b"7", b"{}", b'{"type": "another"}', b'{"type": 1, "data": []}']
)
def test_a_foreign_message_is_no_letter(foreign: bytes) -> None:
    assert kept_in(foreign, Seal()) is None
    assert kept_in(foreign.replace(b"another", b"unifier.dead-letter.v1"), Seal()) is None


def test_a_sealed_letter_shows_nothing_and_fits_the_contract() -> None:
    record = replace(RECORD, key=b"anna@example.org", value=b"Anna", headers=[("who", b"Anna")])
    message = message_of(letter(record), SEALS[1]).value or b""
    CloudEvent[Model].model_validate_json(message, strict=True)
    for told in (b"Anna", b"anna@example.org"):
        assert base64.b64encode(told).rstrip(b"=") not in message


@given(st.binary(max_size=99), st.none() | st.binary(max_size=9), headers)
def test_a_sealed_letter_opens_into_the_plain_one(
    value: bytes, key: bytes | None, told: list[tuple[str, bytes]]
) -> None:
    plain, sealed = (
        message_of(letter(replace(RECORD, key=key, value=value, headers=told)), seal).value for seal in SEALS
    )
    assert plain is not None
    assert sealed is not None
    assert of_record(sealed, SEALS[1]) == (mine := of_record(plain, SEALS[0]))
    assert orjson.loads(mine or b"").items() <= orjson.loads(plain)["data"].items()


@pytest.mark.parametrize("seal", [Seal(), Seal([bytes(32)])])
def test_of_a_letter_whose_key_is_lost_the_reason_is_known(seal: Seal) -> None:
    record = replace(RECORD, key=b"anna@example.org", headers=[("who", b"Anna")])
    message = message_of(letter(record), SEALS[1]).value or b""
    assert of_record(message, seal) is None
    kept = kept_in(message, seal)
    assert kept == Kept("not_json", "unifier.pos", 3, "unifier.pos-3-42", b"", None, [], False, sealed=True)


def test_what_was_put_back_or_erased_is_settled() -> None:
    message = message_of(letter(RECORD)).value
    assert message is not None
    assert is_settled(None)
    assert not is_settled(message)
    assert is_settled(without_record(message))
