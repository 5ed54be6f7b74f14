"""The verifier finds what a test plants, wherever it is, and nothing where nothing is left."""

import asyncio
import base64
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import ormsgpack
import pytest
import redis.asyncio

from tests.integration.hubers import ANNA, BOB, history
from tests.integration.in_process import RULES, feed
from tests.integration.messages import erase, sale
from tests.integration.spine import Publisher, inherit, read
from unifier.cli import main
from unifier.devstack.simulate import Message
from unifier.events.outbound import CREATED, DEAD_LETTER
from unifier.profiles.component import Component, Dead, Record
from unifier.profiles.ids import Keys, profile_id
from unifier.profiles.members import Separation, Tie
from unifier.profiles.privacy import Intent
from unifier.profiles.store import Store
from unifier.profiles.store.layout import (
    CAPPED,
    COUNTED,
    FROZEN,
    HEAD_BYTES,
    LIVE,
    PEOPLE,
    UNREDACTED,
    counts_of,
)
from unifier.profiles.store.requests import Requests
from unifier.profiles.store.wrapping import unwrap, wrap
from unifier.profiles.traces import Traces
from unifier.profiles.whom import hashed
from unifier.serving.verify_erased import verify
from unifier.settings import Settings
from unifier.streams.publisher import Publisher as Producer
from unifier.streams.redaction import Redaction

KEYS = Keys("s")
HASHES = hashed([("email", ANNA["email"])], KEYS, RULES, "DE")


class Case:
    """Anna was erased; what is known of her from before."""

    def __init__(self, settings: Settings, client: redis.asyncio.Redis) -> None:
        self.settings = settings
        self.client: Any = client
        self.store = Store(client, settings.shards)
        self.into = feed(client)

    async def begin(self, messages: list[Message]) -> None:
        await self.into.give(messages)
        self.old = {key: await self.client.get(key) async for key in self.client.scan_iter(match="*:c:*")}
        await self.into.give([erase(email=ANNA["email"])])
        [self.gone] = [one.privacy for one in await self._components() if one.privacy]
        self.fid, self.pid = min(self.gone.gone), min(self.gone.ids)

    async def _components(self) -> list[Component]:
        found = {key: await self.client.get(key) async for key in self.client.scan_iter(match="*:c:*")}
        return [Component.unpack(k[-12:], unwrap(v)[HEAD_BYTES:]) for k, v in found.items() if v[:1] == LIVE]

    async def relayed(self) -> None:
        """What was to be published has gone out."""
        for shard in range(self.settings.shards):
            await self.client.delete(self.store.layout.out(shard))

    async def finding(self) -> dict[str, Any]:
        return await verify(self.settings, self.store, HASHES)

    def publish(self, topic: str, key: str, message: Any) -> None:
        publisher = Publisher(self.settings)
        publisher.send(topic, orjson.dumps(message), key)
        publisher.flush()


@pytest.fixture
async def case(settings: Callable[..., Settings], client: redis.asyncio.Redis) -> Case:
    case = Case(settings(secret="s", shards=16, partitions=1), client)
    await case.begin(history())
    return case


async def test_nothing_is_left(case: Case) -> None:
    finding = await case.finding()
    outbox = [one for one in finding["left"] if one["where"] == "outbox"]
    assert finding["left"] == outbox, "no relay runs: what is to be published of her is still there"
    await case.relayed()
    assert (await case.finding()).items() >= {"left": [], "waiting": [], "others": []}.items()


async def test_somebody_who_was_not_erased_is_all_there(settings: Any, client: redis.asyncio.Redis) -> None:
    case = Case(settings(secret="s", shards=16, partitions=1), client)
    await case.into.give(history())
    assert {one["where"] for one in (await case.finding())["left"]} >= {"fragments"}


async def fragment(case: Case) -> None:
    for key, value in case.old.items():
        await case.client.set(key, value)


async def row(case: Case) -> None:
    bucket = await anext(case.client.scan_iter(match="*:i:*"))
    await case.client.hset(bucket, b"12345678", b"\0" + case.fid + b"\1")


async def timer(case: Case) -> None:
    await case.client.zadd(case.store.layout.timers(0), {case.fid: 1})


async def review(case: Case) -> None:
    await case.client.zadd(case.store.layout.reviews(0), {bytes(12): 1})


