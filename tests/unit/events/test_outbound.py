import base64

import orjson
from jsonschema import Draft202012Validator

from tests.unit.events.reading import refused
from unifier.events.letter import dead_letter_message
from unifier.events.outbound import CREATED, SOURCE, envelope
from unifier.events.schemas import json_schemas

PROFILE_ID = "p_0123456789abcdefghij"


def test_an_envelope_fits_its_schema() -> None:
    data = {"profile_id": PROFILE_ID, "cause": {"event_id": "e-1"}}
    message = orjson.loads(envelope(CREATED, "id-1", SOURCE, PROFILE_ID, 1_795_190_591_120, 17, data))
    Draft202012Validator(json_schemas()[CREATED]).validate(message)
    assert message["time"] == "2026-11-20T16:03:11.120Z"
    assert message["data"] == data


def test_sequences_sort_as_text_as_they_do_as_numbers() -> None:
    numbers = [0, 9, 10, 99, 100_000, 999_999_999_999]
    told = [
        orjson.loads(envelope(CREATED, "id", SOURCE, PROFILE_ID, 0, number, {}))["sequence"]
        for number in numbers
    ]
    assert told == sorted(told)
    assert [int(text) for text in told] == numbers


def test_a_dead_letter_tells_why_and_keeps_the_record() -> None:
    value, key, headers = b'{"type": "track"\xff', b"\x00k", [("ce_id", b"1"), ("none", None)]
    letter = dead_letter_message(
        refused("online", value), "unifier.online", 3, 812, 1_795_190_591_120, value, key, headers
    )
    message = orjson.loads(letter)
    Draft202012Validator(json_schemas()["unifier.dead-letter.v1"]).validate(message)
    data = message["data"]
    assert (data["reason"], data["source"]["offset"]) == ("not_json", 812)
    assert base64.b64decode(data["payload"]) == value
    assert base64.b64decode(data["key"]) == key
    assert [(h["name"], base64.b64decode(h["value"])) for h in data["headers"]] == [
        ("ce_id", b"1"),
        ("none", b""),
    ]
    assert message["id"] == message["subject"] == "unifier.online-3-812"


def test_a_dead_letter_is_the_same_on_every_repeat() -> None:
    letters = {dead_letter_message(refused("pos", b""), "t", 0, 1, -1, b"") for _ in range(2)}
    assert len(letters) == 1
    Draft202012Validator(json_schemas()["unifier.dead-letter.v1"]).validate(orjson.loads(letters.pop()))
