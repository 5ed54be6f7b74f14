"""Hostile messages: what a broken or malicious publisher may send, drawn from a seed.

Each starts as an example of its contract, is bent at some places, and may be damaged as bytes. Most cannot
be read; the others are right events with strange values.
"""

import json
from collections.abc import Iterator, Sequence
from copy import deepcopy
from random import Random
from typing import Any, NamedTuple

import orjson

from unifier.events.decode import TopicKind
from unifier.events.examples import EXAMPLES

MIB = 1_000_000  # below the limit of a broker's record
KINDS: tuple[TopicKind, ...] = ("online", "pos", "crm", "control")
_WEIGHTS = (5, 4, 3, 1)
_HUGE_EVERY = 2_000  # messages, for one of a megabyte

Path = tuple[str | int, ...]
Headers = Sequence[tuple[str, bytes]]

TEXTS: Sequence[str] = (
    "", " ", "\x00", "a\x00b", "\t\r\n", "\x1b[2J\x1b[31m", "\x7f\x80\x9f", "\ufeff", "\u2028\u2029",
    "\u202egnp.exe", "\u200b\u200d", "Z\u0351\u036b\u0343a\u0334l\u0321g\u0335o" * 9,
    "\U0001f469\u200d\U0001f680" * 20,
    '=HYPERLINK("http://evil.example","x")', "@SUM(1+1)*cmd|' /C calc'!A0", "+1+1", "-2+3+cmd|' /C calc'!A0",
    "<script>alert(1)</script>", "'; DROP TABLE people; --", "{0.__class__}", "%s%n%x", "${jndi:ldap://x}",
    "../../etc/passwd", "{7}:c:*", "a|b|c", "\x1e\x1f", "p_0123456789abcdefghij", "null", "NaN", "true",
    "\ufdfa" * 100, "\u0130\u0149\u00df" * 60, "\uff12\uff10\uff12\uff16-11-20", "١٩٨٤-٠٢-٢٩",
    "x" * 200, "x" * 201,
    "x" * 256, "x" * 257, "y" * 8_192, "y" * 8_193, "@" * 200, "a@" * 100, "+" + "9" * 200,
    "+49" + " " * 190 + "1",
    "0000-00-00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "1969-12-31T23:59:59.999Z",
    "2026-02-30", "2026-11-20T24:00:00Z", "2026-W47-5", "+12026-11-20T00:00:00Z", "20261120T160311Z",
    "2026-11-20T16:03:11.123456789Z", "2026-11-20T16:03:11+23:59:59.999999", "1e400", "9" * 30, "-0", "0x10",
    "1,50", "١٢٣", "12345678901234567890.12345", "EUR", "eur", "\u20ac\u20ac\u20ac",
    "de", "\U0001f1e9\U0001f1ea",
)  # fmt: skip
SCALARS: Sequence[Any] = (
    None, True, False, 0, -1, 1, 2**31, 2**53 + 1, 2**63 - 1, 2**63, -(2**63) - 1, 2**64, 10**30,
    1e308, -1e308,
    5e-324, -0.0, 0.1, 1e12, 999999999999.9999, [], {}, [[]], [None], {"": ""}, {"a": {"b": {"c": {}}}},
    [[[[[[[[[[]]]]]]]]]], ["x"] * 1_001, {str(n): True for n in range(60)}, {"x" * 300: "y"},
    ["a", 1, None, {}],
    {"$ref": "#"}, {"__proto__": {"admin": True}}, [{"product_id": "p", "price": -1, "quantity": 1e9}],
)  # fmt: skip
RAW: Sequence[bytes] = (
    b"NaN", b"-Infinity", b"Infinity", b"1e400", b"-1e400", b"1e-400", b"9" * 5_000, b"-" + b"9" * 400,
    b"0." + b"3" * 3_000, b"01", b".5", b"5.", b"+1", b"0x1F", b"1_000", b'"\\ud800"', b'"\\udc00\\ud800"',
    b'"\\u0000"', b'"\\x41"', b'"\xff\xfe"', b'"\xc3("', b'"\xed\xa0\x80"', b'"\xf4\x90\x80\x80"', b'"\x00"',
    b'"\n"', b"'single'", b"undefined", b"", b"{", b"]", b'"', b"/* no */ 1", b'{"a": 1, "a": 2}', b"[1,]",
    b"[" * 150 + b"]" * 150, b"[" * 260 + b"]" * 260, b'{"a":' * 250 + b"1" + b"}" * 250, b"[" * 100_000,
    b"[" + b"0," * 40_000 + b"0]", b'"' + b"\\u0000" * 20_000 + b'"', b'"' + b"z" * 200_000 + b'"',
)  # fmt: skip
_HUGE: Sequence[bytes] = (
    b'"' + b"h" * MIB + b'"',
    b"[" + b"1," * (MIB // 2) + b"1]",
    b"9" * MIB,
    b"[" * MIB,
    b'"' + b"\xc3\xa4" * (MIB // 2) + b'"',
)
_HOLE = "@hole@"
_NAMES = frozenset(
    {"messageId", "event_id", "command_id", "userId", "anonymousId", "record_id", "loyalty_id", "order_id"}
)


class Message(NamedTuple):
    """One message for an inbound topic."""

    kind: TopicKind
    value: bytes
    headers: Headers = ()


def paths(value: Any, path: Path = ()) -> list[Path]:
    """All places in a JSON value."""
    parts: Any = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    found = [path] if path else []
    for name, part in parts:
        found += paths(part, (*path, name))
    return found


_EXAMPLES = {kind: [(orjson.dumps(one), paths(one)) for one in EXAMPLES[kind]] for kind in KINDS}


def hostile(seed: int) -> Iterator[Message]:
    """Messages without end; equal seeds give equal messages."""
    rng = Random(seed)
    number = 0
    while True:
        number += 1
        kind = rng.choices(KINDS, _WEIGHTS)[0]
        text, places = rng.choice(_EXAMPLES[kind])
        payload = orjson.loads(text)
        # Half of them are somebody nobody knows; the others meet, and grow what is stored.
        _rename(payload, f"{seed}-{number}" if rng.random() < 0.5 else f"{rng.randrange(50)}")
        filling = None
        for _ in range(rng.choice((0, 1, 1, 2, 3))):
            filling = _bend(payload, rng.choice(places), rng) or filling
        value = json.dumps(payload, ensure_ascii=rng.random() < 0.5).encode("utf-8", "surrogatepass")
        if filling is not None:
            if number % _HUGE_EVERY == 0:
                filling = rng.choice(_HUGE)
            value = value.replace(f'"{_HOLE}"'.encode(), filling, 1)
        if rng.random() < 0.05:
            value = b'{"%s": %s, %s' % (
                rng.choice(places)[-1].__str__().encode(),
                rng.choice(RAW[:6]),
                value[1:],
            )
        headers: Headers = ()
        if rng.random() < 0.15:
            value, headers = _enveloped(value, rng, number)
        if rng.random() < 0.25:
            value = _damaged(value, rng)
        yield Message(kind, value, headers)


def _rename(value: Any, mark: str) -> None:
    """Put a mark behind every name of somebody or something."""
    if isinstance(value, dict):
        for name, part in value.items():
            if name in _NAMES and isinstance(part, str):
                value[name] = f"{part}-{mark}"
            elif name == "email":
                value[name] = f"anna-{mark}@example.org"
            else:
                _rename(part, mark)


def _bend(payload: Any, path: Path, rng: Random) -> bytes | None:
    """Change a place, if it is still there; gives what is to be put as bytes where a hole was left."""
    place = payload
    try:
        for step in path[:-1]:
            place = place[step]
        there = place[path[-1]]
    except (KeyError, IndexError, TypeError):
        return None  # something else is there by now
    if isinstance(place, str):
        return None
    roll = rng.random()
    name: Any = path[-1]
    if roll < 0.35:
        place[name] = rng.choice(TEXTS)
    elif roll < 0.55:
        place[name] = deepcopy(rng.choice(SCALARS))
    elif roll < 0.7:
        place[name] = _HOLE
        return rng.choice(RAW)
    elif roll < 0.8:
        del place[name]
    elif roll < 0.9 and isinstance(there, str):
        at = rng.randrange(len(there) + 1)
        place[name] = there[:at] + rng.choice(TEXTS) + there[at:]
    elif isinstance(place, dict):
        place[rng.choice(TEXTS)] = deepcopy(rng.choice(SCALARS))
    return None


def _enveloped(value: bytes, rng: Random, number: int) -> tuple[bytes, Headers]:
    """The value in an envelope that may be as strange as what is in it."""
    attributes: dict[str, Any] = {
        "specversion": "1.0",
        "id": f"hostile-{number}",
        "source": "/hostile",
        "type": "event",
        "time": "2026-11-20T16:03:11Z",
    }
    for name in attributes:
        if rng.random() < 0.1:
            attributes[name] = rng.choice(TEXTS)
    if rng.random() < 0.5:
        headers = [(f"ce_{name}", told.encode("utf-8", "replace")) for name, told in attributes.items()]
        if rng.random() < 0.2:
            headers.append(
                (f"ce_{rng.choice(('id', 'time', 'specversion'))}", rng.choice((b"\xff", b"", b"x" * 9_000)))
            )
        return value, headers
    if rng.random() < 0.2:
        attributes[rng.choice(tuple(attributes))] = rng.choice(SCALARS)
    letter = json.dumps(attributes).encode()
    return letter[:-1] + b', "data": ' + value + b"}", ()


def _damaged(value: bytes, rng: Random) -> bytes:
    """The bytes as a faulty line, a wrong encoder or a fuzzer would leave them."""
    data = bytearray(value)
    for _ in range(rng.choice((1, 1, 2, 4))):
        at = rng.randrange(len(data) + 1)
        way = rng.randrange(9)
        if way == 0:
            data[at : at + 1] = rng.randbytes(1)
        elif way == 1:
            del data[at : at + rng.randrange(1, 9)]
        elif way == 2:
            data[at:at] = rng.randbytes(rng.randrange(1, 9))
        elif way == 3:
            del data[at:]
        elif way == 4:
            data[at:at] = data[at : at + 40]
        elif way == 5:
            data[at:at] = rng.choice(RAW)
        elif way == 6:
            data[:0] = rng.choice((b"\xef\xbb\xbf", b" " * 99, b"\x00", b"\x1f\x8b", b"[", b"\xff\xfe"))
        elif way == 7:
            data += rng.choice((b"}", b"\x00", b"{}", b" " * 99, b"\n\n", b",", b"garbage"))
        else:
            data = bytearray(data.decode("utf-8", "replace").encode("utf-16"))
    return bytes(data)


def good(number: int) -> Message:
    """A right event: the one order, of 10.00 EUR, of the customer with the account `good-NUMBER`."""
    order = {
        "messageId": f"good-{number}",
        "type": "track",
        "event": "Order Completed",
        "timestamp": "2026-11-20T16:00:00Z",
        "userId": f"good-{number}",
        "properties": {"order_id": f"good-{number}", "total": "10.00", "currency": "EUR"},
    }
    return Message("online", orjson.dumps(order))
