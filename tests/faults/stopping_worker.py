"""A `unifier worker` that stops at a named step: `python -m tests.faults.stopping_worker FOLDER HOLE PORT`.

Put the name of a step into FOLDER/stop. When the worker comes by there next, it removes the file and stops,
with all its threads: it can be killed there, or woken when the others have gone on without it.
HOLE is a guard that is taken out of it (`holes.py`), or "whole".
FOLDER/clock holds by how many seconds its clock is wrong; it is looked at whenever a step is passed.
"""

import contextlib
import functools
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.faults.holes import HOLES
from unifier.profiles.store import Store
from unifier.profiles.store.outbox import Outbox
from unifier.profiles.store.stepwise import Stepwise
from unifier.settings import load_settings
from unifier.streams import worker
from unifier.streams.pipeline import Pipeline
from unifier.streams.process import serve
from unifier.streams.publisher import Message, Publisher
from unifier.streams.transport import ChunkConsumer

NO_HOLE = "whole"
SESSION_S = 6.0  # the least that a broker takes by default: a zombie is made sooner
_true_time = time.time

STEPS = (
    "read",  # everything is read and folded, nothing is written
    "written",  # components, outbox and index are written; links that follow from the index are not
    "moving",  # as `read`, and components of other shards are to be taken in
    "moved",  # as `written`, and the others are signposts now
    "worked-off",  # Redis and the dead-letter topic have all of the batch; it is not acknowledged
    "acknowledged",  # its offset is about to be committed
    "committed",  # the broker has its offset
    "outbox-read",  # the relay has effects and snapshots in hand
    "in-transaction",  # the broker has them, not committed
    "published",  # they are committed, and still in the outbox
    "cleared",  # the outbox is rid of them
)
MOVE_STEPS = (  # of a cluster, where a write is in several
    "claimed",  # new fragments have their signposts, or the component to which they lead is there
    "frozen",  # components are frozen, and in no other yet
    "taken",  # they are in another, and frozen still
    "handed-over",  # they are signposts; the index has not been told
    "entering",  # a component is written, of whatever kind; the index has not been told
)


class Steps:
    """Where this worker is to stop, and how wrong its clock is."""

    def __init__(self, folder: Path) -> None:
        self._stop = folder / "stop"
        self._clock = folder / "clock"
        self._ahead_s = 0.0

    def pass_by(self, step: str) -> None:
        """Stop here if this is the step."""
        with contextlib.suppress(FileNotFoundError):
            self._ahead_s = float(self._clock.read_text())
        with contextlib.suppress(FileNotFoundError):  # the order may be taken back at this very moment
            if self._stop.read_text() == step:
                self._stop.unlink()
                os.kill(os.getpid(), signal.SIGSTOP)

    def time(self) -> float:
        """The wrong time."""
        return _true_time() + self._ahead_s

    def around(
        self, owner: Any, method: str, before: str, after: str, counts: Callable[..., bool] = lambda *_: True
    ) -> None:
        """Let a coroutine method pass by a step before and after its work, when its arguments count.

        `owner` is a class, or one object.
        """
        inner = getattr(owner, method)

        @functools.wraps(inner)
        async def stepping(*args: Any, **rest: Any) -> Any:
            passing = counts(*args)
            if passing and before:
                self.pass_by(before)
            result = await inner(*args, **rest)
            if passing and after:
                self.pass_by(after)
            return result

        setattr(owner, method, stepping)


def _step_by_step(steps: Steps) -> None:
    """The writes of a cluster, of which each is a function that the object has."""
    begin = Stepwise.__init__

    def began(self: Stepwise, *args: Any, **rest: Any) -> None:
        begin(self, *args, **rest)
        steps.around(self, "_claim", "", "claimed")
        steps.around(self, "_freeze", "", "frozen")
        steps.around(self, "_clear", "taken", "handed-over")
        steps.around(self, "_enter", "entering", "", lambda writes: bool(writes))

    Stepwise.__init__ = began  # type: ignore[method-assign]


def _moves(_store: Store, commits: Any) -> bool:
    return any(commit.absorbed for commit in commits)


def _relays(publisher: Publisher, *_: Any) -> bool:
    return publisher._transactional_id is not None


def _relays_snapshots(publisher: Publisher, _producer: Any, messages: list[Message]) -> bool:
    """Few rounds have any: a relay that is busy makes them now and then."""
    return _relays(publisher) and any(message.topic == "profiles" for message in messages)


def main() -> int:
    folder, hole, port = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    if hole != NO_HOLE:
        HOLES[hole]()
    steps = Steps(folder)
    time.time = steps.time
    steps.around(Store, "commit", "read", "written")
    steps.around(Store, "commit", "moving", "moved", _moves)
    _step_by_step(steps)
    steps.around(Pipeline, "process", "", "worked-off")
    steps.around(ChunkConsumer, "_commit", "acknowledged", "committed")
    steps.around(Publisher, "_send", "outbox-read", "in-transaction", _relays_snapshots)
    steps.around(Publisher, "publish", "", "published", _relays)
    steps.around(Outbox, "clear", "", "cleared", lambda _outbox, done: bool(done))
    worker.serve = functools.partial(serve, session_s=SESSION_S)  # type: ignore[attr-defined]
    return worker.run(load_settings(), ("127.0.0.1", port))


if __name__ == "__main__":
    sys.exit(main())
