"""What is to be pushed, and no longer to be pushed, when people turn out to be one, or change in silence."""

from typing import Any

import pytest
import redis.asyncio

from tests.integration.in_process import RULES
from tests.integration.shop import HOUR, MAIL, START, Shop, consent, known, track
from tests.integration.spine import profiles_at
from unifier.devstack.simulate.message import iso


@pytest.fixture
def shop(client: redis.asyncio.Redis) -> Shop:
    return Shop(client)


async def customer_and_cart(shop: Shop, redis_url: str) -> tuple[str, str]:
    """Somebody who has bought at the till, and a cart of somebody else, as it seems: (customer, cart)."""
    await shop.till(0, {"loyalty_id": "L1"})
    [customer] = profiles_at(redis_url)
    [*_, cart] = await shop.hear(480, track("Product Added", "c1"), known("c1"))
    assert (cart["to"], cart["action"]["what"]) == ("preference", "cart_reminder")
    assert cart["profile_id"] != customer
    return customer, cart["profile_id"]


async def test_the_sale_that_makes_two_people_one_stops_what_was_told_of_either(
    shop: Shop, redis_url: str
) -> None:
    customer, cart = await customer_and_cart(shop, redis_url)
    [*_, sale] = await shop.till(480.5, {"loyalty_id": "L1", **MAIL})
    assert list(profiles_at(redis_url)) == [customer]
    assert (sale["profile_id"], sale["to"]) == (customer, "purchase")
    assert sale["stops"] == ["cart_reminder"]
    assert sale["action"]["what"] == "thank"
    for pid in (customer, cart):
        told = await shop.next_action(pid)
        assert told["next_action"] == sale["action"]
        assert (told["profile_id"], told["phase"]["current"]) == (customer, "purchase")


async def test_the_cool_down_of_what_was_told_of_either_holds_for_the_one(shop: Shop, redis_url: str) -> None:
    customer, _ = await customer_and_cart(shop, redis_url)
    await shop.till(482, {"loyalty_id": "L1", **MAIL})
    await shop.hear(500, track("Product Viewed", "c1"))
    [*_, again] = await shop.hear(510, track("Product Added", "c1"))
    assert (again["profile_id"], again["to"]) == (customer, "preference")
    assert "action" not in again, "not twice in three days"


async def test_an_order_is_thanked_for_once_though_its_buyer_is_known_only_later(
    shop: Shop, redis_url: str
) -> None:
    await shop.till(0, {"loyalty_id": "L1", **MAIL})
    [customer] = profiles_at(redis_url)
    bought = track("Order Completed", "c1", properties={"order_id": "o", "total": 9, "currency": "EUR"})
    [*_, order] = await shop.hear(480, bought)
    assert order["action"]["what"] == "thank"
    [*_, known_now] = await shop.hear(480.2, known("c1"))
    assert (known_now["profile_id"], known_now["to"]) == (customer, "purchase")
    assert "action" not in known_now
    assert "stops" not in known_now
    assert next_action(redis_url) == order["action"]


@pytest.mark.parametrize("signs_in", [0.8, 1.2], ids=["before", "after"])
async def test_of_two_carts_of_one_person_one_is_reminded_of(
    shop: Shop, redis_url: str, signs_in: float
) -> None:
    """Two browsers turn out to be one person's before a reminder goes out, or after the first. No phase
    changes, so no transition says so: the one that goes out first holds, as the profile says."""
    await shop.hear(0, known("c1"))
    await shop.hear(0.1, track("Product Added", "c2"))
    await shop.hear(0.5, track("Product Added", "c1"))
    pids = sorted(profiles_at(redis_url))
    assert len(pids) == 2
    assert await shop.hear(signs_in, known("c2")) == []
    for pid in pids:
        told = (await shop.next_action(pid))["next_action"]
        assert (told["what"], told["when"]) == ("cart_reminder", iso(START + int(1.1 * HOUR)))


async def two_browsers(shop: Shop, redis_url: str) -> str:
    """Of one person, as it seems, the second one with a cart."""
    await shop.hear(0, known("c1"), known("c2"), track("Page", "c1"), track("Page", "c1"))
    [*_, cart] = await shop.hear(1, track("Product Added", "c2"))
    assert cart["action"]["what"] == "cart_reminder"
    [pid] = profiles_at(redis_url)
    return pid


async def apart(shop: Shop, pid: str, hours: float, *bodies: dict[str, Any]) -> list[dict[str, Any]]:
    """A steward takes the first fragment of a profile out; together with it comes more."""
    word = {"command": "separate", "command_id": "w1", "by": "s", "reason": "r"}
    when = iso(START + int(hours * HOUR))
    return await shop.hear(hours, word | {"at": when, "fragments": await shop.fragments(pid)}, *bodies)