async def snapshot(case: Case) -> None:
    await case.client.sadd(case.store.layout.dirty(0), bytes(12))


async def outbox(case: Case) -> None:
    effects = [("identity", case.pid.encode(), b'{"type":"%s"}' % CREATED.encode())]
    await case.client.xadd(case.store.layout.out(3), {b"e": ormsgpack.packb(effects)})


def within(change: Callable[[Case, Component], None]) -> Callable[[Case], Awaitable[None]]:
    """Plant something in the component in which she was."""

    async def plant(case: Case) -> None:
        async for key in case.client.scan_iter(match="*:c:*"):
            value = unwrap(await case.client.get(key))
            if value[:1] == LIVE and (component := Component.unpack(key[-12:], value[HEAD_BYTES:])).privacy:
                change(case, component)
                await case.client.set(key, wrap(value[:HEAD_BYTES] + component.pack(())))

    return plant


@within
def tie(case: Case, component: Component) -> None:
    component.ties.append(Tie(case.fid, bytes(12), "steward", "e", 1))


@within
def separation(case: Case, component: Component) -> None:
    sides = frozenset([case.fid]), frozenset([bytes(12)])
    component.separations.append(Separation(*sides, "e", "steward", 1))


@within
def shared_value(_: Case, component: Component) -> None:
    component.shared.add(f"email|{ANNA['email']}")


@within
def profile(case: Case, component: Component) -> None:
    component.records["p_left"] = Record("p_left", (case.fid,), 1)


@within
def merged_id(case: Case, component: Component) -> None:
    component.dead["p_merged"] = Dead("p_left", (case.fid,), 1, 1, None, None)


@within
def erased_id(case: Case, component: Component) -> None:
    component.dead[case.pid] = Dead("p_left", (), 1, 1, None, None)


@within
def intent(case: Case, component: Component) -> None:
    assert component.privacy
    component.privacy.intents.append(Intent(frozenset([case.fid]), 1, 1, "e", whole=True))


async def frozen(case: Case) -> None:
    for key, value in case.old.items():
        if value[:1] == LIVE:
            await case.client.set(key, FROZEN + bytes(12) + b"1-1" + value)


async def half_move(case: Case) -> None:
    await case.client.zadd(case.store.layout.todo(0), {bytes(12): 1})


async def count(case: Case) -> None:
    await case.client.hset(counts_of(20_000), orjson.dumps(["touch", ANNA["email"]]), 1)


async def request(case: Case) -> None:
    await Requests(case.client).tell("another", reason=f"wrote from {ANNA['email']}")


async def unredacted(case: Case) -> None:
    await case.client.sadd(UNREDACTED.decode(), ANNA["email"])


async def api_key(case: Case) -> None:
    await case.client.hset("u:keys", "hash", orjson.dumps({"name": ANNA["email"]}))


async def audit(case: Case) -> None:
    await case.client.xadd("u:audit", {"on": "looked for Anna@example.org"})


async def key_name(case: Case) -> None:
    await case.client.set(f"note:{ANNA['email']}", 1)


@pytest.mark.parametrize(
    ("plant", "where"),
    [
        (fragment, "fragments"),
        (frozen, "fragments"),
        (tie, "words"),
        (separation, "words"),
        (shared_value, "words"),
        (profile, "profiles"),
        (merged_id, "profiles"),
        (erased_id, "profiles"),
        (intent, "erasures that are not finished"),
        (row, "index"),
        (timer, "timers"),
        (review, "reviews"),
        (snapshot, "dirty"),
        (half_move, "todo"),
        (outbox, "outbox"),
        (count, "journey"),
        (request, "request"),
        (unredacted, "unredacted"),
        (api_key, "u:keys"),
        (audit, "u:audit"),
        (key_name, "other keys"),
    ],
)
async def test_what_is_left_in_redis_is_found(
    case: Case, plant: Callable[[Case], Awaitable[None]], where: str
) -> None:
    await case.relayed()
    await plant(case)
    finding = await case.finding()
    assert where in {one["where"] for one in finding["left"]}
    assert "anna" not in repr(finding).lower()


