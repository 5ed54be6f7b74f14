"""An erasure finds all of a person: by any identifier, whatever was merged, and what stewards are asked."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import redis.asyncio

from tests.integration.in_process import END_MS, RULES
from tests.integration.in_redis import everything
from tests.integration.messages import command, online, sale
from tests.integration.office import NOW, Office
from tests.integration.spine import profiles_at
from unifier.devstack.simulate import Message
from unifier.events.form import time_text
from unifier.profiles.component import Component
from unifier.profiles.store import Store
from unifier.profiles.store.layout import HEAD_BYTES, LIVE
from unifier.serving.reader import ERASED
from unifier.serving.reviews import StoreReviews

GRETA = {
    "email": "greta@example.org",
    "phone": "+491701234567",
    "loyalty_id": "GRETA-1",
    "account_id": "greta-2",
    "crm_id": "crm:greta-3",
    "national_id": "greta-4",
    "payment_account": "greta-5",
    "cookie_id": "greta-6",
    "device_id": "greta-7",
}


def crm(record: str, **rest: Any) -> Message:
    told = {"record_id": record, "source": "crm", "occurred_at": "2026-09-01T10:00:00Z", **rest}
    return Message("crm", b"", json.dumps(told).encode(), END_MS, None)


def greta() -> list[Message]:
    """One person, known by every kind of identifier there is; and another."""
    mail = {"email": GRETA["email"]}
    card = {"kind": "card", "amount": "10.00", "payment_account": GRETA["payment_account"]}
    return [
        sale(mail | {"phone": GRETA["phone"], "loyalty_id": GRETA["loyalty_id"]}, tenders=[card]),
        crm("greta-3", traits=mail, identifiers={"national_id": GRETA["national_id"]}),
        online(
            "Product Viewed",
            userId=GRETA["account_id"],
            anonymousId=GRETA["cookie_id"],
            context={"traits": mail, "device": {"id": GRETA["device_id"]}},
        ),
        sale({"email": "bob@example.org"}),
    ]


async def traces(client: redis.asyncio.Redis) -> str:
    """All that is in Redis, in small letters."""
    return repr(await everything(client)).lower()


def test_every_kind_of_identifier_is_among_hers() -> None:
    assert GRETA.keys() == RULES.identifiers.keys()


@pytest.mark.parametrize("kind", GRETA)
async def test_she_is_erased_by_any_identifier(
    client: redis.asyncio.Redis, redis_url: str, kind: str
) -> None:
    office = Office(client)
    await office.into.give(greta())
    [pid] = [pid for pid, one in profiles_at(redis_url).items() if "greta" in str(one)]
    assert len(profiles_at(redis_url)) == 2
    assert (await office.ask("erase", **{kind: GRETA[kind]}))["state"] == "erased"
    assert await office.reader.profiles([pid]) == [ERASED]
    assert len(profiles_at(redis_url)) == 1
    left = await traces(client)
    assert "greta" not in left
    assert "1701234567" not in left
    assert "bob@example.org" in left


def alias(_: list[str]) -> Message:
    told = {"type": "alias", "messageId": "joins", "userId": "greta-b", "previousId": "greta-a"}
    told |= {"timestamp": "2026-09-02T10:00:00Z"}
    return Message("online", b"", json.dumps(told).encode(), END_MS, None)


def records_merged(_: list[str]) -> Message:
    return crm("greta-b", merged_into="greta-a")


def steward(fids: list[str]) -> Message:
    return command("link", "joins", fragments=fids, at="2026-09-02T10:00:00Z")


ACCOUNTS = [online("Product Viewed", userId=f"greta-{n}", anonymousId=f"greta-{n}") for n in "ab"]
RECORDS = [crm(f"greta-{n}", traits={"email": f"greta-{n}@example.org"}) for n in "ab"]
BROWSERS = [online("Product Viewed", anonymousId=f"greta-{n}") for n in "ab"]
WAYS = {
    "alias": (ACCOUNTS, alias, "account_id", "greta-"),
    "record": (RECORDS, records_merged, "email", "greta-{}@example.org"),
    "steward": (BROWSERS, steward, "cookie_id", "greta-"),
}


@pytest.mark.parametrize("named", "ab")
@pytest.mark.parametrize("way", WAYS)
async def test_whoever_was_merged_goes_too_and_so_do_both_ids(
    client: redis.asyncio.Redis, redis_url: str, way: str, named: str
) -> None:
    told, join, kind, form = WAYS[way]
    office, value = Office(client), form.format(named) if "{}" in form else form + named
    for message in told:
        await office.into.give([message])
    ids = list(profiles_at(redis_url))
    assert len(ids) == 2
    await office.into.give([join(await _fragments(client))])
    assert office.into.letters == []
    assert len(profiles_at(redis_url)) == 1
    assert (await office.ask("erase", **{kind: value}))["state"] == "erased"
    assert await office.reader.profiles(ids) == [ERASED, ERASED]
    assert profiles_at(redis_url) == {}
    assert "greta-" not in await traces(client)


async def _fragments(client: redis.asyncio.Redis) -> list[str]:
    homes = {key: value for key, value in (await everything(client)).items() if b":c:" in key}
    live = [Component.unpack(k[-12:], v[HEAD_BYTES:]) for k, v in homes.items() if v[:1] == LIVE]
    return [fragment.fid.hex() for component in live for fragment in component.fragments()]


async def test_what_stewards_are_asked_about_her_goes_and_what_time_would_do(
    client: redis.asyncio.Redis,
) -> None:
    office = Office(client)
    store = Store(client, 16)
    born = {"firstName": "Michael", "birthday": "1980-02-03"}
    for number, name in enumerate(("Jagemann", "Eulenspiegel")):
        mail = {"email": f"{name.lower()}@example.org"}
        await office.into.give([crm(str(number), traits=born | mail | {"lastName": name})])
    await office.into.give([sale({"email": "jagemann@example.org"}, occurred_at=time_text(NOW - 1_000))])

    async def asked() -> list[Any]:
        return (await StoreReviews(store, office.reader, RULES).page(100, None, "a steward"))["reviews"]  # type: ignore[no-any-return]

    async def waiting(name: Callable[[int], bytes]) -> int:
        return sum([await client.zcard(name(shard)) for shard in range(16)])

    assert len(await asked()) == await waiting(store.layout.reviews) == 1
    assert await waiting(store.layout.timers) == 1
    await office.ask("erase", email="jagemann@example.org")
    assert await asked() == []
    assert await waiting(store.layout.reviews) == await waiting(store.layout.timers) == 0
    left = await traces(client)
    assert "jagemann" not in left
    assert "eulenspiegel" in left
