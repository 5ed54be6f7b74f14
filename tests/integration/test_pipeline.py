"""The pipeline in this process, on a real Redis: what it makes of a history is the same however it came."""

import json
import random
from typing import Any

import orjson
import ormsgpack
import pytest
import redis.asyncio

from tests.integration.in_process import END_MS, feed, people
from tests.integration.messages import sale
from tests.integration.spine import profiles_at
from unifier.devstack.simulate import Message, simulate
from unifier.devstack.simulate.message import iso
from unifier.streams.agents import TOGETHER_RECORDS
from unifier.streams.draft import Draft
from unifier.streams.jobs import Job
from unifier.streams.unify import Unifier


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_any_order_and_any_batches_give_the_same_people(
    client: redis.asyncio.Redis, redis_url: str, seed: int
) -> None:
    rng = random.Random(seed)
    messages = list(simulate(people=25, days=4, seed=seed, end_ms=END_MS))
    outcomes = []
    for order in ("as they came", "shuffled", "one by one"):
        await client.flushdb()
        into = feed(client)
        coming = list(messages)
        if order == "shuffled":
            coming += rng.sample(messages, len(messages) // 10)  # and some of them again
            rng.shuffle(coming)
        while coming:
            size = 1 if order == "one by one" else rng.randrange(1, 200)
            await into.give(coming[:size])
            coming = coming[size:]
        assert into.letters == []
        outcomes.append(people(redis_url))
    assert outcomes[0] == outcomes[1]
    assert outcomes[0] == outcomes[2]


async def test_a_transition_and_the_profile_say_what_to_expect(
    client: redis.asyncio.Redis, redis_url: str
) -> None:
    viewed = b'{"type":"track","event":"Product Viewed","messageId":"m","timestamp":"%s","anonymousId":"a"}'
    await feed(client).give([Message("online", b"", viewed % iso(END_MS).encode(), END_MS, None)])
    [profile] = profiles_at(redis_url).values()
    outboxes: list[Any] = [await client.xrange(key) for key in await client.keys("{*}:out")]
    effects = [
        orjson.loads(value)["data"]
        for outbox in outboxes
        for _, entry in outbox
        for topic, _, value in ormsgpack.unpackb(entry[b"e"])
        if topic == "journey"
    ]
    told = {(each["model"], each["to"]): each.get("predictions") for each in effects}
    assert told["six-phase", "consideration"]["purchase"]["basis"]["phase"] == "consideration"
    assert told["four-phase", "engagement"] is None, "it is told once, with the transition of the first model"
    now, later = told["six-phase", "consideration"]["purchase"], profile["predictions"]["purchase"]
    assert now["chance"] != later["chance"], "worked out when it is read"
    assert now["basis"] == later["basis"]


async def test_a_record_that_cannot_be_worked_off_is_put_aside_and_its_batch_goes_on(
    client: redis.asyncio.Redis, redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(Unifier):
        """Stumbles over one event, as a bug would."""

        def draft(self, job: Job, now: int) -> Draft | None:
            if any(arrival.event.event_id == "bad" for arrival in job.work.arrivals):
                raise ZeroDivisionError("with anna@example.org in its words")
            return super().draft(job, now)

    into = feed(client, Broken)
    told = b'{"type":"page","messageId":"%s","timestamp":"2026-09-01T10:00:00Z","anonymousId":"%s"}'
    records = [(b"m1", b"a"), (b"bad", b"a"), (b"m2", b"a"), (b"m3", b"b")]
    await into.give([Message("online", b"", told % ids, END_MS, None) for ids in records])
    assert [(letter.error.reason, letter.record.offset) for letter in into.letters] == [("internal_error", 1)]
    assert sorted(p["metrics"]["touches"] for p in people(redis_url)) == [1, 2]
    assert "ZeroDivisionError in " in caplog.text
    assert "anna" not in caplog.text + "".join(str(letter.error) for letter in into.letters)


async def test_a_command_about_nobody_known_is_put_aside(client: redis.asyncio.Redis) -> None:
    into = feed(client)
    command = (
        b'{"command":"separate","command_id":"c","by":"s","reason":"r",'
        b'"profiles":["p_00000000000000000000","p_00000000000000000001"]}'
    )
    await into.give([Message("control", b"", command, END_MS, None)])
    assert [letter.error.reason for letter in into.letters] == ["unknown_profile"]


@pytest.mark.parametrize("kind", ["link", "separate"])
@pytest.mark.parametrize("there", [0, 1], ids=["both are to come", "one is to come"])
async def test_a_word_about_fragments_that_are_yet_to_come_counts_when_they_come(
    client: redis.asyncio.Redis, redis_url: str, kind: str, there: int
) -> None:
    own = {"loyalty_id": "L1"} if kind == "link" else {"email": "a@example.org", "loyalty_id": "L1"}
    events = [sale({"email": "a@example.org"}, 1), sale(own, 2)]
    await feed(client).give(events)
    assert len(people(redis_url)) == (2 if kind == "link" else 1), "without the word"
    fids = sorted([bytes(key)[-12:].hex() async for key in client.scan_iter(match="*:c:*")])
    await client.flushdb()
    into = feed(client)
    await into.give(events[:there])
    word = {"command": kind, "command_id": "c", "by": "s", "reason": "r", "fragments": fids}
    for _ in range(2):
        await into.give([Message("control", b"", json.dumps(word).encode(), END_MS, None)])
    await into.give(events[there:])
    assert into.letters == []
    assert len(people(redis_url)) == (1 if kind == "link" else 2)
    assert sum(person["metrics"]["orders"] for person in people(redis_url)) == 2


async def test_effects_gather_for_long_only_while_batches_come_half_full(client: redis.asyncio.Redis) -> None:
    into, behind = feed(client), list[bool]()
    into.pipeline.on_written = behind.append
    for records in (TOGETHER_RECORDS // 3, TOGETHER_RECORDS):
        page = {"type": "page", "name": "Home", "anonymousId": "c", "timestamp": iso(END_MS)}
        values = [json.dumps({**page, "messageId": f"{records}-{n}"}).encode() for n in range(records)]
        await into.give([Message("online", b"", value, END_MS, None) for value in values])
    assert behind == [False, True]


async def test_strangers_behind_the_house_card_of_a_till_fall_apart_again(
    client: redis.asyncio.Redis, redis_url: str
) -> None:
    receipt = (
        b'{"store_id":"1","workstation_id":"1","business_day":"2026-09-01","sequence_number":%d,"kind":"sale",'
        b'"occurred_at":"2026-09-01T10:00:00Z","currency":"EUR","total":"1.00","items":[],'
        b'"tenders":[{"kind":"card","amount":"1.00","payment_account":"card-%d"}],"customer":{"loyalty_id":"house"}}'
    )
    into = feed(client)
    for number in range(1, 10):
        await into.give([Message("pos", b"", receipt % (number, number), END_MS, None)])
    assert [p["metrics"]["orders"] for p in people(redis_url)] == [1] * 9
