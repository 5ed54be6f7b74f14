from pathlib import Path

import pytest

from unifier.settings import Settings, SettingsError
from unifier.streams.kafka_config import aiokafka_config, kafka_python_config


def test_several_brokers_are_a_list_without_blanks() -> None:
    settings = Settings(kafka="one:9092, two:9092,")
    assert kafka_python_config(settings)["bootstrap_servers"] == ["one:9092", "two:9092"]
    assert aiokafka_config(settings)["bootstrap_servers"] == ["one:9092", "two:9092"]


def test_a_login_without_user_names_the_settings_that_are_missing() -> None:
    with pytest.raises(SettingsError, match="UNIFIER_KAFKA_SASL_USERNAME"):
        kafka_python_config(Settings(kafka_security="SASL_SSL", kafka_sasl_mechanism="PLAIN"))


def test_a_login_over_a_plain_connection_makes_no_tls() -> None:
    settings = Settings(
        kafka_security="SASL_PLAINTEXT", kafka_sasl_mechanism="SCRAM-SHA-256", kafka_sasl_username="anna"
    )
    assert aiokafka_config(settings)["ssl_context"] is None
    assert "ssl_context" not in kafka_python_config(settings)


@pytest.mark.parametrize("content", [None, "not a certificate"])
def test_a_certificate_that_cannot_be_read_names_the_setting(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    with pytest.raises(SettingsError, match="UNIFIER_KAFKA_CA_FILE") as refusal:
        aiokafka_config(Settings(kafka_security="SSL", kafka_ca_file=str(file)))
    assert "\n" not in str(refusal.value)
