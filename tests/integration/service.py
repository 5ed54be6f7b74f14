"""`unifier api` as an operator starts it, for the tests that call it."""

import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence

from tests.integration.spine import drained, working
from unifier.client import Client
from unifier.profiles.store.clients import connect_plainly
from unifier.serving.keys import KeyBook
from unifier.settings import Settings

SECRET = "a secret of the tests, long enough"


def api_process(
    redis_url: str, *, port: int = 0, interpreter: Sequence[str] = ("-m", "unifier"), **settings: str
) -> subprocess.Popen[str]:
    command = [sys.executable, *interpreter, "api", "--port", str(port)]
    own = {"UNIFIER_REDIS": redis_url, "UNIFIER_SECRET": SECRET, "UNIFIER_KAFKA": "127.0.0.1:1"} | settings
    others = {name: value for name, value in os.environ.items() if not name.startswith("UNIFIER_")}
    return subprocess.Popen(command, env=others | own, stderr=subprocess.PIPE, text=True)


@contextlib.contextmanager
def running_api(
    redis_url: str, *, interpreter: Sequence[str] = ("-m", "unifier"), **settings: str
) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The base URL of a service that answers, and its process; ended by SIGTERM, with 0."""
    with api_process(redis_url, port=0, interpreter=interpreter, **settings) as process:
        try:
            assert process.stderr is not None
            line = next(line for line in process.stderr if "serving on" in line)
            found = re.search(r"http://\S+", line)
            assert found is not None
            yield found[0], process
        finally:
            process.terminate()
        assert process.wait(30) == 0
        assert "Traceback" not in process.stderr.read()


@contextlib.contextmanager
def drained_and_served(settings: Settings, key: str) -> Iterator[Client]:
    """A client of a service that has the brokers, while a worker runs that has read all there was."""
    kafka = {"UNIFIER_KAFKA": settings.kafka, "UNIFIER_TOPIC_PREFIX": settings.topic_prefix}
    with (
        working(settings),
        running_api(settings.redis, **kafka) as (url, _),
        Client(url, key, timeout_s=30) as client,
    ):
        drained(settings)
        yield client


def new_key(redis_url: str, *scopes: str) -> str:
    with connect_plainly(redis_url) as client:
        return KeyBook(client, SECRET).add("test", scopes)  # type: ignore[arg-type]
