"""One order is one, however many systems tell of it, and in whatever order they do."""

import itertools
from collections.abc import Sequence
from typing import Any

import orjson
import pytest
import redis.asyncio

from tests.integration.in_process import END_MS, feed, people
from unifier.devstack.simulate import Message
from unifier.devstack.simulate.message import iso

HOUR = 3_600_000
START = END_MS - 100 * HOUR
CARD = {"customer": {"loyalty_id": "L1"}}
Told = tuple[str, dict[str, Any]]


def till(hours: float, kind: str, **rest: Any) -> Told:
    at = START + int(hours * HOUR)
    receipt = {"store_id": "1", "workstation_id": "1", "business_day": iso(at)[:10], "sequence_number": at}
    return "pos", {**receipt, "kind": kind, "occurred_at": iso(at)} | rest


def paid(amount: str) -> dict[str, str]:
    return {"total": amount, "currency": "EUR"}


def of(told: Told) -> dict[str, Any]:
    names = ("store_id", "workstation_id", "business_day", "sequence_number")
    return {"refers_to": {name: told[1][name] for name in names}}


async def told(url: str, messages: Sequence[Told]) -> dict[str, Any]:
    """The one profile that comes of them, one after the other."""
    async with redis.asyncio.Redis.from_url(url) as client:
        await client.flushdb()
        into = feed(client)
        for kind, body in messages:
            await into.give([Message(kind, b"", orjson.dumps(body), END_MS, None)])
        assert into.letters == []
    [one] = people(url)
    found = one["metrics"]
    return {
        "orders": found["orders_by_channel"],
        "revenue": found["revenue"],
        "returns": found["returns"],
        "last": found["last_order_at"],
        "phase": one["phase"]["current"],
        "fragments": one["fragments"],
    }


async def in_any_order(url: str, *messages: Told) -> dict[str, Any]:
    [one, *others] = [await told(url, coming) for coming in itertools.permutations(messages)]
    assert all(other == one for other in others)
    return one


SALE = till(0, "sale", **paid("49.90"), **CARD)
NOTHING = {"online": 0, "store": 0}


async def test_a_void_undoes_the_sale_that_it_refers_to(redis_url: str) -> None:
    found = await in_any_order(redis_url, SALE, till(1, "void", **of(SALE)), till(2, "void", **of(SALE)))
    assert (found["orders"], found["revenue"], found["returns"]) == (NOTHING, {"EUR": "0.00"}, 0)
    assert (found["last"], found["phase"]) == (None, "awareness")


async def test_who_is_told_by_the_e_receipt_has_the_void_too(redis_url: str) -> None:
    nobody = till(0, "sale", **paid("49.90"))
    receipt = till(0, "sale", **paid("49.90"), **CARD)
    found = await in_any_order(redis_url, nobody, receipt, till(1, "void", **of(nobody)))
    assert (found["orders"], found["revenue"]) == (NOTHING, {"EUR": "0.00"})


@pytest.mark.parametrize("void", [till(1, "void", **CARD), till(1, "void", **of(SALE), training=True)])
async def test_a_void_of_what_was_never_finished_has_no_effect(redis_url: str, void: Told) -> None:
    assert await in_any_order(redis_url, SALE, void) == await told(redis_url, [SALE])
