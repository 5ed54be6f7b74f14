import asyncio
import errno
import os
import signal
import socket
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest
import redis
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from tests.waiting import eventually
from unifier.cli import main
from unifier.devstack import fetch, server
from unifier.devstack.errors import StackError
from unifier.devstack.redis import RedisServer
from unifier.devstack.stack import Stack
from unifier.settings import Settings
from unifier.streams.topics import check_topics

PARENT = """
import sys, threading
from unifier.devstack.stack import Stack
with Stack() as stack:
    print(stack.folder, stack.kafka_server.pid, stack.redis_server.pid, flush=True)
    threading.Event().wait()
"""


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_nothing_is_left_of_a_stack_whose_parent_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        folder, *pids = parent.stdout.readline().split()
        parent.kill()
    eventually(lambda: not any(_alive(int(pid)) for pid in pids))
    eventually(lambda: not Path(folder).exists())


@pytest.mark.skipif(sys.platform != "linux", reason="the death signal is Linux's")
def test_a_server_does_not_outlive_its_guard(tmp_path: Path) -> None:
    one = RedisServer(tmp_path / "redis", keep=True)
    one.start()
    guard = int(Path(f"/proc/{one.pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
    os.kill(guard, signal.SIGKILL)
    eventually(lambda: not _alive(one.pid))
    one.stop()


def test_servers_come_back_from_a_kill_on_the_same_ports_with_what_was_confirmed(
    breakable_stack: Stack, breakable_settings: Settings
) -> None:
    topic = breakable_settings.topic("pos")
    producer = KafkaProducer(bootstrap_servers=breakable_stack.kafka)
    producer.send(topic, b"sale", partition=0).get(30)
    producer.close()
    client = redis.Redis.from_url(breakable_stack.redis_url)
    client.set("key", "value")
    before = breakable_stack.env()

    for one in (breakable_stack.kafka_server, breakable_stack.redis_server):
        one.kill()
        assert not one.running
        one.start()

    assert breakable_stack.env() == before
    assert client.get("key") == b"value"
    consumer = KafkaConsumer(bootstrap_servers=breakable_stack.kafka, auto_offset_reset="earliest")
    consumer.assign([TopicPartition(topic, 0)])
    records = eventually(lambda: consumer.poll(500))
    assert [record.value for batch in records.values() for record in batch] == [b"sale"]
    consumer.close()


def test_a_paused_server_hangs_and_a_resumed_one_answers(tmp_path: Path) -> None:
    one = RedisServer(tmp_path / "redis", keep=False)
    one.start()
    client = redis.Redis.from_url(one.url, socket_timeout=0.2, retry=None)
    one.pause()
    with pytest.raises(redis.TimeoutError):
        client.ping()
    one.resume()
    eventually(lambda: client.ping())
    one.stop()


def test_everything_listens_on_loopback_alone(stack_env: dict[str, str]) -> None:
    outside = _own_address()
    if outside.startswith("127."):
        pytest.skip("this machine has no other address")
    for place in (stack_env["UNIFIER_KAFKA"], stack_env["UNIFIER_REDIS"].split("/")[2]):
        with pytest.raises(OSError):
            socket.create_connection((outside, int(place.rsplit(":", 1)[1])), timeout=2)


def _own_address() -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing: it only chooses the way out
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


def test_redis_never_evicts_and_keeps_a_log(redis_url: str) -> None:
    info = redis.Redis.from_url(redis_url).info()
    assert info["maxmemory_policy"] == "noeviction"
    assert info["aof_enabled"] == 1


def test_up_writes_settings_that_work_and_ends_clean_on_sigterm(tmp_path: Path) -> None:
    env_file = tmp_path / "env"
    env_file.write_text("UNIFIER_KAFKA=of-the-last-run:1\n")
    command = [
        sys.executable,
        "-m",
        "unifier",
        "up",
        "--data",
        str(tmp_path / "d"),
        "--env-file",
        str(env_file),
    ]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as up:
        eventually(lambda: env_file.exists() and "of-the-last-run" not in env_file.read_text(), timeout=60)
        values = dict(line.split("=", 1) for line in env_file.read_text().splitlines())
        assert values.keys() >= {"UNIFIER_KAFKA", "UNIFIER_REDIS", "UNIFIER_SECRET"}
        assert env_file.stat().st_mode & 0o077 == 0
        settings = Settings(kafka=values["UNIFIER_KAFKA"], redis=values["UNIFIER_REDIS"])
        assert check_topics(settings) == []
        up.terminate()
        assert up.wait(60) == 0
    assert not _listens(values["UNIFIER_KAFKA"])
    assert (tmp_path / "d" / "secret").read_text() == values["UNIFIER_SECRET"]


def test_ctrl_c_ends_up_while_it_waits_for_servers_that_do_not_answer(tmp_path: Path) -> None:
    code = """
import os, signal, sys
from unifier.__main__ import main
from unifier.devstack.kafka import KafkaServer

def answers(self):
    if not hasattr(self, "asked"):
        self.asked = True
        os.kill(os.getpid(), signal.SIGINT)
    return False

KafkaServer.answers = answers
sys.argv = ["unifier", "up", "--data", sys.argv[1]]
sys.exit(main())
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # also where the tests ignore it
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_server_that_two_end_at_once_is_ended(tmp_path: Path) -> None:
    one = RedisServer(tmp_path / "redis", keep=True)

    class Guard:
        stdin = stdout = None

        def wait(self, _: float = 0) -> int:
            one._guard = None  # the other was quicker
            return 0

        def poll(self) -> int:
            return 0

    one._guard = cast("Any", Guard())
    one.stop()
    assert not one.running


def _listens(place: str) -> bool:
    host, port = place.rsplit(":", 1)
    try:
        socket.create_connection((host, int(port)), timeout=2).close()
    except OSError:
        return False
    return True


def test_kept_data_keep_their_port_and_a_taken_port_is_one_line(tmp_path: Path) -> None:
    first = RedisServer(tmp_path / "redis", keep=True)
    first.start()
    try:
        second = RedisServer(tmp_path / "redis", keep=True)
        assert second.port == first.port
        with pytest.raises(StackError, match=f"port {first.port} of redis is taken") as refusal:
            second.start()
        assert "\n" not in str(refusal.value)
    finally:
        first.stop()
    second.start()
    second.stop()


def test_a_full_disk_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_NEEDED_BYTES", 1 << 60)
    with pytest.raises(StackError, match=r"^the disk of .* is full: \d+ MB are left, redis needs \d+ MB$"):
        RedisServer(tmp_path / "redis", keep=False).start()


def test_a_server_that_ends_at_its_start_is_told_with_its_last_words(tmp_path: Path) -> None:
    class Broken(RedisServer):
        def command(self) -> list[str]:
            return [*super().command(), "--appendfsync", "seldom"]

    with pytest.raises(StackError, match=r"^redis did not start: .*(log: .*redis\.log)"):
        Broken(tmp_path / "redis", keep=False).start()


def test_a_jar_that_is_not_the_locked_one_is_fetched_again_or_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a network: a mirror that nobody runs is named in jgo's own configuration."""
    good = fetch.kafka_jars()
    folder = tmp_path / "cache" / "jars"
    folder.mkdir(parents=True)
    for jar in good:
        (folder / jar.name).symlink_to(jar)
    monkeypatch.setenv("UNIFIER_CACHE", str(tmp_path / "cache"))
    assert [jar.name for jar in fetch.kafka_jars()] == [jar.name for jar in good]

    (folder / good[0].name).unlink()
    (folder / good[0].name).write_bytes(b"not what the lock says")
    config = tmp_path / "jgo.conf"
    config.write_text(f"[repositories]\ncentral = http://127.0.0.1:{server.free_port()}/maven\n")
    monkeypatch.setenv("JGO_CONFIG_FILE", str(config))
    with pytest.raises(
        StackError, match=f"^cannot fetch {good[0].name} of Apache Kafka: no answer"
    ) as refusal:
        fetch.kafka_jars()
    assert "\n" not in str(refusal.value)


def test_no_broker_is_one_line_and_exit_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("UNIFIER_KAFKA", f"127.0.0.1:{server.free_port()}")
    assert main(["topics", "check"]) == 1
    words = capsys.readouterr().err
    assert words.startswith("unifier: no broker answers at 127.0.0.1:")
    assert words.count("\n") == 1


async def test_a_stack_that_is_used_with_async_with_does_not_hold_the_loop_up() -> None:
    started, ended, loop = asyncio.Event(), asyncio.Event(), asyncio.get_running_loop()
    loop.call_soon(started.set)
    async with Stack() as stack:
        assert started.is_set()
        loop.call_soon(ended.set)
    assert ended.is_set()
    assert not stack.folder.exists()


def test_a_secret_that_could_not_be_written_is_made_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a full disk a file can be made, and nothing be written into it."""

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", full)
        with pytest.raises(StackError):
            Stack(tmp_path).start()
    with Stack(tmp_path) as stack:
        assert len(stack.secret) == 64


def test_an_env_file_that_cannot_be_written_is_told_before_anything_starts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for target in (tmp_path / "none" / "env", tmp_path):
        assert main(["up", "--data", str(tmp_path / "data"), "--env-file", str(target)]) == 1
        told = capsys.readouterr().err
        assert told.startswith(f"unifier: --env-file {target}: cannot be written")
        assert told.count("\n") == 1
    assert not (tmp_path / "data").exists()
