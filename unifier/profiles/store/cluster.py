"""A client of Redis Cluster whose calls go out together, each to the server that has its keys.

redis-py's own pipelines repeat single calls on other connections, where WAIT says nothing of what was written
before; so here whatever goes to one server is one pipeline, repeated as a whole.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import sha1
from typing import Any, NamedTuple

from redis.asyncio import Redis, RedisCluster
from redis.asyncio.cluster import ClusterNode, PipelineCommand
from redis.exceptions import (
    AskError,
    ClusterError,
    NoScriptError,
    RedisClusterException,
    TryAgainError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from unifier.profiles.store.connections import PlainConnection, TlsConnection
from unifier.profiles.store.replication import CONFIRMED_MS, must_be_confirmed

Item = Sequence[bytes | int | str]

AGAIN_S = 0.25
_ELSEWHERE = (RedisConnectionError, RedisTimeoutError, AskError, ClusterError, TryAgainError)
"""Errors after which the same may be done, perhaps elsewhere; a slot that moved is an AskError too."""


class Call(NamedTuple):
    """A command, and a key that tells where it goes."""

    key: bytes
    words: Sequence[Any]


class Cluster(RedisCluster):
    """A cluster; what is broken off is done again, `tries` times in all."""

    def __init__(self, tries: int, **options: Any) -> None:
        super().__init__(**options)
        self._tries = tries
        own = TlsConnection if options.get("ssl") else PlainConnection
        self.connection_kwargs["connection_class"] = own  # of servers that are yet to be found
        for node in self.startup_nodes:
            node.connection_class = own

    async def initialize(self, *arguments: Any, **options: Any) -> "Cluster":
        """Find the servers. Raises RedisConnectionError, which redis-py's own exception is not."""
        try:
            await super().initialize(*arguments, **options)
        except RedisClusterException as error:
            raise RedisConnectionError(str(error)) from error
        return self

    async def run(self, source: str, items: Sequence[Item], first: Item, replicas: int) -> list[Any]:
        """Run a script for items, of each shard in one call; gives their replies in order."""
        shards: defaultdict[bytes, list[int]] = defaultdict(list)
        for number, item in enumerate(items):
            shards[_tag(item[0])].append(number)
        calls = []
        for tag, numbers in shards.items():
            words = [word for number in numbers for word in items[number]]
            # All keys, so that a slot which is on its way elsewhere is refused before anything is written.
            keys = [word for word in words if isinstance(word, bytes) and word.startswith(tag)]
            calls.append(Call(keys[0], ["EVALSHA", _name_of(source), len(keys), *keys, *first, *words]))
        found: dict[int, Any] = {}
        for numbers, reply in zip(shards.values(), await self.each(calls, replicas, source), strict=True):
            found |= zip(numbers, reply, strict=True)
        return [found[number] for number in range(len(items))]

    async def mget(self, keys: Sequence[bytes]) -> list[bytes | None]:  # type: ignore[override]
        """The values of keys, wherever they are."""
        slots: defaultdict[int, list[bytes]] = defaultdict(list)
        for key in keys:
            slots[self.keyslot(key)].append(key)
        replies = await self.each([Call(group[0], ["MGET", *group]) for group in slots.values()])
        values: dict[bytes, bytes | None] = {}
        for group, reply in zip(slots.values(), replies, strict=True):
            values |= zip(group, reply, strict=True)
        return [values[key] for key in keys]

    async def each(self, calls: Sequence[Call], replicas: int = 0, source: str = "") -> list[Any]:
        """The replies to calls; `source` is the script that they run."""
        found: dict[int, Any] = {}
        for left in reversed(range(self._tries)):
            await self.initialize()
            servers: defaultdict[ClusterNode, list[int]] = defaultdict(list)
            for number, call in enumerate(calls):
                if number not in found:
                    servers[self._server_of(call.key)].append(number)
            error = await self._ask(servers, calls, replicas, source, found)
            if error is None:
                break
            if not left or not isinstance(error, _ELSEWHERE):
                raise error
            await self.aclose()  # and find the servers anew
            await asyncio.sleep(AGAIN_S)
        return [found[number] for number in range(len(calls))]

    async def _ask(
        self,
        servers: Mapping[ClusterNode, Sequence[int]],
        calls: Sequence[Call],
        replicas: int,
        source: str,
        found: dict[int, Any],
    ) -> BaseException | None:
        """Ask all servers at once; into `found` goes what was answered. Gives an error, if there was one."""
        asked = [_asked(node, [calls[n] for n in of], replicas, source) for node, of in servers.items()]
        wrong = None
        for of, replies in zip(
            servers.values(), await asyncio.gather(*asked, return_exceptions=True), strict=True
        ):
            if isinstance(replies, BaseException):
                wrong = replies
            else:
                found |= zip(of, replies, strict=True)
        return wrong

    def _server_of(self, key: bytes) -> ClusterNode:
        try:
            return self.nodes_manager.get_node_from_slot(self.keyslot(key))
        except RedisClusterException as error:
            raise RedisConnectionError(str(error)) from error

    async def of_each_master(self, source: str, words: Item) -> list[Any]:
        """The reply of every master to a script that asks about no single key."""
        await self.initialize()
        call = Call(b"", ["EVALSHA", _name_of(source), 0, *words])
        asked = [_asked(node, [call], 0, source) for node in self.get_primaries()]
        return [reply for (reply,) in await asyncio.gather(*asked)]

    async def step(self, source: str, cursor: bytes, words: Item) -> tuple[bytes, list[bytes]]:
        """One step of a walk over the keys of all masters, one after another, by a script that uses SCAN.

        Raises RedisConnectionError when the master that the walk was at is none any more.
        """
        await self.initialize()
        masters = {node.name.encode(): node for node in self.get_primaries()}
        name, _, at = cursor.rpartition(b" ")
        name = name or min(masters)
        if name not in masters:
            raise RedisConnectionError("another server is the master now")
        call = Call(b"", ["EVALSHA", _name_of(source), 0, at, *words])
        [(at, found)] = await _asked(masters[name], [call], 0, source)
        if at != b"0":
            return name + b" " + at, found
        later = [other for other in masters if other > name]
        return min(later) + b" 0" if later else b"0", found


