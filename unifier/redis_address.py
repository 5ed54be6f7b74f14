"""UNIFIER_REDIS in parts: one server, or a master that sentinels name.

    redis://[user:password@]host[:port][/database][?options]
    redis+sentinel://[user:password@]host:port,…/master[/database][?options]

With rediss in place of redis over TLS. User, password, TLS and options are those of the Redis servers; of
a sentinel only its place is known.
"""

from typing import NamedTuple
from urllib.parse import urlsplit

_NODE = r"[^/@,?#\s]+:\d{1,5}"
PATTERN = rf"^(rediss?://|rediss?\+sentinel://([^/@]*@)?{_NODE}(,{_NODE})*/[^/?#\s]+(/\d+)?(\?.*)?$)"


class Address(NamedTuple):
    """`url` is for one server; with sentinels its host is without meaning, all else holds for the master."""

    url: str
    sentinels: tuple[tuple[str, int], ...] = ()
    master: str = ""

    @property
    def place(self) -> str:
        """What names it in messages: no user, no password."""
        url = urlsplit(self.url)
        if self.master:
            nodes = ",".join(f"{host}:{port}" for host, port in self.sentinels)
            return f"{self.master} of {nodes}{url.path}"
        return f"{url.hostname}:{url.port or 6379}{url.path}"


def read_address(text: str) -> Address:
    """Take apart what matches PATTERN."""
    url = urlsplit(text)
    scheme, _, form = url.scheme.partition("+")
    if not form:
        return Address(text)
    login, at, nodes = url.netloc.rpartition("@")
    places = [node.rpartition(":") for node in nodes.split(",")]
    master, _, database = url.path.removeprefix("/").partition("/")
    return Address(
        url._replace(scheme=scheme, netloc=f"{login}{at}{master}", path=database and f"/{database}").geturl(),
        tuple((host, int(port)) for host, _, port in places),
        master,
    )
