"""A Redis that asks for TLS and a login: worker, API, keys and doctor get along with few rights."""

import asyncio
import contextlib
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from tests.conftest import SettingsFactory
from tests.integration.certificates import make_certificate
from tests.integration.service import running_api
from tests.integration.spine import Publisher, ago, drained, environment, working
from unifier.client import Client
from unifier.devstack.redis import RedisServer
from unifier.devstack.redis_sets import ClusterSet
from unifier.devstack.server import HOST
from unifier.doctor import examine
from unifier.settings import Settings

# Keys are read, written and scripted; nothing is administered.
RIGHTS = "~* +@read +@write +@scripting +@connection +@transaction -@dangerous +time +info +config|get"


class TlsFront:
    """Takes TLS and hands on to a server without it: the embedded one was built without."""

    def __init__(self, folder: Path, behind: int) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(folder / "ca.pem", folder / "key.pem")
        self._behind = behind
        self._loop = asyncio.new_event_loop()
        self.port = 0

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(HOST, self._behind)
        await asyncio.gather(_copy(reader, back), _copy(there, writer))

    def __enter__(self) -> "TlsFront":
        start = asyncio.start_server(self._serve, HOST, 0, ssl=self._context)
        self._server = self._loop.run_until_complete(start)
        self.port = self._server.sockets[0].getsockname()[1]
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        return self

    async def _end(self) -> None:
        self._server.close()
        under_way = asyncio.all_tasks() - {asyncio.current_task()}
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[tuple[str, int]]:
    """URL with TLS and a login; and the port without TLS."""
    make_certificate(tmp_path)
    server = RedisServer(tmp_path / "redis", keep=False)
    server.start()
    _let_in_one_user(server, RIGHTS)
    with TlsFront(tmp_path, server.port) as front:
        yield (
            f"rediss://unifier:opensesame@{HOST}:{front.port}/0?ssl_ca_certs={tmp_path / 'ca.pem'}",
            server.port,
        )
    server.stop()


@pytest.fixture
def guarded_cluster(tmp_path: Path) -> Iterator[str]:
    """The URL of a cluster whose servers name to clients the ports that take TLS."""
    make_certificate(tmp_path)
    cluster = ClusterSet(tmp_path / "cluster")
    with contextlib.ExitStack() as fronts:
        for node in cluster.nodes:
            node.more["cluster-announce-port"] = fronts.enter_context(TlsFront(tmp_path, node.port)).port
        with cluster:
            for node in cluster.nodes:
                _let_in_one_user(node, f"{RIGHTS} +cluster|slots")
            places = ",".join(f"{HOST}:{node.more['cluster-announce-port']}" for node in cluster.nodes)
            yield f"rediss+cluster://unifier:opensesame@{places}?ssl_ca_certs={tmp_path / 'ca.pem'}"


def _let_in_one_user(server: RedisServer, rights: str) -> None:
    with redis.Redis.from_url(server.url) as admin:
        admin.execute_command("ACL", "SETUSER", "unifier", "on", ">opensesame", *rights.split())
        admin.execute_command("ACL", "SETUSER", "default", "off")


@pytest.mark.parametrize("servers", ["guarded", "guarded_cluster"])
def test_the_whole_way_goes_over_tls_with_a_user_of_few_rights(
    settings: SettingsFactory, servers: str, request: pytest.FixtureRequest
) -> None:
    found = request.getfixturevalue(servers)
    url = found if isinstance(found, str) else found[0]
    installation = settings(redis=url, snapshot_s=0.1)
    with working(installation):
        say = Publisher(installation)
        say.sale(ago(60), "10.00", {"loyalty_id": "L1"})
        say.flush()
        drained(installation)
        found = [one for one in examine(environment(installation)) if not one.well]
        assert found == []
    made = subprocess.run(
        [sys.executable, "-m", "unifier", "keys", "add", "shop", "--scope", "profiles:read"],
        env=environment(installation),
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    own_topics = {"UNIFIER_TOPIC_PREFIX": installation.topic_prefix}
    with running_api(url, **own_topics) as (address, _), Client(address, made.stdout.strip()) as reader:
        assert reader.lookup(loyalty_id="L1").metrics.orders == 1


@pytest.mark.parametrize("wrong", ["password", "certificate", "plain"])
def test_who_does_not_get_in_is_told_in_one_line(
    settings: SettingsFactory, guarded: tuple[str, int], wrong: str
) -> None:
    url, plain_port = guarded
    urls = {
        "password": url.replace("opensesame", "guessed"),
        "certificate": url.partition("?")[0],
        "plain": f"redis://{HOST}:{plain_port}/0",
    }
    _is_told_in_one_line(settings(redis=urls[wrong]))


@pytest.mark.parametrize("wrong", ["password", "certificate"])
def test_who_does_not_get_into_a_cluster_is_told_in_one_line(
    settings: SettingsFactory, guarded_cluster: str, wrong: str
) -> None:
    urls = {
        "password": guarded_cluster.replace("opensesame", "guessed"),
        "certificate": guarded_cluster.partition("?")[0],
    }
    _is_told_in_one_line(settings(redis=urls[wrong]))


def _is_told_in_one_line(installation: Settings) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "unifier", "worker"],
        env=environment(installation),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1), done.stderr
    assert "UNIFIER_REDIS" in done.stderr
    assert "guessed" not in done.stderr
    assert "opensesame" not in done.stderr
