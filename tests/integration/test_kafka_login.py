"""The settings for TLS and a login, against a broker that asks for both."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from kafka.admin import KafkaAdminClient, ScramMechanism, UserScramCredentialUpsertion

from tests.integration.certificates import STORE_PASSWORD, make_certificate
from tests.integration.spine import Publisher, ago, drained, environment, inherit, profiles, read, working
from tests.waiting import eventually
from unifier.cli import main
from unifier.devstack.kafka import KafkaServer
from unifier.devstack.server import HOST, free_port
from unifier.doctor import examine
from unifier.settings import Settings
from unifier.streams.topics import check_topics, create_topics

MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
_MODULES = "org.apache.kafka.common.security"


class GuardedBroker(KafkaServer):
    """Has one more listener, with TLS and the user `anna`."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, keep=False)
        self.login_port = free_port()

    def properties(self) -> dict[str, object]:
        plain = super().properties()
        listener = f"LOGIN://{HOST}:{self.login_port}"
        scram = f"{_MODULES}.scram.ScramLoginModule required;"
        return plain | {
            "listeners": f"{plain['listeners']},{listener}",
            "advertised.listeners": f"{plain['advertised.listeners']},{listener}",
            "listener.security.protocol.map": f"{plain['listener.security.protocol.map']},LOGIN:SASL_SSL",
            "ssl.keystore.type": "PKCS12",
            "ssl.keystore.location": self.folder / "keys.p12",
            "ssl.keystore.password": STORE_PASSWORD,
            "listener.name.login.sasl.enabled.mechanisms": ",".join(MECHANISMS),
            "listener.name.login.plain.sasl.jaas.config": (
                f"{_MODULES}.plain.PlainLoginModule required user_anna='opensesame';"
            ),
            "listener.name.login.scram-sha-256.sasl.jaas.config": scram,
            "listener.name.login.scram-sha-512.sasl.jaas.config": scram,
        }


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedBroker]:
    broker = GuardedBroker(tmp_path_factory.mktemp("login") / "kafka")
    broker.folder.mkdir()
    make_certificate(broker.folder)
    broker.start()
    with KafkaAdminClient(bootstrap_servers=broker.bootstrap) as admin:
        for mechanism in (ScramMechanism.SCRAM_SHA_256, ScramMechanism.SCRAM_SHA_512):
            wish = UserScramCredentialUpsertion("anna", mechanism, "opensesame")
            assert admin.alter_user_scram_credentials([wish]) == {"anna": None}
    yield broker
    broker.stop()


@pytest.fixture(params=MECHANISMS)
def login(request: pytest.FixtureRequest, broker: GuardedBroker, redis_url: str) -> Settings:
    """Settings that get in."""
    return Settings(
        kafka=f"{HOST}:{broker.login_port}",
        kafka_security="SASL_SSL",
        kafka_sasl_mechanism=request.param,
        kafka_sasl_username="anna",
        kafka_sasl_password="opensesame",
        kafka_ca_file=str(broker.folder / "ca.pem"),
        redis=redis_url,
        secret="a secret of the tests, long enough",
        topic_prefix=request.param.lower(),
        group=request.param,
        partitions=1,
        snapshot_s=0.1,
    )


def test_the_whole_way_goes_over_tls_with_user_and_password(login: Settings) -> None:
    create_topics(login)
    assert check_topics(login) == []
    with working(login):
        say = Publisher(login)
        say.online("Product Viewed", ago(60), anonymousId="c1")
        say.send("pos", b"no json")
        say.flush()
        drained(login)
        eventually(lambda: read(login, "profiles"))
        assert len(read(login, "dead-letters")) == 1
        assert len(profiles(login)) == 1
        found = {one.part: one for one in examine(environment(login))}
        assert [found[part].well for part in ("broker", "topics", "lag")] == [True] * 3
    replay = [sys.executable, "-m", "unifier", "replay", "--dead-letters"]
    done = subprocess.run(replay, env=environment(login), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "not_json\t1\n"), done.stderr


def test_a_wrong_password_is_one_line_that_does_not_show_it(
    login: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    inherit(monkeypatch, login)
    monkeypatch.setenv("UNIFIER_KAFKA_SASL_PASSWORD", "guessed")
    assert main(["topics", "check"]) == 1
    words = capsys.readouterr().err
    assert "refuses the login" in words
    assert "guessed" not in words
    assert words.count("\n") == 1
