"""UNIFIER_REDIS in parts: one server, a master that sentinels name, or a cluster.

    redis://[user:password@]host[:port][/database][?options]
    redis+sentinel://[user:password@]host:port,…/master[/database][?options]
    redis+cluster://[user:password@]host:port,…[?options]

With rediss in place of redis over TLS. User, password, TLS and options are those of the Redis servers; of
a sentinel only its place is known.
"""

from typing import NamedTuple
from urllib.parse import urlsplit

from pydantic_core import PydanticCustomError

_HOST = r"(\[[0-9A-Fa-f:.]+\]|[^/@,?#:\s\[\]]*)"
_NODE = r"[^/@,?#\s]+:\d{1,5}"
_NODES = rf"([^/@]*@)?{_NODE}(,{_NODE})*"
PATTERN = (
    rf"^(rediss?://([^/]*@)?{_HOST}(:\d{{1,5}})?(/\d*)?(\?.*)?$|rediss?\+sentinel://{_NODES}/[^/?#\s]+(/\d+)?(\?.*)?$"
    rf"|rediss?\+cluster://{_NODES}/?(\?.*)?$)"
)
_PORT_MAX = 65_535


class Address(NamedTuple):
    """`url` is for one server; with sentinels its host is without meaning, all else holds for the master.

    On a cluster it is for each of the servers, and those are in `nodes` which are asked for the others.
    """

    url: str
    sentinels: tuple[tuple[str, int], ...] = ()
    master: str = ""
    nodes: tuple[tuple[str, int], ...] = ()

    @property
    def place(self) -> str:
        """What names it in messages: no user, no password."""
        url = urlsplit(self.url)
        if self.master:
            nodes = ",".join(f"{host}:{port}" for host, port in self.sentinels)
            return f"{self.master} of {nodes}{url.path}"
        if self.nodes:
            return "the cluster of " + ",".join(f"{host}:{port}" for host, port in self.nodes)
        return f"{url.hostname or 'localhost'}:{url.port or 6379}{url.path}"


def read_address(text: str) -> Address:
    """Take apart what matches PATTERN."""
    url = urlsplit(text)
    scheme, _, form = url.scheme.partition("+")
    if not form:
        return Address(text)
    login, at, nodes = url.netloc.rpartition("@")
    named = [node.rpartition(":") for node in nodes.split(",")]
    places = tuple((host, int(port)) for host, _, port in named)
    if form == "cluster":
        first, _, _ = nodes.partition(",")
        return Address(
            url._replace(scheme=scheme, netloc=f"{login}{at}{first}", path="").geturl(), nodes=places
        )
    master, _, database = url.path.removeprefix("/").partition("/")
    return Address(
        url._replace(scheme=scheme, netloc=f"{login}{at}{master}", path=database and f"/{database}").geturl(),
        places,
        master,
    )


def with_ports_that_exist(text: str) -> str:
    """The address, if all its ports do. Raises PydanticCustomError."""
    address = read_address(text)
    try:
        ports = [urlsplit(address.url).port or 0, *(port for _, port in (*address.sentinels, *address.nodes))]
    except ValueError:  # of the only server
        ports = [_PORT_MAX + 1]
    if max(ports) > _PORT_MAX:
        raise PydanticCustomError("port", "a port is at most 65535")
    return text
