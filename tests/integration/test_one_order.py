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


def order(hours: float, event: str, total: str = "") -> Told:
    at = iso(START + int(hours * HOUR))
    properties = {"order_id": "O1"} | (paid(total) if total else {})
    track = {"messageId": f"{event} {at}", "type": "track", "event": event, "timestamp": at}
    return "online", {**track, "userId": "A1", "properties": properties}


MAIL = {"customer": {"email": "anna@example.org"}}
WHO = {"userId": "A1", "traits": MAIL["customer"]}
KNOWN = "online", {"messageId": "k", "type": "identify", "timestamp": iso(START), **WHO}


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
        "since": one["phase"]["since"],
        "journey": one["phase"]["journey"],
        "fragments": one["fragments"],
    }


async def in_any_order(url: str, *messages: Told) -> dict[str, Any]:
    [one, *others] = [await told(url, coming) for coming in itertools.permutations(messages)]
    assert all(other == one for other in others)
    return one


SALE = till(0, "sale", **paid("49.90"), **CARD)
NOTHING = {"online": 0, "store": 0}
ONLINE = {"online": 1, "store": 0}


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


async def test_a_void_of_a_return_undoes_the_return(redis_url: str) -> None:
    back = till(1, "return", **of(SALE))
    found = await in_any_order(redis_url, SALE, back, till(2, "void", **of(back)))
    assert (found["orders"], found["revenue"]) == ({"online": 0, "store": 1}, {"EUR": "49.90"})
    assert (found["returns"], found["phase"]) == (0, "after_sale")


async def test_an_order_that_is_updated_comes_to_what_was_told_last(redis_url: str) -> None:
    told = order(0, "Order Completed", "49.90"), order(1, "Order Updated", "39.90"), order(2, "Order Updated")
    found = await in_any_order(redis_url, *told)
    assert (found["orders"], found["revenue"], found["last"]) == (ONLINE, {"EUR": "39.90"}, iso(START))
    found = await in_any_order(redis_url, *told[:2], order(3, "Order Refunded", "39.90"))
    assert (found["orders"], found["revenue"]) == (NOTHING, {"EUR": "0.00"})


@pytest.mark.parametrize("total", ["49.90", "0.00"])
async def test_an_order_that_is_picked_up_at_a_till_is_one(redis_url: str, total: str) -> None:
    picked_up = till(30, "sale", order_id="O1", **paid(total), **MAIL)
    found = await in_any_order(redis_url, KNOWN, order(0, "Order Completed", "49.90"), picked_up)
    assert (found["orders"], found["revenue"], found["last"]) == (ONLINE, {"EUR": "49.90"}, iso(START))
    assert found["journey"] == 1


async def test_what_is_picked_up_is_fulfilled_an_hour_later(redis_url: str) -> None:
    bought = order(0, "Order Completed", "49.90")
    picked_up = till(2, "sale", order_id="O1", **paid("49.90"), **MAIL)
    found = await told(redis_url, [KNOWN, bought, picked_up, till(4, "consultation", **MAIL)])
    assert (found["phase"], found["since"]) == ("after_sale", iso(START + 3 * HOUR))


@pytest.mark.parametrize("by_receipt", [True, False])
async def test_what_was_picked_up_comes_back(redis_url: str, by_receipt: bool) -> None:
    picked_up = till(30, "sale", order_id="O1", **paid("49.90"), **MAIL)
    named = of(picked_up) if by_receipt else {"order_id": "O1", **MAIL}
    back = till(40, "return", **named, **paid("49.90"))
    found = await in_any_order(redis_url, KNOWN, order(0, "Order Completed", "49.90"), picked_up, back)
    assert (found["orders"], found["revenue"], found["returns"]) == (NOTHING, {"EUR": "0.00"}, 1)
    assert found["phase"] == "awareness"


async def test_a_pick_up_that_is_voided_leaves_the_order(redis_url: str) -> None:
    picked_up = till(30, "sale", order_id="O1", **paid("49.90"), **MAIL)
    bought = order(0, "Order Completed", "49.90")
    void = till(31, "void", **of(picked_up))
    assert (await in_any_order(redis_url, KNOWN, bought, picked_up, void))["orders"] == ONLINE
    assert (await in_any_order(redis_url, picked_up, void))["orders"] == NOTHING
