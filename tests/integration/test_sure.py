"""What ends a matter is not believed of a master that is none any more, nor written to one alone.

A master that was deposed while it hung does not know when it goes on, nor that its replica left. Here the
replica stands still: what the master is told is confirmed by nobody.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import pytest
from redis.asyncio import Redis

from unifier.devstack.redis_sets import ClusterSet, SentinelSet
from unifier.events.canonical import Command
from unifier.events.decode import Decoder
from unifier.profiles.ids import Keys
from unifier.profiles.store import Store, cluster, connect, writes
from unifier.profiles.store.replication import NotReplicatedError
from unifier.profiles.store.requests import ERASED, UNKNOWN, Requests, Whom
from unifier.rules import default_rules
from unifier.streams.cache import Cache
from unifier.streams.finder import Finder
from unifier.streams.intake import Intake
from unifier.streams.officer import Officer
from unifier.streams.resolve import Resolver
from unifier.streams.wishes import Wish

SHARDS = 4
RULES = default_rules()
SEPARATE = Command(
    "c", "separate", "s", "r", 1, profiles=("p_00000000000000000000", "p_00000000000000000001")
)
RESTRICT = Command("r", "restrict", "s", "r", 1, identifiers=(("email", "anna@example.org"),))

MANY = [bytes(4) + number.to_bytes(8, "big") for number in range(10_000)]
"""More than Lua's stack takes, also of one shard of a cluster."""


@dataclass
class Side:
    """A worker's side of a Redis, and the one that is to confirm what it writes."""

    redis: Redis
    servers: SentinelSet | ClusterSet

    def __post_init__(self) -> None:
        store = self.store = Store(self.redis, SHARDS, replicas=1)
        intake = Intake(Decoder(RULES, "Europe/Berlin"), Keys("s"), RULES, "DE")
        finder = Finder(store, Cache())
        self.resolver = Resolver(finder, store, intake, RULES)
        self.officer = Officer(store, intake, finder)
        self.requests = Requests(self.redis, replicas=1)

    def cut_off(self) -> None:
        """Nobody confirms from now on."""
        servers = self.servers
        for replica in [servers.replica()] if isinstance(servers, SentinelSet) else servers.replicas:
            replica.pause()


@pytest.fixture(params=["sentinels", "cluster"])
def servers(request: pytest.FixtureRequest) -> SentinelSet | ClusterSet:
    name = {"sentinels": "sentinel_set", "cluster": "cluster_set"}[request.param]
    servers: SentinelSet | ClusterSet = request.getfixturevalue(name)
    return servers


@pytest.fixture
async def side(servers: SentinelSet | ClusterSet) -> AsyncIterator[Side]:
    redis = connect(servers.url)
    yield Side(redis, servers)
    await redis.aclose()


ENDS: dict[str, Callable[[Side], Awaitable[object]]] = {
    "nobody knows whom a steward means": lambda side: side.resolver.knows(SEPARATE),
    "nor whom a privacy officer means": lambda side: side.officer.wishes(RESTRICT, 1, 1),
    "somebody named is not there": lambda side: side.resolver.resolve([], [Wish([bytes(12)])]),
    "it is settled whom a request is about": lambda side: side.requests.settle("r", Whom(bytes(12), 2)),
    "it is carried out": lambda side: side.requests.carried_out("e", ERASED),
}


async def test_only_what_a_replica_confirms_ends_a_matter(
    side: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not await side.resolver.knows(SEPARATE)
    assert await side.officer.wishes(RESTRICT, 1, 1) == []
    assert (await side.requests.about("r"))["state"] == UNKNOWN
    assert await side.requests.settle("r", Whom(bytes(12), 2)) == Whom(b"", 1)
    await side.requests.carried_out("e", ERASED)
    assert await side.requests.unredacted() == ["e"]
    assert await side.store.homes(MANY, sure=True) == [None] * len(MANY)
    side.cut_off()
    for module in (cluster, writes):
        monkeypatch.setattr(module, "CONFIRMED_MS", 50)
    for what, end in ENDS.items():
        try:
            await end(side)
        except NotReplicatedError:
            continue
        pytest.fail(f"{what}, and nobody confirmed it")
