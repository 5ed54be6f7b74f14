import os
import subprocess
import sys
from pathlib import Path

import pytest

from unifier.cli import COMMANDS, main


def test_no_command_and_an_unknown_one_are_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in ([], ["fly"]):
        with pytest.raises(SystemExit) as end:
            main(arguments)
        assert end.value.code == 2
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("name", [command.name for command in COMMANDS])
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([name, "--help"])
    assert end.value.code == 0
    assert f"unifier {name}" in capsys.readouterr().out


def test_a_wrong_setting_is_one_line_that_names_it_and_exit_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("UNIFIER_SHARDS", "none")
    assert main(["topics", "check"]) == 2
    words = capsys.readouterr().err
    assert words.startswith("unifier: UNIFIER_SHARDS: ")
    assert words.count("\n") == 1


def test_help_loads_neither_kafka_nor_redis_nor_faust() -> None:
    """So that it is there at once, and a command works without the extras of another."""
    heavy = {"kafka", "redis", "faust", "aiokafka", "fastapi"}
    look = f"import sys, unifier.cli; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


@pytest.mark.parametrize(
    "command",
    [
        "topics check",
        "worker",
        "api",
        "keys list",
        "import people.csv --spec people.toml",
        "erase --identifier email=a@example.org",
        "export --identifier email=a@example.org",
        "verify-erased --identifier email=a@example.org",
        "replay --dead-letters",
        "explain p_00000000000000000000",
    ],
)
def test_servers_that_are_away_are_one_line_with_the_mend(command: str, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("id,name\n1,Anna\n")
    (tmp_path / "people.toml").write_text('id = "id"\n[columns]\nname = "first_name"\n')
    away = {
        "UNIFIER_KAFKA": "127.0.0.1:1",
        "UNIFIER_REDIS": "redis://127.0.0.1:1",
        "UNIFIER_SECRET": "0123456789abcdef",
    }
    done = subprocess.run(
        [sys.executable, "-m", "unifier.cli", *command.split()],
        cwd=tmp_path,
        env=os.environ | away,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("unifier: no ")
    assert line.endswith(("mend UNIFIER_KAFKA", "mend UNIFIER_REDIS"))
