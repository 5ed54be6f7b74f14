"""Clients for UNIFIER_REDIS, whatever form it has: patient ones for the stream, quick ones for answering."""

import asyncio
from typing import Any, cast

import redis
import redis.asyncio.cluster
import redis.asyncio.sentinel
import redis.cluster
import redis.sentinel
from redis.asyncio import BlockingConnectionPool, ConnectionPool, Redis
from redis.asyncio.connection import parse_url
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel, SentinelConnectionPool
from redis.backoff import ExponentialBackoff, NoBackoff
from redis.connection import parse_url as parse_url_plainly
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisClusterException, RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry as PlainRetry

from unifier.profiles.store.cluster import Cluster
from unifier.profiles.store.connections import (
    ManagedConnection,
    ManagedTlsConnection,
    PlainConnection,
    TlsConnection,
)
from unifier.redis_address import Address, read_address
from unifier.settings import SettingsError

ANSWERING_CONNECTIONS = 32  # of the service to Redis; requests beyond that wait for one
_ROUNDS_UNTIL_SENT = 3  # of the event loop
_ASK_SENTINEL_S = 1.0  # one that does not answer by then is passed over for the next
_CLUSTER_TRIES = 8  # of a call, a quarter of a second apart: fewer than a fail-over takes


class _SentinelPool(SentinelConnectionPool):
    async def aclose(self) -> None:
        await super().aclose()
        await self.sentinel_manager.aclose()


class _BlockingSentinelPool(_SentinelPool, BlockingConnectionPool):
    pass


def connect(url: str) -> Redis:
    """A client that waits out short interruptions."""
    address = _address(url)
    options: dict[str, Any] = {
        "retry": Retry(ExponentialBackoff(cap=1.0, base=0.05), 5),
        "retry_on_error": [RedisConnectionError, RedisTimeoutError],
        "socket_timeout": 10,
        "socket_connect_timeout": 5,
        "protocol": 2,
    }
    if address.nodes:
        return _cluster(address, _CLUSTER_TRIES, options)
    return Redis.from_pool(_pool(address, ConnectionPool, _SentinelPool, options))


async def sent() -> None:
    """Return when a command begun just now is on its way, so that Redis works while the caller does.

    Until Python 3.12 redis-py's write is a task of its own, and uvloop sends at the end of a round.
    """
    for _ in range(_ROUNDS_UNTIL_SENT):
        await asyncio.sleep(0)


def connect_for_answers(url: str) -> Redis:
    """A client for answering: what does not come quickly is an error, and the caller repeats."""
    address = _address(url)
    options: dict[str, Any] = {
        "max_connections": ANSWERING_CONNECTIONS,
        "socket_timeout": 2,
        "socket_connect_timeout": 2,
        "retry": Retry(NoBackoff(), 1),  # the connections of a Redis that was restarted are stale once
        "protocol": 2,
    }
    if address.nodes:
        return _cluster(address, 2, options)
    waiting = options | {"timeout": 2}
    return Redis.from_pool(_pool(address, BlockingConnectionPool, _BlockingSentinelPool, waiting))


def connect_plainly(url: str, **options: Any) -> "redis.Redis":
    """A client that blocks, for commands; a context manager. `options` are those of redis.Redis."""
    address = _address(url)
    if address.nodes:
        try:
            nodes = [redis.cluster.ClusterNode(*node) for node in address.nodes]  # type: ignore[no-untyped-call]
            cluster: Any = redis.RedisCluster(startup_nodes=nodes, **_of_cluster(address.url), **options)
        except RedisClusterException as error:
            raise RedisConnectionError(str(error)) from error
        return cast("redis.Redis", cluster)
    if not address.master:
        return redis.Redis.from_url(url, **options)
    found: dict[str, Any] = {**parse_url_plainly(address.url)}  # type: ignore[no-untyped-call]
    tls = found.pop("connection_class", None) is not None
    asked = {"socket_timeout": _ASK_SENTINEL_S, "retry": PlainRetry(NoBackoff(), 0)}
    sentinel = redis.sentinel.Sentinel(address.sentinels, sentinel_kwargs=asked)  # type: ignore[no-untyped-call]
    found = _of_master(found | options)
    client: redis.Redis = sentinel.master_for(address.master, ssl=tls, **found)  # type: ignore[no-untyped-call]
    return client


def _address(url: str) -> Address:
    """The address, its options being such that a connection can be made of them. Raises SettingsError."""
    address = read_address(url)
    try:
        found: dict[str, Any] = {**parse_url(address.url)}
        found.pop("timeout", None)  # of the pool that waits
        ConnectionPool(**found).make_connection()  # type: ignore[no-untyped-call]  # connects to nothing yet
    except (TypeError, ValueError, RedisError) as error:
        words = f"{error}".rpartition("__init__() got ")[2].rstrip(".")
        raise SettingsError(f"UNIFIER_REDIS: what stands behind its ? cannot be used: {words}") from None
    return address


def masters_of(client: "redis.Redis") -> "dict[str, redis.Redis]":
    """A client of each master of a cluster, by its place; else the client itself, by ""."""
    one: object = client
    if not isinstance(one, redis.RedisCluster):
        return {"": client}
    return {node.name: node.redis_connection for node in one.get_primaries()}  # type: ignore[no-untyped-call]


def _pool(
    address: Address,
    plain: type[ConnectionPool],
    managed: type[SentinelConnectionPool],
    options: dict[str, Any],
) -> ConnectionPool:
    found: dict[str, Any] = {**parse_url(address.url)}
    tls = found.pop("connection_class", None) is not None
    if not address.master:
        return plain(connection_class=TlsConnection if tls else PlainConnection, **(found | options))
    asked = {"socket_timeout": _ASK_SENTINEL_S, "retry": Retry(NoBackoff(), 0)}
    sentinel = Sentinel(address.sentinels, sentinel_kwargs=asked)  # type: ignore[no-untyped-call]
    kind = ManagedTlsConnection if tls else ManagedConnection
    return managed(address.master, sentinel, connection_class=kind, **_of_master(found | options))


def _cluster(address: Address, tries: int, options: dict[str, Any]) -> Redis:
    """It takes the same calls as a client of one server, each for keys of one slot."""
    nodes = [redis.asyncio.cluster.ClusterNode(*node) for node in address.nodes]
    cluster: Any = Cluster(tries, startup_nodes=nodes, **(_of_cluster(address.url) | options))
    return cast("Redis", cluster)


def _of_cluster(url: str) -> dict[str, Any]:
    """The options in an URL, but for the host."""
    found = _of_master({**parse_url_plainly(url)})  # type: ignore[no-untyped-call]
    tls = found.pop("connection_class", None) is not None
    return found | ({"ssl": True} if tls else {})


def _of_master(found: dict[str, Any]) -> dict[str, Any]:
    """Without the host of the URL: the sentinels name another."""
    return {name: value for name, value in found.items() if name not in ("host", "port")}
