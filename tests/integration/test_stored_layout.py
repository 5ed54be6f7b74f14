"""How things are stored is told by a number that rises when it changes: the older does not fit.

After a change, write what this test shows into tests/data/stored_layout.json, and raise `LAYOUT` in stamp.py,
unless what was stored before is read as well.
"""

from pathlib import Path
from typing import Any

import orjson
import ormsgpack
import redis.asyncio

from tests.integration.in_process import END_MS, feed
from unifier.devstack.simulate import Message
from unifier.devstack.simulate.message import iso
from unifier.profiles.store import stamp
from unifier.profiles.store.layout import HEAD_BYTES, LIVE
from unifier.profiles.store.seal import Seal
from unifier.profiles.store.wrapping import unwrap

WRITTEN_DOWN = Path(__file__).parents[1] / "data" / "stored_layout.json"
FRAGMENTS_AT = 2
PERSON = {"userId": "A1", "anonymousId": "c1"}
ORDER = {"order_id": "O1", "total": "9.90", "currency": "EUR", "category": "shoes", "product_id": "p"}
RECEIPT = {"store_id": "1", "workstation_id": "1", "business_day": "2026-09-20", "currency": "EUR"}
SALE = RECEIPT | {"sequence_number": 1}
TOLD: list[tuple[str, dict[str, Any]]] = [
    (
        "online",
        {"type": "page", "name": "Start", "context": {"campaign": {"source": "mail", "name": "autumn"}}},
    ),
    ("online", {"type": "identify", "traits": {"email": "anna@example.org", "firstName": "Anna"}}),
    ("online", {"type": "track", "event": "Order Completed", "properties": ORDER}),
    ("online", {"type": "alias", "previousId": "old"}),
    ("pos", {"kind": "sale", "total": "5.00", "sequence_number": 1, "customer": {"loyalty_id": "L1"}}),
    (
        "pos",
        {
            "kind": "return",
            "total": "5.00",
            "sequence_number": 2,
            "refers_to": RECEIPT | {"sequence_number": 1},
        },
    ),
]


async def test_what_is_stored_is_laid_out_as_the_number_says(redis_url: str) -> None:
    async with redis.asyncio.Redis.from_url(redis_url) as client:
        into = feed(client)
        for number, (kind, body) in enumerate(TOLD):
            at = iso(END_MS - 3_600_000 + number * 60_000)
            common = {"messageId": str(number), "timestamp": at, **PERSON}
            told = (common if kind == "online" else {**RECEIPT, "occurred_at": at}) | body
            await into.give([Message(kind, b"", orjson.dumps(told), END_MS, None)])
        assert into.letters == []
        values: list[Any] = [await client.get(key) for key in sorted(await client.keys("{*}:c:*"))]
    shapes: list[Any] = []
    for value in values:
        if value[:1] == LIVE:
            component = ormsgpack.unpackb(
                unwrap(value, Seal())[HEAD_BYTES:], option=ormsgpack.OPT_NON_STR_KEYS
            )
            component[FRAGMENTS_AT] = [
                ormsgpack.unpackb(packed, option=ormsgpack.OPT_NON_STR_KEYS)
                for _, packed in sorted(component[FRAGMENTS_AT].items())
            ]
            shapes.append(_shape(component))
    found = {"layout": stamp.LAYOUT, "components": sorted(shapes, key=str)}
    assert found == orjson.loads(WRITTEN_DOWN.read_bytes()), orjson.dumps(found).decode()


def _unpacked(packed: bytes) -> Any:
    return ormsgpack.unpackb(packed, option=ormsgpack.OPT_NON_STR_KEYS)


def _shape(value: object) -> Any:
    """Types instead of values; of what is all alike, one."""
    if isinstance(value, list):
        shapes = [_shape(one) for one in value]
        return shapes[:1] if all(shape == shapes[0] for shape in shapes) else shapes
    if isinstance(value, dict):
        alike = sorted({str(shape): shape for shape in map(_shape, value.values())}.items())
        return {f"{type(next(iter(value))).__name__} to": [shape for _, shape in alike]} if value else {}
    return type(value).__name__