async def test_a_number_of_the_system_is_nobodys_account(case: Case) -> None:
    await case.relayed()
    await case.client.hset(counts_of(20_000), orjson.dumps(["touches", "web", "product", 4711]), 4711)
    for key in (PEOPLE, CAPPED, COUNTED):
        await case.client.hset(key.decode(), "product", 4711)
    hashes = hashed([("account_id", "4711")], KEYS, RULES, "DE")
    assert (await verify(case.settings, case.store, hashes))["left"] == []


def letter(payload: bytes, offset: int = 1) -> dict[str, Any]:
    told = {"payload": base64.b64encode(payload).decode(), "payload_encoding": "base64", "key": None}
    source = {"topic": "t", "partition": 0, "offset": offset}
    return {"type": DEAD_LETTER, "data": {**told, "headers": [], "reason": "not_json", "source": source}}


async def test_what_is_left_in_topics_is_found(case: Case) -> None:
    await case.relayed()
    case.publish("profiles", case.pid, {"data": {}})
    case.publish("dead-letters", "t-0-1", letter(b'{"email": "anna@example.org", '))
    case.publish("online", "k", {"context": {"traits": {"email": "ANNA@example.org"}}})
    case.publish("pos", "k", {"customer": {"email": "anna@Example.org"}})
    case.publish("pos", "k", {"customer": {"email": "bob@example.org"}})
    case.publish("crm", "anna@example.org", {"record_id": "1"})
    case.publish("control", "k", {"identifiers": {"email": "anna@example.org"}})
    for told in ("journey", "segments", "identity"):
        case.publish(told, case.pid, {"data": {"profile_id": case.pid}})
    finding = await case.finding()
    topic = case.settings.topic
    assert finding["left"] == [
        {"where": topic("dead-letters"), "count": 1},
        {"where": topic("profiles"), "count": 1},
    ]
    waiting = {one["where"]: one for one in finding["waiting"]}
    names = ("online", "pos", "crm", "control", "journey", "segments", "identity")
    assert {name: one["count"] for name, one in waiting.items()} == dict.fromkeys(map(topic, names), 1)
    assert all(one["until"] for one in waiting.values())


async def test_dead_letters_lose_the_record_and_keep_the_reason(case: Case) -> None:
    case.publish("dead-letters", "t-0-1", letter(b'{"email": "anna@example.org", '))
    case.publish("dead-letters", "t-0-2", letter(b'{"email": "bob@example.org", '))
    async with Producer(case.settings) as producer:
        redaction = Redaction(case.settings, Requests(case.client), producer)
        traces = Traces(HASHES, KEYS, "DE")
        assert [await redaction.redact(traces) for _ in range(2)] == [1, 0]
    await case.relayed()
    finding = await case.finding()
    assert finding["left"] == []
    [waiting] = finding["waiting"]
    assert waiting["where"] == case.settings.topic("dead-letters")
    assert waiting["until"], "compaction takes it within a day"


async def test_of_an_account_as_short_as_a_number_only_its_own_letters_lose_the_record(case: Case) -> None:
    twelve = hashed([("account_id", "12")], KEYS, RULES, "DE")
    other = b'{"sequence_number": 12, "total": "12", "occurred_at": "2026-12-12"}'
    records = [b'{"userId": "12", ', b'{"userId": 12}', b'{"userId": "13", ', other]
    for offset, record in enumerate(records, 11):
        case.publish("dead-letters", f"t-0-{offset}", letter(record, offset))
    case.publish("profiles", "p_other", {"data": {"version": 12}})
    async with Producer(case.settings) as producer:
        redaction = Redaction(case.settings, Requests(case.client), producer)
        assert await redaction.redact(Traces(twelve, KEYS, "DE")) == 2
    kept = dict(read(case.settings, "dead-letters"))
    assert [bool(one and one["data"]["payload"]) for one in kept.values()] == [False] * 2 + [True] * 2
    await case.relayed()
    assert (await verify(case.settings, case.store, twelve))["left"] == []