def as_cluster(redis: Redis) -> Cluster | None:
    """The client as what it is; None: it is of one server."""
    client: object = redis
    return client if isinstance(client, Cluster) else None


async def _asked(node: ClusterNode, calls: Sequence[Call], replicas: int, source: str) -> list[Any]:
    """The replies of one server, which had all it was asked by then confirmed. Raises RedisError."""
    commands = [PipelineCommand(number, *call.words) for number, call in enumerate(calls)]
    if replicas:
        # WAIT is about what this connection wrote: a write that changes nothing, after all that was read.
        sure = PipelineCommand(len(calls), "SET", _tag(calls[0].key) + b":sure", b"")
        commands += [sure, PipelineCommand(len(calls) + 1, "WAIT", replicas, CONFIRMED_MS)]
    await node.execute_pipeline(commands)
    if any(isinstance(command.result, NoScriptError) for command in commands):
        await node.execute_command("SCRIPT LOAD", source)
        await node.execute_pipeline(commands)
    for command in commands:
        if isinstance(command.result, Exception):
            raise command.result
    replies: list[Any] = [command.result for command in commands]
    if replicas:
        must_be_confirmed(replies[-1], replicas)
    return replies[: len(calls)]


@lru_cache
def _name_of(source: str) -> str:
    """Under which a server knows a script."""
    return sha1(source.encode(), usedforsecurity=False).hexdigest()


def _tag(key: Any) -> bytes:
    """The part of a key that tells its slot."""
    return bytes(key[: key.index(b"}") + 1])
