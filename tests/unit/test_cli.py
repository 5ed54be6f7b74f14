import os
import subprocess
import sys
from pathlib import Path

import pytest

from unifier.cli import COMMANDS, main

ROOT = Path(__file__).parents[2]


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


@pytest.mark.parametrize(
    ("arguments", "said_by"),
    [
        ("", "unifier"),
        ("fly", "unifier"),
        ("keys add", "unifier keys add"),
        ("up --fast", "unifier up"),
        ("link a.csv", "unifier link"),
        ("simulate --publish --out x", "unifier simulate"),
        ("erase --wait 1", "unifier erase"),
    ],
)
def test_wrong_use_is_one_line_that_names_the_mend(
    arguments: str, said_by: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main(arguments.split())
    words = capsys.readouterr()
    assert (end.value.code, words.out, words.err.count("\n")) == (2, "", 1)
    assert words.err.startswith(f"{said_by}: ")
    assert words.err.endswith(f"; see `{said_by} --help`\n")


def test_a_wrong_setting_is_one_line_that_names_it_and_exit_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("UNIFIER_SHARDS", "none")
    assert main(["topics", "check"]) == 2
    words = capsys.readouterr().err
    assert words.startswith("unifier: UNIFIER_SHARDS: ")
    assert words.count("\n") == 1


def test_a_service_that_could_publish_nothing_does_not_start(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("UNIFIER_SECRET", "0123456789abcdef")
    monkeypatch.setenv("UNIFIER_KAFKA_SECURITY", "SASL_PLAINTEXT")
    assert main(["api", "--port", "0"]) == 2
    words = capsys.readouterr().err
    assert words.startswith("unifier: UNIFIER_KAFKA_SECURITY is SASL_PLAINTEXT: set ")
    assert words.count("\n") == 1


def test_help_loads_neither_kafka_nor_redis_nor_faust() -> None:
    """So that it is there at once, and a command works without the extras of another."""
    heavy = {"kafka", "redis", "faust", "aiokafka", "fastapi"}
    look = f"import sys, unifier.cli; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


NEEDING_SERVERS = (
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
)


@pytest.fixture(scope="module")
def without_servers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, str, str]]:
    """How each command ends where no server is, and its two outputs. At once, as each gives them a while."""
    folder = tmp_path_factory.mktemp("away")
    (folder / "people.csv").write_text("id,name\n1,Anna\n")
    (folder / "people.toml").write_text('id = "id"\n[columns]\nname = "first_name"\n')
    away = {
        "UNIFIER_KAFKA": "127.0.0.1:1",
        "UNIFIER_REDIS": "redis://127.0.0.1:1",
        "UNIFIER_SECRET": "0123456789abcdef",
    }
    running = {
        command: subprocess.Popen(
            [sys.executable, "-m", "unifier", *command.split()],
            cwd=folder,
            env=os.environ | away,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for command in NEEDING_SERVERS
    }
    ended = {command: process.communicate() for command, process in running.items()}
    return {command: (running[command].returncode, *told) for command, told in ended.items()}


@pytest.mark.parametrize("command", NEEDING_SERVERS)
def test_servers_that_are_away_are_one_line_with_the_mend(
    command: str, without_servers: dict[str, tuple[int, str, str]]
) -> None:
    code, said, complained = without_servers[command]
    assert code == 1
    assert said == ""
    (line,) = complained.splitlines()
    assert line.startswith("unifier: no ")
    assert line.endswith(("mend UNIFIER_KAFKA", "mend UNIFIER_REDIS"))


def _shell(line: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a line in which `unifier` is the command, with output buffered unless the environment says so."""
    unifier = f"{sys.executable} -m unifier"
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return subprocess.run(
        ["bash", "-c", line.replace("unifier", unifier)],
        cwd=folder,
        env=inherited | {"PYTHONPATH": str(ROOT)} | environment,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(
    ("command", "unbuffered"),
    [
        *(("schema json", unbuffered) for unbuffered in ("", "1")),
        *(("doctor", unbuffered) for unbuffered in ("", "1")),
        ("--help", ""),
    ],
)
def test_a_reader_that_goes_ends_a_command_in_silence(command: str, unbuffered: str, tmp_path: Path) -> None:
    environment = {"PYTHONUNBUFFERED": unbuffered, "UNIFIER_KAFKA": "h:1,"}
    # it begins to write when the other end of the pipe is gone for sure
    writer = f"while [ ! -e gone ]; do :; done; unifier {command}; echo $? >&2"
    line = f"{{ {writer}; }} | {{ exec <&-; touch gone; }}"
    done = _shell(line, tmp_path, **environment)
    assert (done.stdout, done.stderr) == ("", "141\n")


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_under_standard_output_is_one_line(unbuffered: str, tmp_path: Path) -> None:
    environment = {"PYTHONUNBUFFERED": unbuffered}
    done = _shell("unifier schema json >/dev/full", tmp_path, **environment)
    assert done.returncode == 1
    assert done.stderr == (
        "unifier: standard output cannot be written: the disk is full; send it elsewhere\n"
    )


@pytest.mark.parametrize(("closed", "code"), [(">&-", 0), (">&- 2>&- <&-", 0)])
def test_closed_standard_streams_are_no_fault(closed: str, code: int, tmp_path: Path) -> None:
    done = _shell(f"unifier schema json {closed}", tmp_path)
    assert (done.returncode, done.stderr) == (code, "")
    done = _shell(f"unifier schema json none {closed}", tmp_path)
    assert done.returncode == 2


def test_contracts_are_utf_8_in_any_locale(tmp_path: Path) -> None:
    latin = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = _shell("unifier schema asyncapi", tmp_path, **latin)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Straße" in done.stdout or "ß" in done.stdout


def test_no_host_is_wrong_use_and_not_every_one(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["api", "--host", ""])
    assert end.value.code == 2
    assert "0.0.0.0 is all" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["api --port", "worker --http-port"])
@pytest.mark.parametrize("port", ["-1", "65536", "99999", "http"])
def test_a_port_that_is_none_is_wrong_use(
    command: str, port: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main([*command.split(), port])
    assert end.value.code == 2
    assert f"{command.split()[1]}: a port is 0 to 65535" in capsys.readouterr().err


def test_the_benchmarks_are_listed_for_another_program(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "list"]) == 0
    assert "drain" in capsys.readouterr().out.splitlines()
    assert main(["bench", "nothing"]) == 2
    assert "drain" in capsys.readouterr().err


@pytest.mark.parametrize("host", ["no..host", "x" * 64 + ".example"])
def test_a_host_that_none_can_have_is_one_line(
    host: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("UNIFIER_SECRET", "0123456789abcdef")
    assert main(["api", "--host", host, "--port", "0"]) == 1
    told = capsys.readouterr().err
    assert "choose another --host or --port" in told
    assert told.count("\n") == 1


@pytest.mark.parametrize(
    "command",
    [
        *(f"simulate --people 3 --out out --days {days}" for days in ("nan", "inf", "0", "-1", "1e9")),
        *(f"simulate --people 3 --out out --end {end}" for end in ("0001-01-01", "1969-12-31", "9999-12-31")),
        "simulate --people 3 --out out --end 9999-12-31T23:59:59-23:59",
        "replay --dead-letters --since 0001-01-01",
        "replay --dead-letters --since=",
        "replay --what-if rules.toml --since 1969-12-31T23:59:59Z",
    ],
)
def test_times_that_cannot_be_are_one_line(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(command.split()) == 2
    told = capsys.readouterr()
    assert (told.out, told.err.count("\n")) == ("", 1)


@pytest.mark.parametrize(
    "arguments",
    [
        ["erase", "--identifier", "email=\udcff@example.org"],
        ["export", "--identifier", "email=anna@example.org", "--reason", "\udcff"],
        ["verify-erased", "--request", "\udcff"],
    ],
)
def test_bytes_that_are_no_utf_8_are_wrong_use(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2
    assert f"argument {arguments[-2]}: write it in UTF-8" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["keys list", "api --port 0", "explain p_00000000000000000000"])
@pytest.mark.parametrize(
    "address", ["redis://%s/0", "rediss://%s", "redis+sentinel://%s/m", "redis+cluster://%s"]
)
@pytest.mark.parametrize(
    ("option", "word"), [("nope=1", "'nope'"), ("socket_timeout=soon", "'socket_timeout'")]
)
def test_an_option_of_redis_that_there_is_not_is_one_line(
    option: str,
    word: str,
    address: str,
    command: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("UNIFIER_SECRET", "0123456789abcdef")
    monkeypatch.setenv("UNIFIER_REDIS", f"{address % 'anna:opensesame@127.0.0.1:1'}?{option}")
    assert main(command.split()) == 2
    words = capsys.readouterr().err
    assert words.startswith("unifier: UNIFIER_REDIS: what stands behind its ? cannot be used: ")
    assert (words.count("\n"), word in words, "opensesame" in words) == (1, True, False)


@pytest.mark.parametrize(
    ("command", "module", "extra"),
    [
        ("api", "uvicorn", "api"),
        ("demo --once", "httpx", "api,client,devstack"),
        ("simulate --people 1 --out out", "faker", "devstack"),
    ],
)
def test_a_command_without_its_extra_names_it(command: str, module: str, extra: str, tmp_path: Path) -> None:
    code = f"import sys; sys.modules[{module!r}] = None; from unifier.cli import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", code, *command.split()], cwd=tmp_path, capture_output=True, text=True
    )
    words = f"unifier: {command.split()[0]}: needs {module}: pip install 'unifier[{extra}]'\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", words)


@pytest.mark.parametrize("wait", ["nan", "inf", "-1", "1e9", "long"])
def test_a_wait_without_end_is_wrong_use(wait: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["erase", "--identifier", "email=anna@example.org", "--wait", wait])
    assert end.value.code == 2
    assert "--wait: seconds, of a day at most" in capsys.readouterr().err


def test_a_connection_that_breaks_is_no_reader_that_went() -> None:
    code = (
        "from unifier.standard_streams import with_standard_streams\n"
        "def run(): raise BrokenPipeError(32, 'Broken pipe')\n"
        "with_standard_streams(run)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr.splitlines()[-1]) == (1, "BrokenPipeError: [Errno 32] Broken pipe")
