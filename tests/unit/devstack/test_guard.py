import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.waiting import eventually
from unifier.devstack import guard

GUARD = guard.__file__
assert GUARD
WAIT = [sys.executable, "-c", "import threading; threading.Event().wait()"]


def _gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def _guarded(*arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-I", "-S", GUARD, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )


def test_the_exit_code_of_the_server_is_handed_on() -> None:
    with _guarded(sys.executable, "-c", "raise SystemExit(7)") as process:
        assert process.wait(30) == 7


@pytest.mark.parametrize("keep", [True, False])
def test_the_end_of_the_pipe_ends_the_server_and_removes_only_what_is_not_kept(
    tmp_path: Path, keep: bool
) -> None:
    folder = tmp_path / "stack" / "server"
    folder.mkdir(parents=True)
    with _guarded(*([] if keep else ["--remove", str(folder)]), *WAIT) as process:
        assert process.stdin
        assert process.stdout
        pid = int(process.stdout.readline())
        process.stdin.close()
        process.wait(30)
    eventually(lambda: _gone(pid))
    assert folder.exists() == keep
    assert folder.parent.exists() == keep
