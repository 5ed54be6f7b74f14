"""Whoever is looked for is found wherever a record holds the identifier, in whatever writing."""

import base64
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.profiles.making import KEYS, RULES
from unifier.events.examples import EXAMPLES
from unifier.events.schemas import json_schemas
from unifier.profiles.traces import SOMETHING_ELSE, Traces
from unifier.profiles.whom import hashed

ANNA = {"email": "anna@example.org", "phone": "+49 30 5550199", "loyalty_id": "L-4711", "cookie_id": "c81"}
CARD, MAIL = "12345678901234567890", "anna.o'hörmann@example.org"
TRACES = Traces(hashed(ANNA.items(), KEYS, RULES, "DE"), KEYS, "DE")


@pytest.mark.parametrize(
    "record",
    [
        b'{"traits": {"email": " Anna@Example.org"}}',
        b'{"deep": [{"er": [{"phone": "030/555 01 99"}]}]}',
        b'{"context": {"page": {"url": "https://shop.example/?mail=anna%40example.org&x=1"}}}',
        b'{"anna@example.org": true}',
        b'{"text": "call +49 (30) 5550199 please"}',
        b'{"customer": {"loyalty_id": "L-4711"',
        b"c81",
        b"\xff\xfe broken, but from anna@example.org",
        json.dumps({"payload": base64.b64encode(b'{"loyalty_id":"L-4711"}').decode()}).encode(),
        json.dumps({"headers": [{"name": "x", "value": base64.b64encode(b"c81").decode()}]}).encode(),
        b'{"email": "anna@example.org", "email": ""}',
        b'{"a":' * 300 + b'"c81"' + b"}" * 300,
        b'{"a":' * 3_000 + b'"c81"' + b"}" * 3_000,
        '{"email": "anna@example.org"}'.encode("utf-16"),
        b'{"phone": "\\u002b49 30 555\\u002001\\u002099", ',
        b"it was 'anna@example.org'",
        b"\xff\xfeanna@example.org\xff",
        b"\x00\x00\x00\x00\x01\x08Anna\x20anna@example.org\x0eL-4711\x00",
        b'{"text": "\\ud800 c81", "source": "\\ud800", "record_id": "\\ud800"}',
    ],
)
def test_a_record_that_holds_an_identifier_is_found(record: bytes) -> None:
    assert TRACES.in_record(record)


@pytest.mark.parametrize(
    "record",
    [
        b"",
        b"null",
        b'{"email": "joanna@example.org"}',
        b'{"id": "L-47110", "n": [4711, 1.5]}',
        b'"c8 1"',
        b"[[[]]]",
    ],
)
def test_others_are_let_be(record: bytes) -> None:
    assert not TRACES.in_record(record)


TWELVE = Traces(hashed([("account_id", "12")], KEYS, RULES, "DE"), KEYS, "DE")


def test_a_number_may_be_an_identifier() -> None:
    assert TWELVE.in_record(b'{"userId": 12}')
    assert not TWELVE.in_record(b'{"touches": 12}', numbers=False)
    assert TWELVE.in_record(b'{"account_id": ["12"]}', numbers=False)


@pytest.mark.parametrize("record", [EXAMPLES["pos"][0], EXAMPLES["online"][1], EXAMPLES["crm"][0]])
def test_a_short_identifier_is_not_found_in_what_the_contracts_say_is_something_else(
    record: dict[str, Any],
) -> None:
    told = json.dumps(record).replace("1010", "12").replace("4711", "12").replace("17", "12")
    assert not TWELVE.in_record(told.replace("Hauptstra\\u00dfe 1", "Hauptstr. 12").encode())
    for place in (
        '{"user": "12", ',
        '{"note": "customer 12 called", ',
        '{"total": {"of": "12"}, ',
        '{"12": 1, ',
    ):
        assert TWELVE.in_record(told.replace("{", place, 1).encode())


def test_what_is_no_coincidence_is_found_wherever_it_is() -> None:
    traces = Traces(hashed([("account_id", "471112")], KEYS, RULES, "DE"), KEYS, "DE")
    for name in SOMETHING_ELSE:
        assert traces.in_record(json.dumps({name: "471112"}).encode())
        assert traces.in_record(json.dumps({name: 471112}).encode())


def test_what_names_nobody_is_declared_and_nothing_that_names_somebody_is_among_it() -> None:
    declared = set(re.findall(r'"([A-Za-z_]+)": \{', json.dumps(json_schemas())))
    naming = (
        "userId anonymousId previousId id email phone loyalty_id payment_account card_fingerprint record_id"
    )
    assert declared >= SOMETHING_ELSE | set(naming.split())
    assert SOMETHING_ELSE.isdisjoint(naming.split())


@pytest.mark.parametrize(
    ("kind", "value", "record"),
    [
        ("loyalty_id", CARD, f'{{"loyalty_id": {CARD}}}'),
        ("loyalty_id", "DE/47 11", r'{"loyalty_id": "DE\/47 11", "first'),
        ("email", MAIL, json.dumps({"email": MAIL})[:-1]),
        ("email", MAIL, f"{{'email': '{MAIL}'}}"),
        ("crm_id", "shop:7", '{"source": "shop", "record_id": 7, "traits": []}'),
        ("account_id", "j\u00f6rg", '{"userId": "jo\u0308rg", '),
        ("crm_id", "shop:j\u00f6rg", '{"source": "shop", "record_id": "jo\u0308rg "}'),
        ("crm_id", "shop%3Aat:7", '{"source": "shop:at", "record_id": "7"}'),
        ("crm_id", "shop:7", '{"data": {"source": "shop", "record_id": "8", "merged_into": "7"}}'),
    ],
)
def test_whatever_an_identifier_looks_like_it_is_found(kind: str, value: str, record: str) -> None:
    assert Traces(hashed([(kind, value)], KEYS, RULES, "DE"), KEYS, "DE").in_record(record.encode())


@given(
    st.recursive(
        st.text() | st.integers() | st.none(), lambda part: st.lists(part) | st.dictionaries(st.text(), part)
    )
)
def test_any_json_can_be_looked_through(told: object) -> None:
    assert not TRACES.in_record(json.dumps(told).encode())
    assert TRACES.in_record(json.dumps([told, {"a": ["ANNA@example.org"]}]).encode())


@given(st.binary())
def test_any_bytes_can_be_looked_through(record: bytes) -> None:
    assert not TRACES.in_record(record)
