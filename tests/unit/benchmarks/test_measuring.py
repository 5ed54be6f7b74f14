import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.waiting import eventually

PARENT = """
import os, sys, time
from benchmarks._measuring import running
with running([sys.executable, "-c", "import time; time.sleep(600)"], os.environ) as child:
    print(child.pid, flush=True)
    time.sleep(600)
"""


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_benchmark_that_is_killed_leaves_no_child_running() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        assert _lives(child)
        parent.kill()
    try:
        eventually(lambda: not _lives(child), 10)
    finally:
        if _lives(child):
            os.kill(child, signal.SIGKILL)
