"""The entry of the command line, from whose first moment on Ctrl-C and SIGTERM end a command in silence.

SIGTERM is as Ctrl-C: without a handler, the first process of a container would not be ended by it.
"""

import os
import signal
import sys
from types import FrameType

INTERRUPTED = 130  # as a shell says it


def main() -> int:
    """Run a command; its exit code."""
    heeded = signal.getsignal(signal.SIGINT) is not signal.SIG_IGN  # as it is behind `&` in a script
    signal.signal(signal.SIGTERM, _at_once)
    if heeded:
        signal.signal(signal.SIGINT, _at_once)
    from unifier import cli  # takes a third of a second

    try:
        if heeded:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, _as_ctrl_c)
        return cli.main()
    except KeyboardInterrupt:
        return INTERRUPTED


def _at_once(_number: int, _frame: FrameType | None) -> None:
    """While modules load: what is raised then may be swallowed, and there is nothing to put in order."""
    os._exit(INTERRUPTED)


def _as_ctrl_c(_number: int, frame: FrameType | None) -> None:
    """By the handler that is in force: asyncio's cancels the task that it runs."""
    handler = signal.getsignal(signal.SIGINT)
    (handler if callable(handler) else signal.default_int_handler)(signal.SIGINT, frame)


if __name__ == "__main__":
    sys.exit(main())
