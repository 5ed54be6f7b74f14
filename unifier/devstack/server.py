"""One embedded server: a guarded child process on a loopback port, with its folder and its log."""

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path

from unifier.devstack.errors import StackError

HOST = "127.0.0.1"
_GUARD = Path(__file__).with_name("guard.py")
_READY_S = 60
_STOP_S = 20
_NEEDED_BYTES = 200 << 20
_WORDS = {
    "Address already in use": "its port was taken a moment ago: start it again",
    "Failed to acquire lock": "another broker uses this data folder: stop it or take another folder",
    "No space left on device": "the disk is full: free some space",
    "Permission denied": "its data folder may not be written: mend the rights or take another folder",
}


def free_port() -> int:
    """A loopback port that nobody listens on.

    Below the range that the system gives to outgoing connections: a client that knocks at a stopped server's
    port could else be given this very port, connect to itself, and bar the server from coming back.
    """
    while not _is_free(port := random.randrange(15_000, 32_000)):
        pass
    return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


class Server(ABC):
    """A server that can be started, stopped, killed and started again on the same port and data.

    `folder` holds its data and its log; `keep` says whether they outlive the parent.
    """

    name: str
    environment: Mapping[str, str] | None = None  # of the process; None: as that of this one

    def __init__(self, folder: Path, keep: bool) -> None:
        self.folder = folder
        self.keep = keep
        self.port = self._port()
        self.log = folder / f"{self.name}.log"
        self.pid = 0
        self._guard: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def command(self) -> list[str]:
        """What to run; may write configuration files into the folder first."""

    @abstractmethod
    def answers(self) -> bool:
        """Whether the server does its work; never raises for a server that is not there yet."""

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        guard = self._guard
        return guard is not None and guard.poll() is None

    def start(self) -> None:
        """Start and wait until it answers. Raises StackError."""
        self.launch()
        self.wait_ready()

    def launch(self) -> None:
        """Start without waiting. Raises StackError."""
        if self.running:
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if (free := shutil.disk_usage(self.folder).free) < _NEEDED_BYTES:
                raise StackError(
                    f"the disk of {self.folder} is full: {free >> 20} MB are left, {self.name} needs "
                    f"{_NEEDED_BYTES >> 20} MB"
                )
            (self.folder / "port").write_text(str(self.port))
            if not _is_free(self.port):
                raise StackError(
                    f"the port {self.port} of {self.name} is taken: stop what listens there, or remove "
                    f"{self.folder / 'port'} for another port"
                )
            command = self.command()
            with self.log.open("ab") as log:
                remove = [] if self.keep else ["--remove", str(self.folder)]
                self._guard = subprocess.Popen(
                    [sys.executable, "-I", "-S", str(_GUARD), *remove, *command],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    env=self.environment,
                )
        except OSError as error:
            raise StackError(
                f"cannot start {self.name} in {self.folder}: {error.strerror or error}"
            ) from None
        assert self._guard.stdout
        self.pid = int(self._guard.stdout.readline() or 0)

    def wait_ready(self) -> None:
        """Wait until it answers. Raises StackError with the reason that the log gives."""
        tick = threading.Event()
        deadline = time.monotonic() + _READY_S
        while not self.answers():
            if not self.running:
                self._reap()
                raise StackError(f"{self.name} did not start: {self.last_words()} (log: {self.log})")
            if time.monotonic() > deadline:
                self.kill()
                raise StackError(f"{self.name} did not answer within {_READY_S} s (log: {self.log})")
            tick.wait(0.02)

    def stop(self, within_s: float = _STOP_S) -> None:
        """End it as an operator would (SIGTERM), by force after `within_s` seconds."""
        self._signal(signal.SIGTERM)
        self._reap(within_s)

    def kill(self) -> None:
        """End it as a power cut would (SIGKILL); its data stay as they are."""
        self._signal(signal.SIGKILL)
        self._reap()

    def pause(self) -> None:
        """Make it hang (SIGSTOP): connections stay open, nothing answers, until `resume`."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a paused server go on."""
        self._signal(signal.SIGCONT)

    def restart(self) -> None:
        """Stop if it runs, start, wait until it answers."""
        self.stop()
        self.start()

    def _port(self) -> int:
        """Kept data keep their port: what was told of the stack stays true after a restart."""
        try:
            return int((self.folder / "port").read_text())
        except (FileNotFoundError, ValueError):
            return free_port()

    def _signal(self, number: signal.Signals) -> None:
        if self.running and self.pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def _reap(self, within_s: float = _STOP_S) -> None:
        if (guard := self._guard) is None:
            return
        try:
            guard.wait(within_s)
        except subprocess.TimeoutExpired:
            os.kill(self.pid, signal.SIGKILL)
            guard.wait()
        for pipe in (guard.stdin, guard.stdout):
            if pipe:
                pipe.close()
        self._guard = None

    def last_words(self) -> str:
        """Why it ended, as far as its log tells."""
        tail = self.log.read_bytes()[-20_000:].decode(errors="replace")
        for sign, words in _WORDS.items():
            if sign in tail:
                return words
        lines = [
            line for line in tail.splitlines() if line.strip() and not line.startswith(("\t", "WARNING"))
        ]
        return lines[-1][:300] if lines else "it said nothing"
