"""Settings of the operator: environment UNIFIER_*, or the same names in a TOML file (UNIFIER_CONFIG)."""

import os
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from unifier.redis_address import PATTERN, with_ports_that_exist
from unifier.regions import known_region, known_zone
from unifier.toml_errors import NotTomlError, parsed

_BROKER = r"([A-Za-z_]+://)?(\[[0-9A-Fa-f:.]+\]|[^\s,:/\[\]]+)(:\d{1,5})?"
_NEARLY = 0.88  # UNIFIER_KAFKA_USERNAME is nearly a setting, UNIFIER_REDIS_PORT is none


class SettingsError(ValueError):
    """A setting is wrong or missing; the message is one line that names the mend."""


class Settings(BaseModel):
    """Every field `name` is the environment variable UNIFIER_NAME; its description is its documentation."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kafka: str = Field(
        "127.0.0.1:9092",
        pattern=rf"^\s*{_BROKER}(\s*,\s*{_BROKER})*[\s,]*$",
        description="bootstrap servers, host:port, comma-separated",
    )
    kafka_security: str = Field(
        "PLAINTEXT",
        pattern="^(PLAINTEXT|SSL|SASL_PLAINTEXT|SASL_SSL)$",
        description="security protocol of the brokers: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL",
    )
    kafka_sasl_mechanism: str = Field("", description="PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512")
    kafka_sasl_username: str = Field("", description="user at the brokers")
    kafka_sasl_password: str = Field("", description="its password")
    kafka_ca_file: str = Field("", description="certificate authority of the brokers, PEM")
    kafka_cert_file: str = Field("", description="own certificate, PEM")
    kafka_key_file: str = Field("", description="own key, PEM")
    redis: Annotated[str, AfterValidator(with_ports_that_exist)] = Field(
        "redis://127.0.0.1:6379/0",
        pattern=PATTERN,
        description="Redis or Valkey: redis://, redis+sentinel://host:port,…/master or "
        "redis+cluster://host:port,…; rediss in place of redis for TLS",
    )
    durability: Literal["none", "replica"] = Field(
        "none",
        description="what a write waits for: none, or replica, so that a fail-over of Redis loses nothing",
    )
    secret: str = Field(
        "", description="key of the keyed hashes in the index; the same for all workers, for good"
    )
    data_key: str = Field(
        "",
        pattern="^([0-9a-fA-F]{64}(,[0-9a-fA-F]{64})*)?$",
        description="keys that seal what is stored, each as `openssl rand -hex 32` prints it, separated by "
        "commas: the first seals, all open; empty: nothing is sealed",
    )
    rules: str = Field("", description="path of a rules file; empty: the shipped rules")
    model: str = Field("", description="path of a model file (`unifier train`); empty: the shipped model")
    forecast: str = Field(
        "", description="path of a forecast file (`unifier train --journey`); empty: the shipped one"
    )
    sweep_rate: float = Field(
        200,
        gt=0,
        description="components a second, at most, that are worked out anew after a change of rules or model",
    )
    topic_prefix: str = Field(
        "unifier",
        pattern=r"^[a-z0-9][a-z0-9._-]*$",
        max_length=200,
        description="first part of every topic name: small letters, digits, dots, hyphens, underscores",
    )
    group: str = Field("unifier", min_length=1, description="consumer group of the workers")
    partitions: int = Field(
        4, ge=1, le=1024, description="partitions of topics that `unifier topics create` makes"
    )
    replication: int = Field(
        1, ge=1, le=7, description="replicas of topics that `unifier topics create` makes"
    )
    shards: int = Field(
        64, ge=1, le=16384, description="shards of the state in Redis; never change it on stored data"
    )
    country: Annotated[str, AfterValidator(known_region)] = Field(
        "DE",
        description="default country of phones, postcodes, street words: two capital letters of ISO 3166",
    )
    timezone: Annotated[str, AfterValidator(known_zone)] = Field(
        "Europe/Berlin", description="time zone of tills that send local times without one"
    )
    snapshot_s: float = Field(
        1.0, ge=0.05, le=300, description="seconds over which changes of a profile are coalesced"
    )
    api_rate: float = Field(
        2_000, ge=0, description="requests a second that one API key may make, and its burst; 0: no limit"
    )
    api_body_bytes: int = Field(262_144, ge=1_024, description="largest body of an HTTP request, in bytes")
    jwt_issuer: str = Field("", description="whose JWTs are taken beside API keys: their `iss`; empty: none")
    jwt_audience: str = Field("", description="whom these tokens must be for: their `aud`")
    jwt_keys: str = Field("", description="the issuer's public keys, a JWK set: https:// URL or path")
    log: str = Field(
        "console",
        pattern="^(json|console)$",
        description="form of the log lines on stderr: json or console",
    )

    @property
    def replicas(self) -> int:
        """How many replicas of Redis must have a write before anything is built on it."""
        return int(self.durability == "replica")

    def topic(self, name: str) -> str:
        """The full name of a topic: topic("journey") is "unifier.journey" by default."""
        return f"{self.topic_prefix}.{name}"


def load_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings. The environment wins over the file. Raises SettingsError."""
    values: dict[str, object] = {}
    config = environ.get("UNIFIER_CONFIG")
    if config:
        try:
            values = {
                key.lower().removeprefix("unifier_"): v
                for key, v in parsed(Path(config).read_text(encoding="utf-8")).items()
            }
        except OSError as error:
            raise SettingsError(f"UNIFIER_CONFIG: cannot read {config}: {error.strerror}") from None
        except UnicodeDecodeError:
            raise SettingsError(f"UNIFIER_CONFIG: {config} is not UTF-8; save it as UTF-8") from None
        except NotTomlError as error:
            raise SettingsError(f"UNIFIER_CONFIG: {config}: {error}") from None
    known = Settings.model_fields
    for name in known:
        if (value := environ.get(f"UNIFIER_{name.upper()}")) is not None:
            values[name] = value
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = str(first["loc"][0])
        hint = known[name].description if name in known else "no such setting"
        words = "is of another form" if first["type"] == "string_pattern_mismatch" else first["msg"]
        raise SettingsError(f"UNIFIER_{name.upper()}: {words} ({hint})") from None


def misspelt(environ: Mapping[str, str]) -> dict[str, str]:
    """Names in the environment that are no settings but nearly, each with the one that may be meant.

    Others may begin like ours: a cluster's own, of a service that has our name.
    """
    known = [f"UNIFIER_{name.upper()}" for name in (*Settings.model_fields, "config")]
    others = [name for name in environ if name.startswith("UNIFIER_") and name not in known]
    return {name: near[0] for name in others if (near := get_close_matches(name, known, 1, _NEARLY))}
