"""The product's own processes, as children that go when the demo goes, however it goes."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import httpx

from unifier.devstack.server import HOST, Server


class Process(Server):
    """`unifier worker` or `unifier api`; it answers when its /readyz says so."""

    def __init__(self, name: str, folder: Path, settings: Mapping[str, str], *words: str) -> None:
        """`words` are what comes after `unifier`; the last one is the option that takes the port."""
        self.name = name
        super().__init__(folder / name, keep=False)
        others = {key: value for key, value in os.environ.items() if not key.startswith("UNIFIER_")}
        self.environment = others | dict(settings)
        self._words = words

    @property
    def url(self) -> str:
        """http://host:port."""
        return f"http://{HOST}:{self.port}"

    def command(self) -> list[str]:
        """The same as an operator types."""
        return [sys.executable, "-m", "unifier", *self._words, str(self.port)]

    def answers(self) -> bool:
        """A worker is ready when it has partitions, the service when it can read."""
        try:
            return httpx.get(f"{self.url}/readyz", timeout=2).status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False


def worker(number: int, folder: Path, settings: Mapping[str, str]) -> Process:
    """A stream worker."""
    return Process(f"worker-{number}", folder, settings, "worker", "--http-port")


def api(folder: Path, settings: Mapping[str, str]) -> Process:
    """The HTTP service."""
    return Process("api", folder, settings, "api", "--port")
