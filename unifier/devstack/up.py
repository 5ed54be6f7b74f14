"""`unifier up`: the embedded Kafka and Redis in the foreground, with the topics made."""

import os
import shlex
import sys
import threading
from pathlib import Path

from unifier.devstack.errors import StackError
from unifier.devstack.stack import Stack
from unifier.settings import load_settings
from unifier.streams.topics import create_topics


def run(data: str | None, env_file: str | None) -> int:
    """Serve until Ctrl-C or SIGTERM (0), or until a server ends by itself (1)."""
    target = Path(env_file) if env_file else None
    if target:
        _make_room(target)
    try:
        with Stack(Path(data) if data else None) as stack:
            settings = load_settings({**os.environ, **stack.env()})
            create_topics(settings)
            _tell(stack, target)
            return _watch(stack)
    except KeyboardInterrupt:
        return 0
    finally:
        if target:
            _half(target).unlink(missing_ok=True)


def _make_room(target: Path) -> None:
    """Before anything starts. Raises StackError."""
    try:
        target.unlink(missing_ok=True)  # who waits for the file must not take the last run's
        _half(target).touch(mode=0o600)
    except OSError as error:
        raise StackError(
            f"--env-file {target}: cannot be written ({error.strerror}); name another file"
        ) from None


def _half(target: Path) -> Path:
    return target.with_name(f".{target.name}.{os.getpid()}")


def _tell(stack: Stack, target: Path | None) -> None:
    lines = "".join(f"{name}={shlex.quote(value)}\n" for name, value in stack.env().items())
    if target:
        half = _half(target)
        half.write_text(lines)
        half.rename(target)
    else:
        print(lines, end="", flush=True)
    print(
        f"Kafka and Redis are up after {stack.started_in_s:.1f} s, data in {stack.folder}; Ctrl-C ends them",
        file=sys.stderr,
    )


def _watch(stack: Stack) -> int:
    pause = threading.Event()
    while True:
        for server in (stack.kafka_server, stack.redis_server):
            if not server.running:
                print(f"unifier: {server.name} ended by itself: {server.last_words()}", file=sys.stderr)
                return 1
        pause.wait(0.5)
