"""What the README shows, runs as it is shown."""

import json
import os
import re
import subprocess
import sys
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import get_args

import pytest

from tests.conftest import SettingsFactory
from tests.integration.service import new_key, running_api
from tests.integration.spine import drained, working
from unifier.cli import COMMANDS
from unifier.serving.models import Scope

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


@pytest.fixture
def snippets() -> list[str]:
    return re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def test_publishing_and_reading_work_as_shown(
    settings: SettingsFactory, redis_url: str, snippets: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    installation = settings()
    publish, look_up = (
        text.replace('"unifier.online"', f'"{installation.topic("online")}"') for text in snippets
    )
    monkeypatch.setenv("UNIFIER_KAFKA", installation.kafka)
    with working(installation):
        exec(publish, {})
        drained(installation)
    rest = {"UNIFIER_SECRET": installation.secret, "UNIFIER_TOPIC_PREFIX": installation.topic_prefix}
    with running_api(redis_url, **rest) as (url, _):
        monkeypatch.setenv("UNIFIER_API", url)
        monkeypatch.setenv("UNIFIER_KEY", new_key(redis_url, "profiles:read"))
        printed = StringIO()
        with redirect_stdout(printed):
            exec(look_up, {})
    assert printed.getvalue().startswith("p_")


def test_the_lines_that_start_a_stack_can_be_pasted_as_they_are(tmp_path: Path) -> None:
    (start,) = re.findall(r"    (rm -f env; unifier up.*?)    unifier worker", README, re.DOTALL)
    (tmp_path / "env").write_text("UNIFIER_KAFKA=of-the-last-run:1\n")
    script = f"{start}\nunifier topics check && echo well; kill %1; wait"
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", f"set -m\n{script}"],
        cwd=tmp_path,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout == "well\n", done.stderr


def test_every_command_that_is_named_exists() -> None:
    named = set(re.findall(r"unifier ([a-z]+)\b", re.sub(r"```.*?```", "", README, flags=re.DOTALL)))
    known = {command.name for command in COMMANDS}
    assert {
        name for name in named if f"`unifier {name}" in README or f"    unifier {name}" in README
    } <= known


def test_every_call_of_the_service_is_named_with_its_scope() -> None:
    calls = json.loads((ROOT / "docs/contracts/openapi.json").read_text(encoding="utf-8"))["paths"]
    names = {re.sub(r"/\{\w+\}$", "", path).rpartition("/")[2] for path in calls if "/v1/" in path}
    assert {"lookup", "evidence", "requests"} <= names
    assert [name for name in names if f"/{name}" not in README] == []
    assert [scope for scope in get_args(Scope) if f"`{scope}`" not in README] == []


def test_every_file_that_is_named_exists() -> None:
    linked = re.findall(r"\]\((?!http)([^)]+)\)", README)
    tests = re.findall(r"`(?:tests/\w+/)?(test_\w+\.py)`", README)
    assert [path for path in linked if not (ROOT / path.partition("#")[0]).exists()] == []
    assert [name for name in tests if not list(ROOT.glob(f"tests/**/{name}"))] == []
