"""Several Redis servers that stand in for one another: a master watched by sentinels, and a cluster.

Both start on loopback, and are gone when their parent goes.
"""

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import redis
from redis.crc import key_slot

from unifier.devstack.errors import StackError
from unifier.devstack.redis import RedisServer, answers_ping, binary
from unifier.devstack.server import HOST, Server, free_port

MASTER = "main"
SENTINELS = 3
DOWN_AFTER_MS = 1_000
SLOTS = 16_384
AT_ONCE = {"repl-diskless-sync-delay": 0}  # a replica need not wait for others that might come
_AGREED_S = 60


class SentinelServer(Server):
    """One sentinel that watches a master."""

    name = "sentinel"

    def __init__(self, folder: Path, watched: int) -> None:
        super().__init__(folder, keep=False)
        self._watched = watched

    def command(self) -> list[str]:
        """The server command; a sentinel writes what it learns into its own settings file."""
        file = self.folder / "sentinel.conf"
        if not file.exists():
            lines = (
                f"bind {HOST}",
                f"port {self.port}",
                f"dir {self.folder}",
                f"sentinel monitor {MASTER} {HOST} {self._watched} {SENTINELS // 2 + 1}",
                f"sentinel down-after-milliseconds {MASTER} {DOWN_AFTER_MS}",
                f"sentinel failover-timeout {MASTER} {3 * DOWN_AFTER_MS}",
            )
            file.write_text("\n".join(lines) + "\n")
        return [binary(), str(file), "--sentinel"]

    def answers(self) -> bool:
        """Whether it answers PING."""
        return answers_ping(self.port)


