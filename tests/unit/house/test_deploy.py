"""The image, the compose file and the .env example say what the code says."""

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.specifiers import SpecifierSet

from unifier.cli import parser
from unifier.devstack.redis import RedisServer
from unifier.settings import Settings, load_settings

ROOT = Path(__file__).parents[3]
DEPLOY = ROOT / "deploy"
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
DOCKERFILE = (DEPLOY / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
SETTINGS = {f"UNIFIER_{name.upper()}": field for name, field in Settings.model_fields.items()}


@cache
def services() -> dict[str, Any]:
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    return dict(compose["services"])


def own_services() -> dict[str, Any]:
    return {name: service for name, service in services().items() if service["image"] == "unifier"}


@pytest.mark.parametrize("name", ["Dockerfile", "compose.yaml", ".env.example"])
def test_every_setting_that_is_used_exists(name: str) -> None:
    used = set(re.findall(r"UNIFIER_[A-Z_]+", (DEPLOY / name).read_text(encoding="utf-8")))
    assert used
    assert used <= SETTINGS.keys()


def test_the_env_example_has_every_setting_with_its_default_and_what_it_means() -> None:
    text = (DEPLOY / ".env.example").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^#?(UNIFIER_[A-Z_]+)=(.*)$", text, re.MULTILINE))
    assert listed == {name: str(field.default) for name, field in SETTINGS.items()}
    words = re.sub(r"\n# ", " ", text)
    for field in SETTINGS.values():
        assert str(field.description) in words
    loaded = load_settings({**listed, "UNIFIER_SECRET": "a secret of thirty-two characters"})
    assert loaded == load_settings({"UNIFIER_SECRET": "a secret of thirty-two characters"})


def test_only_the_secret_has_to_be_set() -> None:
    text = (DEPLOY / ".env.example").read_text(encoding="utf-8")
    assert re.findall(r"^UNIFIER_[A-Z_]+=.*$", text, re.MULTILINE) == ["UNIFIER_SECRET="]
    assert ".env" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("name", own_services())
def test_every_command_of_the_compose_file_is_one_of_the_command_line(name: str) -> None:
    parsed = parser().parse_args(own_services()[name]["command"])
    assert callable(parsed.run)


def test_the_values_of_the_compose_file_are_good_settings() -> None:
    for service in own_services().values():
        environment = {**service["environment"], "UNIFIER_SECRET": "a secret of thirty-two characters"}
        settings = load_settings(environment)
        assert settings.kafka.split(":")[0] in services()
        assert re.match(r"redis://([a-z]+):", settings.redis)[1] in services()  # type: ignore[index]


def test_ports_are_published_on_loopback_alone() -> None:
    published = [port for service in services().values() for port in service.get("ports", [])]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_the_health_check_asks_where_worker_and_api_answer() -> None:
    (port,) = re.findall(r"http://127\.0\.0\.1:(\d+)/healthz", DOCKERFILE)
    for name in ("worker", "api"):
        command = own_services()[name]["command"]
        option = "--http-port" if name == "worker" else "--port"
        assert command[command.index(option) + 1] == port


def test_the_image_is_of_a_python_that_the_project_supports() -> None:
    versions = re.findall(r"^FROM python:(\d+\.\d+)", DOCKERFILE, re.MULTILINE)
    assert len(versions) == 2
    assert len(set(versions)) == 1
    assert SpecifierSet(PYPROJECT["project"]["requires-python"]).contains(versions[0])


def test_the_image_installs_only_what_is_locked_and_runs_without_rights() -> None:
    installs = re.findall(r"pip install [^&\n]*", DOCKERFILE)
    assert installs
    for install in installs:
        assert "--require-hashes" in install or "--no-deps" in install, install
        for lock in re.findall(r"-r (\S+)", install):
            assert (ROOT / lock).is_file()
    assert re.findall(r"^USER (\d+)", DOCKERFILE, re.MULTILINE)[-1] != "0"
    (entry,) = re.findall(r'^ENTRYPOINT \["(\w+)"\]', DOCKERFILE, re.MULTILINE)
    assert entry in PYPROJECT["project"]["scripts"]


def test_broker_and_redis_are_those_of_the_dev_stack(tmp_path: Path) -> None:
    jars = tomllib.loads((ROOT / "unifier/devstack/kafka.lock.toml").read_text(encoding="utf-8"))
    (broker,) = (one["version"] for one in jars["dependencies"] if one["artifactId"] == "kafka_2.13")
    assert services()["kafka"]["image"] == f"apache/kafka:{broker}"
    words = RedisServer(tmp_path, keep=False, fsync="always").command()
    ours = dict(re.findall(r"^([a-z-]+) (.+)$", (DEPLOY / "redis.conf").read_text(), re.MULTILINE))
    for name in ("appendonly", "appendfsync", "maxmemory-policy"):
        assert ours[name] == words[words.index(f"--{name}") + 1]
    for name in ("hash-max-listpack-entries", "hash-max-listpack-value"):
        assert ours[name] == words[words.index(f"--{name}") + 1]
