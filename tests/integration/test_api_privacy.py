"""Privacy requests from the call to what the stream makes of them: no value is kept on the way."""

from typing import Any

import orjson
import pytest
import redis.asyncio

from tests.integration.hubers import ANNA, BOB, HOME, history
from tests.integration.in_process import people
from tests.integration.in_redis import everything
from tests.integration.messages import sale
from tests.integration.office import Office
from tests.integration.spine import profiles_at
from unifier.serving.audit import AUDIT, AUDIT_OF_READING
from unifier.serving.privacy import NamesNobodyError, TellsTooMuchError
from unifier.serving.reader import ERASED


async def test_an_erasure_is_carried_out_and_leaves_hashes_alone(
    client: redis.asyncio.Redis, redis_url: str
) -> None:
    office = Office(client)
    await office.into.give(history())
    [pid] = [pid for pid, p in profiles_at(redis_url).items() if "anna@example.org" in str(p)]
    state = await office.ask("erase", email="Anna@Example.org ")
    assert (state["kind"], state["state"]) == ("erase", "erased")
    assert (await office.reader.profiles([pid])) == [ERASED]
    assert await office.reader.timeline(pid) is ERASED
    assert await office.reader.evidence(pid) is ERASED
    assert len(people(redis_url)) == 2
    kept = repr([office.published, await everything(client)])
    assert "anna" not in kept.lower()


async def test_somebody_unknown_is_told_to_be(client: redis.asyncio.Redis) -> None:
    office = Office(client)
    assert (await office.ask("erase", email="stranger@example.org"))["state"] == "unknown"
    assert (await office.ask("export", email="stranger@example.org"))["export"] is None
    assert await office.desk.state("0" * 32, "olga") is None


async def test_every_call_is_in_the_audit_trail(client: redis.asyncio.Redis) -> None:
    office = Office(client)
    await office.ask("erase", email=ANNA["email"])
    await office.ask("export", loyalty_id="L1")
    trail: Any = await client.xrange(AUDIT)
    told = [fields for _, fields in trail]
    assert [(row[b"who"], row[b"what"]) for row in told] == [(b"olga", b"erase"), (b"olga", b"export")]
    reads: Any = await client.xrange(AUDIT_OF_READING)
    assert [(row[b"who"], row[b"what"]) for _, row in reads] == [(b"olga", b"read request")] * 2
    on = orjson.loads(told[0][b"on"])
    assert on["reason"] == "file 7"
    assert [one.partition(":")[0] for one in on["hashes"]] == ["email"]


async def test_an_export_holds_everything_of_the_person_with_source_and_time(
    client: redis.asyncio.Redis,
) -> None:
    office = Office(client)
    await office.into.give(history())
    export = (await office.ask("export", email=ANNA["email"]))["export"]
    [profile] = export["profiles"]
    assert profile["traits"]["first_name"] == "Anna"
    assert len(export["fragments"]) == profile["fragments"] == 4
    told = {(one["source"], one["named_by"]): one for one in export["fragments"]}
    till = told["pos", "loyalty_id"]
    assert {"type": "email", "value": ANNA["email"]} in till["identifiers"]
    assert {"trait": "last_name", "value": "Huber", "at": till["first_seen_at"]} in till["traits"]
    assert till["orders"][0]["amount"] == "10.00"
    assert till["touches"][0]["name"] == "sale"
    assert till["compared_as"]["postcode"] == "10115"
    text = orjson.dumps(export).decode()
    assert "cookie-anna" in text
    assert "bob" not in text.lower()


async def test_what_was_told_of_a_trait_before_is_in_the_export(client: redis.asyncio.Redis) -> None:
    office = Office(client)
    card = {"loyalty_id": "L1"}
    await office.into.give([sale(card | {"title": "Dr."}), sale(card | BOB | HOME)])
    export = (await office.ask("export", loyalty_id="L1"))["export"]
    assert "Dr." in orjson.dumps(export).decode()


@pytest.mark.parametrize(
    ("identifiers", "reason", "error"),
    [
        ({"email": "n/a"}, "file 7", NamesNobodyError),
        ({"email": "noreply@example.org"}, "file 7", NamesNobodyError),
        ({"email": "anna@example.org"}, "ANNA@example.org wrote", TellsTooMuchError),
        ({"email": "anna+shop@example.org "}, "wrote from (Anna@example.org)", TellsTooMuchError),
        ({"phone": "+49 30 5550199", "loyalty_id": "L1"}, "called from 030/555 01 99", TellsTooMuchError),
    ],
)
async def test_a_request_that_would_not_do_is_not_taken_in(
    client: redis.asyncio.Redis, identifiers: dict[str, str], reason: str, error: type[Exception]
) -> None:
    office = Office(client)
    with pytest.raises(error):
        await office.desk.request("erase", identifiers, reason, "olga")
    assert office.published == []
    assert await everything(client) == {}
