"""Starting a worker: what it says of itself over HTTP, and how it refuses."""

import http.client
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.waiting import eventually
from tests.workers import WorkerProcess, environment, publish
from unifier.settings import Settings
from unifier.streams.topics import admin_client

SettingsFactory = Callable[..., Settings]


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def get(port: int, path: str, host: str = "127.0.0.1") -> tuple[int, str]:
    connection = http.client.HTTPConnection(host, port, timeout=10)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode()
    except OSError:
        return 0, ""
    finally:
        connection.close()


def command(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "unifier", "worker", *arguments],
        env=environment(settings),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_worker_says_that_it_is_alive_ready_and_how_far_behind(
    settings: SettingsFactory, tmp_path: Path
) -> None:
    one = settings()
    port = free_port()
    with WorkerProcess(one, tmp_path, "--http-port", str(port), "--pause", "600") as worker:
        eventually(lambda: get(port, "/readyz") == (200, "ok\n"))
        assert get(port, "/healthz") == (200, "ok\n")
        publish(one, "pos", ["1", "2", "3"], partition=0)
        eventually(lambda: worker.notes("begin"))
        status, text = get(port, "/metrics")
        assert status == 200
        behind = {
            line.split("} ")[0]: float(line.split("} ")[1]) for line in text.splitlines() if "_lag{" in line
        }
        assert behind[f'unifier_lag{{topic="{one.topic("pos")}"'] >= 1
        assert behind[f'unifier_lag{{topic="{one.topic("crm")}"'] == 0


def test_a_worker_listens_on_loopback_only_and_nowhere_without_a_port(
    settings: SettingsFactory, tmp_path: Path
) -> None:
    one = settings()
    port = free_port()
    with (
        WorkerProcess(one, tmp_path, "--http-port", str(port)) as told,
        WorkerProcess(one, tmp_path) as untold,
    ):
        eventually(lambda: told.owned() and untold.owned())
        assert listening(told.process.pid) == {("127.0.0.1", port)}
        assert listening(untold.process.pid) == set()


def listening(pid: int) -> set[tuple[str, int]]:
    """Addresses that a process listens on, from /proc."""
    sockets = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        target = str(entry.readlink())
        if target.startswith("socket:"):
            sockets.add(target.removeprefix("socket:[").removesuffix("]"))
    found = set()
    for table, size in (("tcp", 8), ("tcp6", 32)):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            parts = line.split()
            if parts[3] == "0A" and parts[9] in sockets:
                address, port = parts[1].split(":")
                assert len(address) == size
                host = (
                    ".".join(str(byte) for byte in reversed(bytes.fromhex(address))) if size == 8 else address
                )
                found.add((host, int(port, 16)))
    return found


def test_a_worker_for_a_missing_topic_names_it_and_the_mend_in_one_line(settings: SettingsFactory) -> None:
    one = settings()
    with admin_client(one) as admin:
        admin.delete_topics([one.topic("journey")])
        eventually(lambda: one.topic("journey") not in admin.list_topics())
    done = command(one)
    assert done.returncode == 1
    assert done.stderr == f"unifier: missing topics: {one.topic('journey')}; run `unifier topics create`\n"


def test_a_worker_without_a_secret_is_wrong_use(settings: SettingsFactory) -> None:
    done = command(settings().model_copy(update={"secret": ""}))
    assert done.returncode == 2
    assert "UNIFIER_SECRET" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        ("kafka", "127.0.0.1:1", "no broker answers at 127.0.0.1:1"),
        ("redis", "redis://127.0.0.1:1/0", "no Redis answers at 127.0.0.1:1"),
    ],
)
def test_a_worker_without_a_server_names_it_in_one_line(
    settings: SettingsFactory, setting: str, value: str, words: str
) -> None:
    done = command(settings().model_copy(update={setting: value}))
    assert done.returncode == 1
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2"])
def test_a_port_that_is_taken_is_named_in_one_line(settings: SettingsFactory, host: str) -> None:
    with socket.socket() as taken:
        taken.bind((host, 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = command(settings(), "--http-host", host, "--http-port", str(port))
    assert done.returncode == 1
    assert f"--http-host {host} --http-port {port}: " in done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
