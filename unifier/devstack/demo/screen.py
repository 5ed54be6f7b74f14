"""What is seen: lines with their time, and on a terminal a few lines that are written over."""

import os
import shutil
import sys
import time
from collections.abc import Sequence

PLAIN_EVERY_S = 5.0  # without a terminal, progress is a line so often
_BOLD, _DIM, _END = "\x1b[1m", "\x1b[2m", "\x1b[0m"


class Screen:
    """Writes to standard output."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._live = sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
        self._colours = self._live and not os.environ.get("NO_COLOR")
        self._lines = 0  # of progress, that are to be written over
        self._next_plain = 0.0

    @property
    def seconds(self) -> float:
        """Since the beginning."""
        return time.monotonic() - self._began

    def say(self, text: str) -> None:
        """A line with its time."""
        self.write([f"{self._style(f'{self.seconds:6.1f} s', _DIM)}  {text}"])

    def title(self, text: str) -> None:
        """A heading."""
        self.write(["", self._style(text, _BOLD)])

    def write(self, lines: Sequence[str]) -> None:
        """Lines as they are."""
        print(self._rubber() + "\n".join(lines), flush=True)

    def progress(self, lines: Sequence[str], every_s: float = PLAIN_EVERY_S) -> None:
        """Lines that stand until the next ones; without a terminal one line every so many seconds."""
        if self._live:
            width = shutil.get_terminal_size().columns - 1
            print(self._rubber() + "\n".join(line[:width] for line in lines), flush=True)
            self._lines = len(lines)
        elif self.seconds >= self._next_plain:
            self._next_plain = self.seconds + every_s
            self.say("; ".join(line.strip() for line in lines))

    def keep(self) -> None:
        """Let the progress stand as it is."""
        self._lines = 0

    def _rubber(self) -> str:
        lines, self._lines = self._lines, 0
        return f"\x1b[{lines}F\x1b[J" if lines else ""

    def _style(self, text: str, style: str) -> str:
        return f"{style}{text}{_END}" if self._colours else text
