"""Runs one server and takes it down when its parent goes, however it goes.

    python guard.py [--remove FOLDER] COMMAND…

Standard input is a pipe whose other end only the parent holds: it ends when the parent ends, by kill -9
too. Then the server is stopped and FOLDER removed; with FOLDER at once, else with time to close its files.
The first line on standard output is the process id of the server. Exits with the server's exit code.

Uses the standard library alone, to be up in a few milliseconds with `python -I -S`.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable

_GRACE_S = 10
_PR_SET_PDEATHSIG = 1  # prctl.h


def die_with_parent() -> Callable[[], object] | None:
    """For between fork and exec: on Linux the child is killed when the parent is. None elsewhere.

    The parent must fork in its main thread: the death signal is tied to the thread, not to the process.
    """
    if sys.platform != "linux":
        return None
    import ctypes

    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def main(arguments: list[str]) -> int:
    """Start the server, wait for it or for the parent's end."""
    remove = ""
    if arguments[0] == "--remove":
        remove, arguments = arguments[1], arguments[2:]
    # The parent decides when to stop: Ctrl-C in the terminal reaches the whole group of the parent.
    os.setsid()
    server = subprocess.Popen(
        arguments, stdin=subprocess.DEVNULL, stdout=sys.stderr, preexec_fn=die_with_parent()
    )
    with contextlib.suppress(BrokenPipeError):
        print(server.pid, flush=True)
    orphaned = threading.Event()

    def watch_parent() -> None:
        while os.read(0, 1024):
            pass
        orphaned.set()
        if not remove:
            server.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(_GRACE_S)
        server.kill()

    threading.Thread(target=watch_parent, daemon=True).start()
    code = server.wait()
    if orphaned.is_set() and remove:
        shutil.rmtree(remove, ignore_errors=True)
        with contextlib.suppress(OSError):
            os.rmdir(os.path.dirname(remove))  # noqa: PTH106, PTH120 - the last guard leaves nothing behind
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
