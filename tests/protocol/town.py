"""What the scopes of the checker are made of: events, workers, relays, and what must hold of the memory."""

import contextlib
import json
from collections.abc import Callable, Sequence
from functools import cache
from itertools import count
from types import SimpleNamespace
from typing import Any

from aiokafka.errors import ProducerFenced
from redis.exceptions import RedisError

from tests.protocol import client
from tests.protocol.actors import Program
from tests.protocol.checker import Finish
from tests.protocol.client import Ask, Call, Client, ClusterClient
from tests.protocol.scripts import Memory, members, outbox
from unifier.events.canonical import Command
from unifier.events.decode import Decoder
from unifier.profiles.component import Component
from unifier.profiles.fragment import Arrival
from unifier.profiles.ids import Keys
from unifier.profiles.privacy import Intent
from unifier.profiles.store import Store
from unifier.profiles.store.counts import Counted, Numbers
from unifier.profiles.store.layout import FROZEN, HEAD_BYTES, LIVE, Layout
from unifier.profiles.store.outbox import FenceLostError, Outbox
from unifier.profiles.store.wrapping import unwrap
from unifier.rules import Rules, default_rules
from unifier.settings import Settings
from unifier.streams.agents import Chunk
from unifier.streams.intake import Batch, Intake
from unifier.streams.pipeline import Pipeline
from unifier.streams.publisher import Message
from unifier.streams.relay import Group, Relay
from unifier.streams.resolve import named_fragments
from unifier.streams.unify import Unifier
from unifier.streams.wishes import Wish

SHARDS = 2  # each with a relay of its own
NOW_MS = 1_790_000_000_000
LAYOUT = Layout(SHARDS)
SETTINGS = Settings(secret="of the checker", snapshot_s=0.05)
HOUR_MS = 3_600_000
TOPIC = "topic"  # all that was published, in order
EPOCHS = "epochs"


class Town:
    """People, their events, and the workers under one set of rules; they wait for so many replicas.

    Redis is one server, or a cluster with a slot for each shard.
    """

    def __init__(self, replicas: int = 0, cluster: bool = False, **matching: Any) -> None:
        self.cluster = cluster
        self._replicas = replicas
        self._client: Callable[[Ask], Any] = ClusterClient if cluster else Client
        rules = default_rules()
        self.rules: Rules = rules.model_copy(update={"matching": rules.matching.model_copy(update=matching)})
        self._intake = Intake(Decoder(self.rules, "UTC"), Keys(SETTINGS.secret), self.rules, "DE")
        self._unifier = Unifier(self._intake, self.rules)
        self._offsets = count()

    def visitor(self, mail: str, shard: int, above: bytes = b"") -> str:
        """The name of a browser whose fragment is in a shard, and has a larger id than another."""
        names = (f"visitor{number}" for number in count())
        return next(
            name for name in names if LAYOUT.shard(fid := self.touch(name, mail).fid) == shard and fid > above
        )

    def touch(self, name: str, mail: str, day: int = 1) -> Arrival:
        """One touch of a browser, whose owner gave an address there. It comes by a partition of its own."""
        number = next(self._offsets)
        message = {
            "messageId": f"m{number}",
            "type": "page",
            "timestamp": f"2026-09-{day:02}T10:00:00Z",
            "anonymousId": name,
            "context": {"traits": {"email": mail}},
        }
        record = SimpleNamespace(
            offset=number, timestamp=NOW_MS, key=b"", value=json.dumps(message).encode(), headers=()
        )
        batch = Batch(Chunk("online", "online", 0, [record]), number.to_bytes(4))
        self._intake.read([record], batch)
        [arrival] = batch.arrivals
        return arrival

    def worker(
        self,
        *arrivals: Arrival,
        commands: Sequence[Command] = (),
        erase: Sequence[Intent] = (),
        now: int = NOW_MS,
    ) -> Program:
        """A worker to which one batch is delivered."""

        async def program(ask: Ask) -> None:
            pipeline = self._pipeline(ask, now)
            wishes = [Wish(named_fragments(command), commands=[command]) for command in commands]
            wishes += [Wish(sorted(intent.fids), erase=intent) for intent in erase]
            await pipeline.work(arrivals, wishes)
            await ask(Call("acknowledge"))

        return program

    def relay(self, shard: int | None, rounds: int, others: Sequence[int | None] = ()) -> Program:
        """A relay that takes a shard over, or all of them (None), and publishes for some rounds.

        `others` may have had the shard before, under another name: no other relay can be in the scope.
        """

        async def program(ask: Ask) -> None:
            pipeline = self._pipeline(ask)

            async def no_timers(_: Sequence[bytes]) -> None:
                """The clock stands still."""

            of_worker = Relay(SETTINGS, pipeline.store, SHARDS, pipeline.snapshots, no_timers, _Uncounted())
            shards = range(SHARDS) if shard is None else [shard]
            outbox = Outbox(self._client(ask), LAYOUT, shards, self._replicas)
            own, *former = (Broker(ask, f"relay.{one}") for one in (shard, *others))
            group = Group(of_worker, outbox, own, former)  # type: ignore[arg-type]
            with contextlib.suppress(FenceLostError, ProducerFenced, RedisError):
                async with group.taken_over():
                    for _ in range(rounds):
                        await group.round()

        return program

    def owner(self, shard: int) -> Program:
        """Who owns a shard and looks for half moves of others, long after."""

        async def program(ask: Ask) -> None:
            outbox = Outbox(self._client(ask), LAYOUT, [shard], self._replicas)
            await outbox.take_over()
            [part] = await outbox.read(1, 0, NOW_MS + HOUR_MS)
            halves = {cid for cid in part.due if cid in await self._frozen(ask, part.due)}
            await self._pipeline(ask).timers(sorted(halves))

        return program

    async def _frozen(self, ask: Ask, cids: Sequence[bytes]) -> set[bytes]:
        values = await Store(self._client(ask), SHARDS).homes(cids)
        return {cid for cid, value in zip(cids, values, strict=True) if value and value[:1] == FROZEN}

    def _pipeline(self, ask: Ask, now: int = NOW_MS) -> Pipeline:
        store = Store(self._client(ask), SHARDS, self._replicas, clock=lambda: NOW_MS)
        return Pipeline(store, self._intake, self._unifier, None, {}, lambda: now)  # type: ignore[arg-type]