async def test_who_comes_out_of_another_is_not_reminded_of_what_that_one_was_reminded_of(
    shop: Shop, redis_url: str
) -> None:
    pid = await two_browsers(shop, redis_url)
    parts = await apart(shop, pid, 3)
    assert len(profiles_at(redis_url)) == 2
    assert [each["to"] for each in parts if each["profile_id"] != pid] == ["preference"]
    assert not any("action" in each for each in parts), "it went out an hour ago"


async def test_both_are_thanked_for_their_orders_at_the_moment_at_which_they_part(
    shop: Shop, redis_url: str
) -> None:
    pid = await two_browsers(shop, redis_url)
    orders = [
        track("Order Completed", c, properties={"order_id": c, "total": 9, "currency": "EUR"})
        for c in ("c1", "c2")
    ]
    parts = await apart(shop, pid, 3, *orders)
    assert len(profiles_at(redis_url)) == 2
    assert [each["action"]["what"] for each in parts if each["to"] == "purchase"] == ["thank", "thank"]


@pytest.mark.parametrize("pair", ["ab", "cd", "ef", "gh"])
async def test_what_only_now_goes_out_to_one_part_goes_out_to_the_other(
    client: redis.asyncio.Redis, redis_url: str, pair: str
) -> None:
    """Whichever is told of first. Together they preferred what either has but looked at."""
    assert RULES.playbook is not None
    actions = tuple(each.model_copy(update={"delay": 0}) for each in RULES.playbook.actions)
    playbook = RULES.playbook.model_copy(update={"actions": actions})
    shop = Shop(client, RULES.model_copy(update={"playbook": playbook}))
    viewed = {"properties": {"product_id": "p"}, "context": {"traits": MAIL}}
    await shop.hear(1, *[track("Product Viewed", each, **viewed) for each in (*pair, pair[0])])
    [pid] = profiles_at(redis_url)
    parts = await apart(shop, pid, 2)
    assert len(profiles_at(redis_url)) == 2
    assert [(each["to"], each["action"]["what"]) for each in parts] == [("consideration", "build_trust")] * 2


async def a_cart(shop: Shop, redis_url: str) -> tuple[str, dict[str, Any]]:
    """A cart of somebody who may be written to: the profile, and what is to be done next."""
    [*_, cart] = await shop.hear(0, known("c1", **consent(True)), track("Product Added", "c1"))
    assert cart["action"]["channel"] == "email"
    return cart["profile_id"], next_action(redis_url)


def next_action(redis_url: str) -> Any:
    [profile] = profiles_at(redis_url).values()
    return profile["next_action"]


async def test_what_changes_without_a_transition_changes_what_the_profile_says(
    shop: Shop, redis_url: str
) -> None:
    _, action = await a_cart(shop, redis_url)
    assert action["what"] == "cart_reminder"
    assert await shop.hear(0.2, known("c1", **consent(False))) == []
    assert next_action(redis_url)["channel"] == "site", "nothing is mailed any more"
    assert await shop.hear(0.3, known("c1", **consent(True))) == []
    assert next_action(redis_url) == action
    assert await shop.hear(0.5, track("Complaint", "c1")) == []
    assert next_action(redis_url) is None, "in trouble nothing is sold"


@pytest.mark.parametrize("heard_of", [9, 20])
async def test_an_order_told_late_stops_the_reminder_and_is_thanked_for(
    shop: Shop, redis_url: str, heard_of: float
) -> None:
    pid, _ = await a_cart(shop, redis_url)
    assert await shop.hear(2, track("Product Viewed", "c1")) == []
    order = {"order_id": "o1", "total": 9, "currency": "EUR"}
    late = track("Order Completed", "c1", timestamp=iso(START + HOUR), properties=order)
    [told] = await shop.hear(heard_of, late)
    assert (told["profile_id"], told["to"], told["at"]) == (pid, "purchase", iso(START + HOUR))
    assert told["stops"] == ["cart_reminder"]
    assert told["action"]["what"] == "thank"
    assert told["action"] == next_action(redis_url), "what the profile says is on the transition"


async def test_an_order_told_more_than_a_day_late_stops_the_reminder_and_is_thanked_for_no_more(
    shop: Shop, redis_url: str
) -> None:
    await a_cart(shop, redis_url)
    order = {"order_id": "o1", "total": 9, "currency": "EUR"}
    late = track("Order Completed", "c1", timestamp=iso(START + HOUR), properties=order)
    told = await shop.hear(40, late)
    assert [each["to"] for each in told] == ["purchase", "after_sale"]
    assert [each.get("stops") for each in told] == [None, ["cart_reminder"]]
    assert told[0]["stale"]
    assert "action" not in told[0]
    assert told[1].get("action") == next_action(redis_url)
