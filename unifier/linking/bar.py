"""A progress bar on a terminal, for what takes a while."""

import sys
from collections.abc import Iterable, Iterator, Sized
from typing import TypeVar

from unifier.linking.rows import Row

T = TypeVar("T")

WORTH_IT = 20_000
"""Rows below which nobody needs to be told."""
_WIDTH = 30
_STEPS = 200


class Bar:
    """One line on stderr that is written over; silent where no terminal looks on."""

    def __init__(self) -> None:
        self._on = sys.stderr.isatty()
        self._shown = ""

    def show(self, what: str, done: int, of: int) -> None:
        """Draw the bar."""
        if self._on and of:
            share = min(1.0, done / of)
            line = f"{what:<10} {'█' * int(share * _WIDTH):·<{_WIDTH}} {share:4.0%}"
            if line != self._shown:
                sys.stderr.write(f"\r{line}")
                sys.stderr.flush()
                self._shown = line

    def reading(self, rows: Iterable[Row], size: int) -> Iterator[Row]:
        """Pass the rows of a file of so many bytes on, and draw how much of it is read."""
        for number, row in enumerate(rows):
            if self._on and number >= WORTH_IT and number % 1_000 == 0:
                self.show("reading", row.read, size)
            yield row

    def track(self, what: str, things: Iterable[T]) -> Iterator[T]:
        """Pass things on, and draw how many of them are through."""
        of = len(things) if isinstance(things, Sized) else 0
        every = max(1, of // _STEPS)
        for number, thing in enumerate(things):
            if self._on and number % every == 0 and of >= WORTH_IT:
                self.show(what, number, of)
            yield thing

    def clear(self) -> None:
        """Take the bar away."""
        if self._shown:
            sys.stderr.write("\r" + " " * len(self._shown) + "\r")
            self._shown = ""
