"""A wrong setting is told with its name and what to give."""

from pathlib import Path

import pytest

from unifier.settings import SettingsError, load_settings, misspelt


@pytest.mark.parametrize("country", ["XX", "de", "Germany", ""])
def test_a_country_that_is_none_is_refused(country: str) -> None:
    with pytest.raises(SettingsError, match=r"^UNIFIER_COUNTRY: .*two capital letters of ISO 3166"):
        load_settings({"UNIFIER_COUNTRY": country})


def test_countries_are_taken() -> None:
    assert [load_settings({"UNIFIER_COUNTRY": code}).country for code in ("DE", "US")] == ["DE", "US"]


@pytest.mark.parametrize(
    "servers", ["", ",", ":", "h:port", "h:1,,g:1", "h:123456", "h 1", "h:1 g:1", "http://", "h/a:1"]
)
def test_servers_of_kafka_that_are_none_are_refused(servers: str) -> None:
    with pytest.raises(SettingsError, match=r"^UNIFIER_KAFKA: .*host:port, comma-separated"):
        load_settings({"UNIFIER_KAFKA": servers})


@pytest.mark.parametrize(
    "servers",
    ["h", "h:1", "h:1,g:2", "h:1, g.example:2,", "127.0.0.1:1", "[::1]:9092", "SASL_SSL://h:1,h_2:1"],
)
def test_servers_of_kafka_are_taken(servers: str) -> None:
    assert load_settings({"UNIFIER_KAFKA": servers}).kafka == servers


@pytest.mark.parametrize(
    ("setting", "value", "mend"),
    [
        ("TIMEZONE", "Mars/X", "Europe/Berlin"),
        ("TIMEZONE", "../../etc/passwd", "Europe/Berlin"),
        ("TIMEZONE", "", "Europe/Berlin"),
        ("GROUP", "", "consumer group"),
        ("LOG", "xml", "json or console"),
        ("KAFKA_SECURITY", "TLS", "SASL_PLAINTEXT or SASL_SSL"),
        ("TOPIC_PREFIX", "Shop", "small letters"),
    ],
)
def test_what_a_worker_could_not_start_with_is_refused(setting: str, value: str, mend: str) -> None:
    with pytest.raises(SettingsError, match=rf"^UNIFIER_{setting}: .*{mend}"):
        load_settings({f"UNIFIER_{setting}": value})


def test_a_config_that_cannot_be_read_is_told_with_the_mend(tmp_path: Path) -> None:
    latin, text = tmp_path / "latin.toml", tmp_path / "text.toml"
    latin.write_bytes(b'group = "M\xfcller"\n')
    text.write_text("group\n")
    for path, words in ((latin, "save it as UTF-8"), (text, "not TOML"), (tmp_path, "Is a directory")):
        with pytest.raises(SettingsError, match=rf"^UNIFIER_CONFIG: .*{words}"):
            load_settings({"UNIFIER_CONFIG": str(path)})


def test_a_misspelt_name_in_the_environment_is_found_and_what_others_set_is_not() -> None:
    wrong = {
        "UNIFIER_TOPIC_PREFX": "UNIFIER_TOPIC_PREFIX",
        "UNIFIER_SHARD": "UNIFIER_SHARDS",
        "UNIFIER_KAFKA_USERNAME": "UNIFIER_KAFKA_SASL_USERNAME",
    }
    others = (
        *("UNIFIER_REDIS_PORT", "UNIFIER_REDIS_SERVICE_HOST", "UNIFIER_API_PORT", "UNIFIER_KAFKA_PORT"),
        *("UNIFIER_API", "UNIFIER_KEY", "UNIFIER_CONFIG", "UNIFIER_SHARDS", "UNIFIER_PORT", "PATH"),
    )
    assert misspelt(dict.fromkeys((*others, *wrong), "x")) == wrong
