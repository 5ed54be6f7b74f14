"""Keyword arguments of the two Kafka clients, from the settings."""

import ssl
from typing import Any

from aiokafka.consumer import fetcher

from unifier.settings import Settings, SettingsError
from unifier.streams.forgiving import Records

# The fetcher makes them by itself; whoever makes a consumer gets its arguments here.
fetcher.MemoryRecords = Records


def kafka_python_config(settings: Settings) -> dict[str, Any]:
    """For kafka.KafkaProducer, KafkaConsumer and KafkaAdminClient of kafka-python."""
    config = _common(settings)
    if (context := _ssl_context(settings)) is not None:
        config["ssl_context"] = context
    return config


def aiokafka_config(settings: Settings) -> dict[str, Any]:
    """For AIOKafkaProducer and AIOKafkaConsumer of aiokafka."""
    return {**_common(settings), "ssl_context": _ssl_context(settings)}


def _common(settings: Settings) -> dict[str, Any]:
    config: dict[str, Any] = {
        "bootstrap_servers": [server.strip() for server in settings.kafka.split(",") if server.strip()],
        "security_protocol": settings.kafka_security,
    }
    if settings.kafka_security.startswith("SASL_"):
        if not (settings.kafka_sasl_mechanism and settings.kafka_sasl_username):
            raise SettingsError(
                f"UNIFIER_KAFKA_SECURITY is {settings.kafka_security}: set UNIFIER_KAFKA_SASL_MECHANISM, "
                "UNIFIER_KAFKA_SASL_USERNAME and UNIFIER_KAFKA_SASL_PASSWORD too"
            )
        config |= {
            "sasl_mechanism": settings.kafka_sasl_mechanism,
            "sasl_plain_username": settings.kafka_sasl_username,
            "sasl_plain_password": settings.kafka_sasl_password,
        }
    return config


def _ssl_context(settings: Settings) -> ssl.SSLContext | None:
    """Trusts UNIFIER_KAFKA_CA_FILE, else the authorities of the system; shows our own certificate, if any."""
    if not settings.kafka_security.endswith("SSL"):
        return None
    try:
        context = ssl.create_default_context(cafile=settings.kafka_ca_file or None)
        if settings.kafka_cert_file:
            context.load_cert_chain(settings.kafka_cert_file, settings.kafka_key_file or None)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(
            "UNIFIER_KAFKA_CA_FILE, _CERT_FILE or _KEY_FILE cannot be used: "
            f"{error.strerror or error}; each is a readable PEM file"
        ) from None
    return context