async def test_dead_letters_are_found_by_all_that_she_had_and_nobody_else(
    settings: Callable[..., Settings], client: redis.asyncio.Redis
) -> None:
    case = Case(settings(secret="s", shards=16, partitions=1), client)
    phone = {"phone": "+49 30 5550100"}
    await case.begin([*history(), sale(ANNA | phone), sale(BOB | phone)])
    hers = (b'{"customer": {"loyalty_id": "L1", ', b'{"anonymousId": "cookie-anna", ', b'{"userId": "anna", ')
    others = (b'{"customer": {"phone": "030 5550100", ', b'{"customer": {"loyalty_id": "L2", ')
    for number, record in enumerate([*hers, *others]):
        case.publish("dead-letters", f"t-0-{number}", letter(record))
    about = (await Requests(case.client).about("e1"))["hashes"]
    told = [("loyalty_id", "L1"), ("cookie_id", "cookie-anna"), ("account_id", "anna")]
    assert set(hashed(told, KEYS, RULES, "DE")) < set(about.split())
    await case.relayed()
    assert (await case.finding())["left"] == [], "by the address alone"
    finding = await verify(case.settings, case.store, about.split())
    assert finding["left"] == [{"where": case.settings.topic("dead-letters"), "count": 3}]
    async with Producer(case.settings) as producer:
        assert await Redaction(case.settings, Requests(case.client), producer).look()
    assert (await verify(case.settings, case.store, about.split()))["left"] == []
    kept = dict(read(case.settings, "dead-letters"))
    assert [bool(one and one["data"]["payload"]) for one in kept.values()] == [False] * 3 + [True] * 2


async def test_dead_letters_with_what_many_share_are_let_be(
    settings: Callable[..., Settings], client: redis.asyncio.Redis
) -> None:
    case = Case(settings(secret="s", shards=16, partitions=1), client)
    house = {"loyalty_id": "HOUSE"}
    names = ("Ada", "Bea", "Cleo", "Dora", "Eva", "Fritz", "Gina", "Hans")
    await case.into.give([sale(house | {"first_name": name}) for name in names])
    await case.into.give([sale(ANNA), erase(email=ANNA["email"], **house), erase("e2", **house)])
    case.publish("dead-letters", "t-0-1", letter(b'{"loyalty_id": "HOUSE", "first_name": "Ada", '))
    case.publish("dead-letters", "t-0-2", letter(b'{"email": "anna@example.org", '))
    async with Producer(case.settings) as producer:
        assert await Redaction(case.settings, Requests(case.client), producer).look()
    kept = dict(read(case.settings, "dead-letters"))
    assert [bool(one and one["data"]["payload"]) for one in kept.values()] == [True, False]
    assert await case.client.smembers(UNREDACTED.decode()) == set()


async def test_of_a_value_that_many_share_it_is_not_said_that_nothing_is_left(
    settings: Callable[..., Settings],
    client: redis.asyncio.Redis,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    case = Case(settings(secret="s", shards=16, partitions=1), client)
    inherit(monkeypatch, case.settings)
    await case.into.give([sale({"loyalty_id": "HOUSE", "first_name": name}) for name in "ABCDEFGH"])
    looking = ["verify-erased", "--identifier", "loyalty_id=HOUSE"]
    assert await asyncio.to_thread(main, looking) == 2
    assert "too many share" in capsys.readouterr().err
    assert await asyncio.to_thread(main, [*looking, "--identifier", "email=anna@example.org"]) == 0
    assert capsys.readouterr().err.startswith("loyalty_id: ")


async def test_a_letter_that_takes_long_to_look_through_holds_no_event_up(case: Case) -> None:
    loop, others_go_on = asyncio.get_running_loop(), threading.Event()

    class Slow(Traces):
        def in_record(self, record: bytes, numbers: bool = True) -> bool:
            loop.call_soon_threadsafe(others_go_on.set)
            return others_go_on.wait(10)

    case.publish("dead-letters", "t-0-1", letter(b"1234567 " * 30_000))
    async with Producer(case.settings) as producer:
        redaction = Redaction(case.settings, Requests(case.client), producer)
        assert await redaction.redact(Slow(HASHES, KEYS, "DE")) == 1


async def test_others_who_carry_the_identifier_are_named(
    settings: Callable[..., Settings], client: redis.asyncio.Redis
) -> None:
    case = Case(settings(secret="s", shards=16, partitions=1), client)
    await case.begin(
        [sale(ANNA), sale(ANNA | {"phone": "+49 30 5550100"}), sale(BOB | {"email": ANNA["email"]})]
    )
    [other] = (await case.finding())["others"]
    assert other.startswith("p_")
    assert other != profile_id(case.fid)
