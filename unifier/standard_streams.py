"""Standard output and error as a command finds them: closed, full, without a reader, in another encoding."""

import errno
import os
import select
import sys
from collections.abc import Callable
from io import TextIOWrapper
from pathlib import Path

READER_WENT = 141
"""The exit code of what `| head` ends, as shells tell it of the signal SIGPIPE."""


def with_standard_streams(run: Callable[[], int]) -> int:
    """Run a command; what it cannot write is told in one line, or not at all where nobody reads on."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever started us: nobody wants to read it
            setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115 - for as long as the process lives
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")  # the contracts are, wherever they are printed
    try:
        try:
            return run()
        finally:
            sys.stdout.flush()  # else Python does so when it is too late to say anything
    except OSError as error:
        full = error.errno == errno.ENOSPC and error.filename is None
        if not full and not (error.errno == errno.EPIPE and _reader_went()):
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what is yet to be flushed
        if not full:
            return READER_WENT
        sys.stderr.write("unifier: standard output cannot be written: the disk is full; send it elsewhere\n")
        return 1


def _reader_went() -> bool:
    """Whether it is standard output whose other end is gone, and not a connection of ours."""
    poll = select.poll()
    poll.register(sys.stdout.fileno())
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0))
