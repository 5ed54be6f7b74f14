"""Erasure through the pipeline on a real Redis: all of a person goes and stays away, and nobody else does."""

from typing import Any

import pytest
import redis.asyncio

from tests.integration.spine import profiles_at
from tests.integration.test_pipeline import END_MS, feed, people
from tests.integration.test_pipeline_faults import command, online, sale
from unifier.devstack.simulate import Message
from unifier.events.form import time_text
from unifier.profiles.component import Component
from unifier.profiles.store.layout import HEAD_BYTES, LIVE
from unifier.profiles.store.wrapping import unwrap
from unifier.streams.erasing import Erasing

ANNA = {"email": "anna@example.org", "loyalty_id": "L1", "first_name": "Anna", "last_name": "Huber"}
BOB = {"phone": "+49 30 5550199", "loyalty_id": "L2", "first_name": "Bob", "last_name": "Huber"}
HOME = {"address": {"street": "Hauptstr. 1", "postal_code": "10115", "city": "Berlin", "country": "DE"}}
LATER = time_text(END_MS + 60_000)


def erase(command_id: str = "e1", /, **identifiers: str) -> Message:
    return command("erase", command_id, identifiers=identifiers)


def history() -> list[Message]:
    """Anna by till, web and phone; Bob of the same household."""
    return [
        sale(ANNA | HOME),
        sale(
            {"email": ANNA["email"]}, tenders=[{"kind": "card", "amount": "1", "payment_account": "card-1"}]
        ),
        online(
            "Product Viewed",
            userId="anna",
            anonymousId="cookie-anna",
            context={"traits": {"email": ANNA["email"]}},
        ),
        online("Product Viewed", anonymousId="cookie-anna"),
        sale(BOB | HOME | {"email": "bob@example.org"}),
        online("Product Viewed", anonymousId="c2"),
    ]


async def everything(client: redis.asyncio.Redis) -> dict[bytes, Any]:
    """All of Redis."""
    found: dict[bytes, Any] = {}
    async for key in client.scan_iter(count=1_000):
        match await client.type(key):
            case b"string":
                value: Any = await client.get(key)
                found[key] = unwrap(value) if b":c:" in key else value
            case b"hash":
                found[key] = await client.hgetall(key)
            case b"set":
                found[key] = await client.smembers(key)
            case b"zset":
                found[key] = await client.zrange(key, 0, -1, withscores=True)
            case b"stream":
                found[key] = await client.xrange(key)
            case kind:
                raise AssertionError(f"what is a {kind!r}?")
    return found


async def components(client: redis.asyncio.Redis) -> list[Component]:
    homes = {key: value for key, value in (await everything(client)).items() if b":c:" in key}
    return [Component.unpack(k[-12:], v[HEAD_BYTES:]) for k, v in homes.items() if v[:1] == LIVE]


async def outbox_entries(client: redis.asyncio.Redis) -> int:
    """Effects that wait for the relays."""
    return sum([await client.xlen(key) async for key in client.scan_iter(match="*:out")])


async def test_all_of_a_person_goes_and_nobody_else(client: redis.asyncio.Redis, redis_url: str) -> None:
    into = feed(client)
    await into.give(history())
    before = people(redis_url)
    await into.give([erase(email=ANNA["email"])])
    assert into.letters == []
    after = people(redis_url)
    gone = [p for p in before if p not in after]
    assert len(gone) == 1
    assert gone[0]["fragments"] == 4
    assert after == [p for p in before if p not in gone]
    stored = repr(await everything(client))
    for value in ("anna", "Anna", "card-1"):
        assert value not in stored
    assert "bob@example.org" in stored


async def test_where_nobody_was_erased_nobody_looks(
    client: redis.asyncio.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unpacking every component once more would cost every event."""

    async def looked(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(Erasing, "_see_to", looked)
    into = feed(client)
    for message in history():
        await into.give([message])
    await into.give(history())
    assert into.letters == []


async def test_what_is_told_again_does_not_bring_anybody_back(
    client: redis.asyncio.Redis, redis_url: str
) -> None:
    told = history()
    await feed(client).give(told)
    await feed(client, partition=1).give([erase(email=ANNA["email"])])
    left, entries = people(redis_url), await outbox_entries(client)
    await feed(client).give(told)  # Kafka's redelivery
    other = feed(client, partition=2)
    for message in reversed(told):  # and by another way, which knows nothing of offsets
        await other.give([message])
    late = [
        sale({"loyalty_id": "L1"}),
        sale({"email": ANNA["email"], "first_name": "Anne"}),
        online("Product Viewed", userId="anna", anonymousId="c9"),
    ]
    await other.give(late)
    assert [p for p in people(redis_url) if p not in left] == []
    assert {p["metrics"]["touches"] for p in people(redis_url)} == {p["metrics"]["touches"] for p in left}
    assert await outbox_entries(client) == entries, "nobody is told of it either"


async def test_a_new_relation_begins_under_a_new_id(client: redis.asyncio.Redis, redis_url: str) -> None:
    into = feed(client, clock=lambda: END_MS + 120_000)
    await into.give(history())
    [old] = [pid for pid, p in profiles_at(redis_url).items() if "anna@example.org" in str(p)]
    await into.give([erase(email=ANNA["email"])])
    others = profiles_at(redis_url)
    new = [
        sale({"loyalty_id": "L1", "email": ANNA["email"]}, occurred_at=LATER),
        online("Product Viewed", anonymousId="cookie-anna", userId="anna", timestamp=LATER),
        sale({"email": ANNA["email"]}, occurred_at=LATER),
        sale(ANNA | HOME, occurred_at=LATER),
    ]
    for message in new:
        await into.give([message])
    born = {pid: p for pid, p in profiles_at(redis_url).items() if pid not in others}
    assert len(born) == 2  # nothing ties the account to the rest yet
    assert old not in born
    assert sorted(p["metrics"]["orders"] for p in born.values()) == [0, 3]
    await feed(client).give([*history(), erase(email=ANNA["email"])])
    assert profiles_at(redis_url).keys() == others.keys() | born.keys(), "a finished erasure is not run again"
