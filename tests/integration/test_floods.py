"""Ever more fragments under one value: what is kept is bounded, nothing is lost, the operator sees it."""

import json
import os
import re
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
import redis.asyncio

from tests.conftest import SettingsFactory
from tests.integration.in_process import END_MS, RULES, feed
from tests.integration.messages import sale
from tests.integration.spine import Publisher, Worker, drained, environment
from tests.waiting import eventually
from unifier import metrics
from unifier.devstack.server import free_port
from unifier.devstack.simulate import Message
from unifier.doctor import examine
from unifier.profiles.component import Component
from unifier.profiles.store import Caps
from unifier.profiles.store.layout import CAPPED, HEAD_BYTES, HOLDER_BYTES, LIVE

FLOOD = 700
SEEN = 220  # of each: a component holds 200
PART, BATCH, ABOUT = 250, 50, 1.1
LONG_FLOOD = int(os.environ.get("FLOOD", "20000"))


def identify(number: int, **rest: Any) -> Message:
    told = {"type": "identify", "messageId": f"m{number}", "timestamp": "2026-09-01T10:00:00Z"}
    return Message("online", b"", json.dumps(told | rest).encode(), END_MS, None)


def mail(number: int) -> dict[str, str]:
    return {"email": f"a{number}@example.org"}


def capped(structure: str) -> float:
    return metrics.REGISTRY.get_sample_value("unifier_capped_total", {"structure": structure}) or 0.0


FLOODS: dict[str, tuple[Callable[[int], Message], str]] = {
    "one address, a browser each": (
        lambda n: identify(n, anonymousId=f"c{n}", traits={"email": "family@example.org"}),
        "shared:email",
    ),
    "the default birth date of a till": (
        lambda n: identify(n, userId=f"u{n}", traits={"firstName": f"N{n}", "birthday": "1990-01-01"}),
        "block:birth",
    ),
    "a till that numbers all receipts alike": (
        lambda n: sale(mail(n), number=1),
        "shared:receipt",
    ),
    "the card of a till's staff": (
        lambda n: sale(mail(n) | {"loyalty_id": "house"}),
        "shared:loyalty_id",
    ),
    "the tablet of a shop": (
        lambda n: identify(n, userId=f"u{n}", context={"device": {"id": "tablet"}}),
        "shared:device_id",
    ),
    "one name, a browser each": (
        lambda n: identify(n, anonymousId=f"c{n}", traits={"firstName": "Anna", "lastName": "Huber"}),
        "block:names",
    ),
    "one browser": (lambda n: identify(n, anonymousId="c", userId=f"u{n}"), "shared:cookie_id"),
    "a chain of addresses": (
        lambda n: identify(n, anonymousId=f"c{n}", traits=mail(n), context={"traits": mail(n + 1)}),
        "component",
    ),
}
"""Messages by number, and the structure that they fill."""


@pytest.mark.parametrize("size", [FLOOD, 60], ids=["in one batch", "in many"])
@pytest.mark.parametrize("name", FLOODS)
async def test_a_flood_is_taken_in_and_capped(client: redis.asyncio.Redis, name: str, size: int) -> None:
    message, structure = FLOODS[name]
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


def test_every_flood_is_told_by_the_metrics_of_the_worker_and_by_the_doctor(
    settings: SettingsFactory,
) -> None:
    own, port = settings(), free_port()
    worker, say = Worker(own, "--http-port", str(port)), Publisher(own)

    def told() -> set[str]:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            lines = answer.read().decode().splitlines()
        return {line.partition('"')[2].partition('"')[0] for line in lines if "capped_total{" in line}

    def seen() -> set[str]:
        [caps] = [finding for finding in examine(environment(own)) if finding.part == "caps"]
        return set(re.findall(r"[a-z_:]+(?= \d)", caps.words.partition("were full: ")[2]))

    structures = {structure for _, structure in FLOODS.values()}
    try:
        for message, _ in FLOODS.values():
            for one in map(message, range(SEEN)):
                say.send(one.topic_kind, one.value)
        say.flush()
        drained(own)
        assert told() >= structures
        eventually(lambda: seen() >= structures)
        worker.stop()
    finally:
        worker.kill()


class Cost:
    """What a part of a flood costs: calls of Python functions, and bytes that Redis keeps, for each event."""

    def __init__(self, client: redis.asyncio.Redis, name: str) -> None:
        self._client, self._into, self._message = client, feed(client), FLOODS[name][0]
        self._number = self._kept = 0

    async def of(self, events: int) -> tuple[float, float]:
        calls, thread = 0, threading.get_ident()

        def count(_frame: object, event: str, _argument: object) -> None:
            nonlocal calls
            calls += event == "call" and threading.get_ident() == thread

        sys.setprofile(count)
        try:
            for start in range(self._number, self._number + events, BATCH):
                await self._into.give([self._message(n) for n in range(start, start + BATCH)])
        finally:
            sys.setprofile(None)
        self._number += events
        before, self._kept = self._kept, await self._bytes()
        return calls / events, (self._kept - before) / events

    async def _bytes(self) -> int:
        keys = [key async for key in self._client.scan_iter(count=1_000)]
        async with self._client.pipeline(transaction=False) as pipe:
            for key in keys:
                pipe.memory_usage(key, samples=0)
            return sum(await pipe.execute())


@pytest.mark.parametrize("name", FLOODS)
async def test_an_event_of_a_flood_costs_no_more_the_longer_it_lasts(
    client: redis.asyncio.Redis, name: str
) -> None:
    cost = Cost(client, name)
    await cost.of(PART)  # until the caps are reached
    calls, kept = await cost.of(PART)
    await cost.of(2 * PART)
    later_calls, later_kept = await cost.of(PART)
    assert later_calls < ABOUT * calls
    assert later_kept < ABOUT * kept


@pytest.mark.slow
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("name", FLOODS)
async def test_a_long_flood_is_taken_in_and_what_it_costs_is_told(
    client: redis.asyncio.Redis, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    into, message = feed(client), FLOODS[name][0]
    costs, tenth = list[int](), LONG_FLOOD // 10
    for start in range(0, LONG_FLOOD, tenth):
        began = time.process_time()
        for first in range(start, start + tenth, BATCH):
            await into.give([message(n) for n in range(first, min(first + BATCH, start + tenth))])
        costs.append(round((time.process_time() - began) / tenth * 1e6))
    assert into.letters == []
    with capsys.disabled():
        sys.stdout.write(f"\n{name}: {LONG_FLOOD} events, us of CPU an event at each tenth: {costs}\n")