class _Uncounted:
    """The counts of journeys are no part of the model."""

    async def last(self, shards: Sequence[int]) -> dict[int, bytes]:
        return dict.fromkeys(shards, b"")

    async def add(self, counted: Sequence[Counted], numbers: Numbers) -> int:
        return 0


class Broker:
    """A publisher whose transactions are one step each."""

    def __init__(self, ask: Ask, name: str) -> None:
        self._ask = ask
        self._name = name
        self._epoch = 0

    async def __aenter__(self) -> "Broker":
        self._epoch = await self._ask(Call("init_transactions", (self._name,)))
        return self

    async def __aexit__(self, *_: object) -> None:
        """Nothing is open."""

    async def publish(self, messages: Sequence[Message]) -> None:
        if not await self._ask(Call("publish", (self._name, self._epoch, *messages))):
            raise ProducerFenced("the broker has seen a newer one")


def _init_transactions(memory: Memory, words: list[Any]) -> int:
    memory[EPOCHS, words[0]] = memory.get((EPOCHS, words[0]), 0) + 1
    return int(memory[EPOCHS, words[0]])


def _publish(memory: Memory, words: list[Any]) -> bool:
    name, epoch, *messages = words
    if memory[EPOCHS, name] != epoch:
        return False
    memory[TOPIC] = (*memory.get(TOPIC, ()), *messages)
    return True


def _acknowledge(memory: Memory, words: list[Any]) -> None:
    """The input is not read again."""


STEPS = {
    **client.STEPS,
    "init_transactions": _init_transactions,
    "publish": _publish,
    "acknowledge": _acknowledge,
}


def is_outside(key: Any) -> bool:
    """Whether something is with the broker, not in Redis."""
    return key == TOPIC or (isinstance(key, tuple) and key[0] == EPOCHS)


@cache
def opened(cid: bytes, value: bytes) -> Component:
    """A stored component; not to be changed."""
    return Component.unpack(cid, unwrap(value)[HEAD_BYTES:])


def live(memory: Memory) -> dict[bytes, Component]:
    """All live components, by their ids."""
    homes = {key[-12:]: value for key, value in memory.items() if isinstance(key, bytes) and b":c:" in key}
    return {cid: opened(cid, value) for cid, value in homes.items() if value[:1] == LIVE}


