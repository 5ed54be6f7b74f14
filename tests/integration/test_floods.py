"""Ever more fragments under one value: what is kept is bounded, nothing is lost, the operator sees it."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import redis.asyncio

from tests.integration.test_pipeline import END_MS, RULES, feed
from tests.integration.test_pipeline_faults import sale
from unifier import metrics
from unifier.devstack.simulate import Message
from unifier.profiles.component import Component
from unifier.profiles.store import Caps
from unifier.profiles.store.layout import CAPPED, HEAD_BYTES, HOLDER_BYTES, LIVE

FLOOD = 700


def identify(number: int, **rest: Any) -> Message:
    told = {"type": "identify", "messageId": f"m{number}", "timestamp": "2026-09-01T10:00:00Z"}
    return Message("online", b"", json.dumps(told | rest).encode(), END_MS, None)


def mail(number: int) -> dict[str, str]:
    return {"email": f"a{number}@example.org"}


def capped(structure: str) -> float:
    return metrics.REGISTRY.get_sample_value("unifier_capped_total", {"structure": structure}) or 0.0


@pytest.mark.parametrize("size", [FLOOD, 60], ids=["in one batch", "in many"])
@pytest.mark.parametrize(
    ("message", "structure"),
    [
        pytest.param(
            lambda n: identify(n, anonymousId=f"c{n}", traits={"email": "family@example.org"}),
            "shared:email",
            id="one address, a browser each",
        ),
        pytest.param(
            lambda n: identify(n, userId=f"u{n}", traits={"firstName": f"N{n}", "birthday": "1990-01-01"}),
            "block:birth",
            id="the default birth date of a till",
        ),
        pytest.param(
            lambda n: sale(mail(n), number=1),
            "shared:receipt",
            id="a till that numbers all receipts alike",
        ),
        pytest.param(
            lambda n: identify(n, userId=f"u{n}", context={"device": {"id": "tablet"}}),
            "shared:device_id",
            id="the tablet of a shop",
        ),
        pytest.param(
            lambda n: identify(n, anonymousId=f"c{n}", traits={"firstName": "Anna", "lastName": "Huber"}),
            "block:names",
            id="one name, a browser each",
        ),
        pytest.param(
            lambda n: identify(n, anonymousId="c", userId=f"u{n}"), "shared:cookie_id", id="one browser"
        ),
        pytest.param(
            lambda n: identify(n, anonymousId=f"c{n}", traits=mail(n), context={"traits": mail(n + 1)}),
            "component",
            id="a chain of addresses",
        ),
    ],
)
async def test_a_flood_is_taken_in_and_capped(
    client: redis.asyncio.Redis, message: Callable[[int], Message], structure: str, size: int
) -> None:
    into, before = feed(client), capped(structure)
    for start in range(0, FLOOD, size):
        await into.give([message(n) for n in range(start, min(FLOOD, start + size))])
    assert into.letters == []
    fids = [key[-12:] async for key in client.scan_iter(match="*:c:*", count=1_000)]
    homes = zip(fids, await into.pipeline.store.homes(fids), strict=True)
    components = [Component.unpack(f, v[HEAD_BYTES:]) for f, v in homes if v is not None and v[:1] == LIVE]
    assert sum(len(component) for component in components) == FLOOD
    assert max(map(len, components)) <= RULES.matching.component_cap
    assert capped(structure) > before
    if structure != "component":  # what they had in common while it was rare falls apart again
        assert sum(len(component.records) for component in components) == FLOOD
    entries = [
        entry
        async for bucket in client.scan_iter(match="*:i:*", count=1_000)
        for entry in await client.hvals(bucket)
    ]
    assert max(map(len, entries)) <= 1 + HOLDER_BYTES * (RULES.matching.shared_holders + 1)
    await Caps(client).tell(metrics.capped())
    assert structure.encode() in await client.hkeys(CAPPED)
