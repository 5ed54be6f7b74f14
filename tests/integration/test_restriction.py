"""A restricted person: kept, unseen, untold; and after the release all that came meanwhile counts."""

from typing import Any

import redis.asyncio

from tests.integration.hubers import ANNA, history
from tests.integration.in_process import END_MS, RULES, feed
from tests.integration.in_redis import everything, outbox_entries
from tests.integration.messages import command, online, sale
from tests.integration.office import KEYS, NOW, Office
from tests.integration.spine import profiles_at
from unifier.events.form import time_text
from unifier.profiles.store import Store
from unifier.serving.match import Matcher
from unifier.serving.reader import RESTRICTED, Found
from unifier.serving.reviews import StoreReviews

SOON = time_text(NOW - 1_000)


async def restricted(client: redis.asyncio.Redis, redis_url: str) -> tuple[Office, str]:
    """Anna's history, and then her restriction; and her profile's id."""
    office = Office(client)
    await office.into.give(history())
    [pid] = [pid for pid, p in profiles_at(redis_url).items() if "anna@example.org" in str(p)]
    assert (await office.ask("restrict", email=ANNA["email"]))["state"] == "done"
    return office, pid


async def test_nobody_reads_of_her(client: redis.asyncio.Redis, redis_url: str) -> None:
    office, pid = await restricted(client, redis_url)
    assert await office.reader.profiles([pid]) == [RESTRICTED]
    assert await office.reader.lookups([{"email": ANNA["email"]}]) == [RESTRICTED]
    assert await office.reader.timeline(pid) is RESTRICTED
    assert await office.reader.evidence(pid) is RESTRICTED
    [bob] = await office.reader.lookups([{"loyalty_id": "L2"}])
    assert isinstance(bob, Found)
    store = Store(client, 16)
    match = Matcher(store, office.reader, KEYS, RULES, "DE").match
    told = {"first_name": "Anna", "last_name": "Huber", "email": ANNA["email"]}
    assert pid not in [one["profile_id"] for one in await match(told, 10)]  # type: ignore[arg-type]
    page = await StoreReviews(store, office.reader, RULES).page(100, None, "a steward")
    assert "anna" not in repr(page).lower()
    export = (await office.ask("export", email=ANNA["email"]))["export"]
    assert [one["restricted"] for one in export["profiles"]] == [True]


async def test_nobody_is_told_of_her_but_that_she_is_gone(
    client: redis.asyncio.Redis, redis_url: str
) -> None:
    office, pid = await restricted(client, redis_url)
    out = [value for key, value in (await everything(client)).items() if key.endswith(b":out")]
    assert pid.encode() in repr(out).encode()
    entries = await outbox_entries(client)
    await office.into.give(
        [
            online("Product Added", anonymousId="cookie-anna", timestamp=SOON),
            sale({"email": ANNA["email"], "first_name": "Anna", "loyalty_id": "L1"}, occurred_at=SOON),
            sale(ANNA | {"phone": "+49 30 5550177"}, occurred_at=SOON),
        ]
    )
    assert await outbox_entries(client) == entries
    due = [await client.zrange(key, 0, -1) async for key in client.scan_iter(match="*:timers")]
    await office.into.pipeline.timers([bytes(cid) for cids in due for cid in cids])  # type: ignore[arg-type]
    assert await outbox_entries(client) == entries
    values: dict[bytes, Any] = {k[-12:]: v for k, v in (await everything(client)).items() if b":c:" in k}
    for cid, value in values.items():
        if value[:1] == b"L":
            assert pid.encode() not in [m.key for m in office.into.pipeline.snapshots(cid, value)]


async def test_after_the_release_all_that_came_meanwhile_counts(
    client: redis.asyncio.Redis, redis_url: str
) -> None:
    office, pid = await restricted(client, redis_url)
    before = profiles_at(redis_url)[pid]
    await office.into.give(
        [
            sale(ANNA, occurred_at=SOON),
            sale({"email": ANNA["email"]}, occurred_at=SOON),
            sale(ANNA | {"phone": "+49 30 5550177"}, occurred_at=SOON),
        ]
    )
    entries = await outbox_entries(client)
    assert (await office.ask("release", email=ANNA["email"]))["state"] == "done"
    [found] = await office.reader.profiles([pid])
    assert isinstance(found, Found)
    assert found.document["metrics"]["orders"] == before["metrics"]["orders"] + 3
    assert found.document["fragments"] == before["fragments"] + 3
    assert found.document["phase"]["current"] == "purchase"
    assert await outbox_entries(client) > entries
    told = repr([value for key, value in (await everything(client)).items() if key.endswith(b":out")])
    assert '"cause":{"release":"' in told
    office_again = await office.ask("erase", email=ANNA["email"])
    assert office_again["state"] == "erased"


async def test_a_worker_whose_clock_is_behind_releases_her_all_the_same(client: redis.asyncio.Redis) -> None:
    office, her = Office(client), {"email": ANNA["email"]}
    await office.into.give([sale(ANNA)])
    await office.into.give([command("restrict", "c1", at=time_text(END_MS + 1), identifiers=her)])
    assert await office.reader.lookups([her]) == [RESTRICTED]
    late = feed(client, partition=1, clock=lambda: END_MS - 3_600_000)
    await late.give([command("release", "c2", at=time_text(END_MS + 2), identifiers=her)])
    [found] = await office.reader.lookups([her])
    assert isinstance(found, Found)


async def test_whoever_is_restricted_can_be_erased(client: redis.asyncio.Redis, redis_url: str) -> None:
    office, pid = await restricted(client, redis_url)
    await office.into.give([sale(ANNA | {"phone": "+49 30 5550177"}, occurred_at=SOON)])
    assert (await office.ask("erase", email=ANNA["email"]))["state"] == "erased"
    assert pid not in profiles_at(redis_url)
    assert "anna" not in repr(await everything(client)).lower()