class _Set(ABC):
    """Servers that are started together, in folders of their own under `folder`."""

    def __init__(self, servers: Sequence[Server]) -> None:
        self.servers = servers

    def start(self) -> Self:
        """Start all and wait until they work together. Raises StackError."""
        try:
            for server in self.servers:
                server.launch()
            for server in self.servers:
                server.wait_ready()
            self._join()
        except BaseException:
            self.close()
            raise
        return self

    def close(self) -> None:
        """End all."""
        for server in reversed(self.servers):
            server.resume()
            server.kill()

    @abstractmethod
    def _join(self) -> None:
        """Make one of the servers, and wait until they agree."""

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class SentinelSet(_Set):
    """A master, a replica that takes its place when it dies, and three sentinels that see to it."""

    def __init__(self, folder: Path) -> None:
        self.first = RedisServer(folder / "first", keep=False, more=AT_ONCE)
        replica_of = {**AT_ONCE, "replicaof": f"{HOST} {self.first.port}"}
        self.second = RedisServer(folder / "second", keep=False, more=replica_of)
        self.sentinels = [
            SentinelServer(folder / f"sentinel-{number}", self.first.port) for number in range(SENTINELS)
        ]
        super().__init__([self.first, self.second, *self.sentinels])

    @property
    def url(self) -> str:
        """redis+sentinel://host:port,…/master."""
        return f"redis+sentinel://{','.join(f'{HOST}:{one.port}' for one in self.sentinels)}/{MASTER}"

    def master(self) -> RedisServer:
        """The server that is the master now, as most sentinels see it. Raises StackError when none is."""
        votes = [_ask(one.port, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", MASTER) for one in self.sentinels]
        for server in (self.first, self.second):
            if sum(vote is not None and int(vote[1]) == server.port for vote in votes) > SENTINELS // 2:
                return server
        raise StackError("the sentinels know no master")

    def replica(self) -> RedisServer:
        """The other one."""
        return self.second if self.master() is self.first else self.first

    def promote(self, replica: RedisServer) -> None:
        """Have the sentinels make the replica the master, though nothing has died."""
        _wait(lambda: _ask(self.sentinels[0].port, "SENTINEL", "FAILOVER", MASTER))
        self.wait_promoted(replica)

    def wait_promoted(self, server: RedisServer) -> None:
        """Wait until a server is the master, for the sentinels and for itself."""
        _wait(lambda: self.master() is server and _ask(server.port, "ROLE")[0] == "master")

    def wait_replicated(self) -> None:
        """Wait until the replica is connected and the sentinels know of it and of one another."""
        for sentinel in self.sentinels:
            _wait(lambda port=sentinel.port: _knows_all(port))  # type: ignore[misc]

    _join = wait_replicated


class ClusterSet(_Set):
    """A cluster of masters, with replicas that take their places if any are asked for."""

    def __init__(self, folder: Path, masters: int = 3, replicas: int = 0, fsync: str = "everysec") -> None:
        self.masters = [_cluster_node(folder / f"master-{number}", fsync) for number in range(masters)]
        self.replicas = [_cluster_node(folder / f"replica-{number}", fsync) for number in range(replicas)]
        self.nodes = [*self.masters, *self.replicas]
        super().__init__(self.nodes)

    @property
    def url(self) -> str:
        """redis+cluster://host:port,…"""
        return f"redis+cluster://{','.join(f'{HOST}:{one.port}' for one in self.nodes)}"

    def owner(self, key: bytes) -> RedisServer:
        """The server that answers for a key now. Raises StackError when none does."""
        return self.owner_of_slot(key_slot(key))

    def owner_of_slot(self, slot: int) -> RedisServer:
        """The same for a slot."""
        for server in self.nodes:
            if server.running and (node := _ask(server.port, "CLUSTER", "MYID")):
                for low, high, (_, port, owner, *_), *_ in _ask(server.port, "CLUSTER", "SLOTS"):
                    if low <= slot <= high and owner == node and port == server.port:
                        return server
        raise StackError("no node of the cluster answers for the slot")

    def replica_of(self, master: RedisServer) -> RedisServer:
        """The server that follows another. Raises StackError when none does."""
        for server in self.nodes:
            role = _ask(server.port, "ROLE") if server.running else []
            if role[:1] == ["slave"] and role[2] == master.port:
                return server
        raise StackError("the master has no replica")

    def promote(self, replica: RedisServer) -> None:
        """Have a replica take the place of its master, which hands over in order."""
        _wait(lambda: _ask(replica.port, "CLUSTER", "FAILOVER"))
        self.wait_promoted(replica)

    def wait_promoted(self, server: RedisServer) -> None:
        """Wait until a server is a master, in its own eyes and in those of the others that run."""
        node = _ask(server.port, "CLUSTER", "MYID")
        for one in self.nodes:
            if one.running and one.answers():
                _wait(lambda port=one.port: _serves(port, node))  # type: ignore[misc]

    def wait_replicated(self) -> None:
        """Wait until all serve, and so many replicas as there were are in step."""

        def replicated() -> bool:
            roles = [_ask(server.port, "ROLE") for server in self.nodes]
            links = [role[3] for role in roles if role[0] == "slave"]
            return links == ["connected"] * len(self.replicas)

        _wait(replicated)
        self.wait_healthy(self.nodes)

    def _join(self) -> None:
        step = -(-SLOTS // len(self.masters))
        for number, server in enumerate(self.masters):
            last = min(SLOTS, (number + 1) * step) - 1
            _ask(server.port, "CLUSTER", "ADDSLOTSRANGE", number * step, last)
            _ask(server.port, "CLUSTER", "SET-CONFIG-EPOCH", number + 1)
        first = self.masters[0]
        for server in (*self.masters[1:], *self.replicas):
            _ask(first.port, "CLUSTER", "MEET", HOST, server.port, server.more["cluster-port"])
        for server in self.nodes:
            _wait(lambda port=server.port: len(_nodes(port)) == len(self.nodes))  # type: ignore[misc]
        for number, server in enumerate(self.replicas):
            master = _ask(self.masters[number % len(self.masters)].port, "CLUSTER", "MYID")
            _ask(server.port, "CLUSTER", "REPLICATE", master)
        self.wait_healthy(self.nodes)

    def wait_healthy(self, servers: Iterable[RedisServer]) -> None:
        """Wait until all slots are served in the eyes of these servers, and their replicas are in step."""
        for server in servers:
            _wait(lambda port=server.port: _is_healthy(port))  # type: ignore[misc]


def _cluster_node(folder: Path, fsync: str) -> RedisServer:
    more = {"cluster-enabled": "yes", "cluster-node-timeout": 2_000, "cluster-port": free_port(), **AT_ONCE}
    return RedisServer(folder, keep=False, fsync=fsync, more=more)


def _knows_all(sentinel: int) -> bool:
    master = _facts(_ask(sentinel, "SENTINEL", "MASTER", MASTER))
    replicas = [_facts(one) for one in _ask(sentinel, "SENTINEL", "REPLICAS", MASTER)]
    links = [one["master-link-status"] for one in replicas]
    return int(master["num-other-sentinels"]) == SENTINELS - 1 and links == ["ok"]


def _facts(flat: list[str]) -> dict[str, str]:
    return dict(zip(flat[::2], flat[1::2], strict=True))


def _nodes(port: int) -> list[str]:
    return [line for line in str(_ask(port, "CLUSTER", "NODES")).splitlines() if "handshake" not in line]


def _is_healthy(port: int) -> bool:
    healthy = "cluster_state:ok" in str(_ask(port, "CLUSTER", "INFO"))
    role = _ask(port, "ROLE")
    return healthy and (role[0] == "master" or role[3] == "connected")


def _serves(port: int, node: str) -> bool:
    healthy = "cluster_state:ok" in str(_ask(port, "CLUSTER", "INFO"))
    return healthy and any(group[2][2] == node for group in _ask(port, "CLUSTER", "SLOTS"))


def _ask(port: int, *command: Any) -> Any:
    """One command on a connection of its own, its reply as it came."""
    with redis.Redis(host=HOST, port=port, decode_responses=True, socket_timeout=5, protocol=2) as client:
        return client.execute_command(*command)


def _wait(condition: Callable[[], object]) -> None:
    """Poll until the condition holds. Raises StackError when it does not for a minute."""
    tick, deadline = threading.Event(), time.monotonic() + _AGREED_S
    while True:
        try:
            if condition():
                return
        except (redis.RedisError, StackError):
            pass  # a server is about to start, or to find its part
        if time.monotonic() > deadline:
            raise StackError(f"the Redis servers did not agree within {_AGREED_S} s")
        tick.wait(0.05)
