"""A `unifier worker` of another time, or that dies: `python -m tests.integration.other_worker WHEN worker`.

WHEN is by how many days its clock is behind; or the step of an erasure at which it dies, with `before-` or
`after-` in front (`deaths.py`).
"""

import os
import runpy
import signal
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from unifier.profiles.component import Component
from unifier.profiles.store import Commit, Store
from unifier.profiles.store.layout import HEAD_BYTES

DAY_S = 86_400
_true_time = time.time


def be_behind(days: float) -> None:
    """Let this process take it for so many days ago."""
    time.time = lambda: _true_time() - days * DAY_S


def die(when: str, step: str) -> None:
    """Let this process be killed before or after a step."""

    def around(method: str, counts: Callable[..., bool]) -> None:
        inner: Any = getattr(Store, method)

        async def deadly(self: Store, *arguments: Any) -> Any:
            dies = counts(*arguments)
            if dies and when == "before":
                os.kill(os.getpid(), signal.SIGKILL)
            result = await inner(self, *arguments)
            if dies:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        setattr(Store, method, deadly)

    def commits(writes: Sequence[Commit]) -> bool:
        stored = [Component.unpack(write.cid, write.value[HEAD_BYTES:]).privacy for write in writes]
        there = [privacy for privacy in stored if privacy is not None]
        return any({"intent": one.intents, "drop": one.ids}.get(step) for one in there)

    around("commit", commits)
    around("mark", lambda *_: step == "mark")


if __name__ == "__main__":
    word = sys.argv.pop(1)
    when, _, step = word.partition("-")
    if step:
        die(when, step)
    else:
        be_behind(float(word))
    runpy.run_module("unifier", run_name="__main__")