def nobody_twice(memory: Memory) -> None:
    """On a cluster: a reader finds each fragment that is stored once, and all signposts lead somewhere."""
    homes = {key[-12:]: value for key, value in memory.items() if isinstance(key, bytes) and b":c:" in key}
    components = live(memory)
    places = [fid for component in components.values() for fid in {*component.everybody()}]
    for fid, value in homes.items():
        root, seen = fid, set()
        while homes[root][:1] != LIVE:
            assert root not in seen, "signposts lead in a circle"
            seen.add(root)
            root = homes[root][1:HEAD_BYTES]
            assert root in homes, "a signpost leads nowhere"
        if value[:1] == FROZEN:
            there = {*opened(fid, value[value.index(LIVE, HEAD_BYTES) :]).everybody()}
            taken = [one for one in there if components[root].has_to_do_with(one)]
            assert len(taken) in (0, len(there)), "half of a component was taken"
            places += [] if taken else there
    assert len(places) == len(set(places)), "a fragment lives twice"
    assert set(places) <= homes.keys(), "a fragment has no home"


def moves_are_finished(town: Town, memory: Memory, finish: Finish) -> None:
    """The owners have looked for half moves, and every fragment is where its home says."""
    for shard in range(SHARDS):
        finish(town.owner(shard), memory)
    homes = {key: value for key, value in memory.items() if isinstance(key, bytes) and b":c:" in key}
    assert not any(value[:1] == FROZEN for value in homes.values()), "half of a move is left"
    one_home_each(memory)


def one_home_each(memory: Memory) -> None:
    """A reader finds every fragment that is stored, in one component."""
    components = live(memory)
    places = [fid for component in components.values() for fid in component.packed]
    assert len(places) == len(set(places)), "a fragment lives twice"
    homes = {key[-12:]: value for key, value in memory.items() if isinstance(key, bytes) and b":c:" in key}
    for fid in homes:
        root, seen = fid, set()
        while homes[root][:1] != LIVE:
            assert root not in seen, "signposts lead in a circle"
            seen.add(root)
            root = homes[root][1:]
            assert root in homes, "a signpost leads nowhere"
        there = components[root]
        gone = there.privacy.gone if there.privacy is not None else {}
        assert fid in there or fid in there.awaited or fid in gone, (
            "a fragment is not where its signpost leads"
        )
    assert set(places) <= homes.keys(), "a fragment has no home"


def touches(memory: Memory) -> dict[bytes, int]:
    """Fragment → events that were counted."""
    return {fragment.fid: fragment.touches for one in live(memory).values() for fragment in one.fragments()}


def together(memory: Memory) -> list[list[bytes]]:
    """The fragments of each component."""
    return sorted(sorted(one.packed) for one in live(memory).values())


def published_in_order(town: Town, memory: Memory, finish: Finish) -> None:
    """After relays have emptied the outboxes: readers heard every effect, and last of all what is stored."""
    for _ in range(20):
        if not any(outbox(memory, LAYOUT.out(n)) or members(memory, LAYOUT.dirty(n)) for n in range(SHARDS)):
            break
        for shard in range(SHARDS):
            finish(town.relay(shard, 1), memory)
    else:
        raise AssertionError("what waits in an outbox is never published")
    heard: dict[bytes, int] = {}
    ids: dict[str, bytes] = {}
    last: dict[bytes, bytes | None] = {}
    for topic, key, value in memory.get(TOPIC, ()):
        if topic == "profiles":
            last[key] = value
            continue
        message = json.loads(value)
        if message["id"] in ids:
            assert ids[message["id"]] == value, "one id for two messages"
            continue
        ids[message["id"]] = value
        assert int(message["sequence"]) > heard.get(key, 0), "an effect after a later one"
        heard[key] = int(message["sequence"])
    records = {pid.encode(): record for one in live(memory).values() for pid, record in one.records.items()}
    stale = {
        key
        for key, value in last.items()
        if value is not None
        and (key not in records or int(json.loads(value)["sequence"]) != records[key].sequence)
    }
    assert not stale, "the last message of a profile is not the profile"
    assert records.keys() <= {key for key, value in last.items() if value is not None}, (
        "a profile is not told"
    )
