"""How soon a worker takes events, and how long nothing is worked off when one joins, leaves or dies.

Start: from the command until an event that waited is committed. Pauses: under a steady load, the longest time
in which the group committed nothing of some partition, from the command that starts or ends a worker until
all is in order again. Beside it stock Faust, which parses the same messages; its death is left out, since
the group waits a minute for it.
"""

import argparse
import asyncio
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from kafka.admin import KafkaAdminClient

from benchmarks._downstream import paced
from benchmarks._installation import Installation, Start, installed, until
from benchmarks._measuring import committed
from benchmarks._report import Found, parser_of, rows_of, tell
from benchmarks._svg import Panel
from benchmarks.drain import week
from unifier.devstack.simulate import Message
from unifier.devstack.simulate.publish import publish
from unifier.streams.topics import admin_client

READY_S = 90.0
LOAD_S = 300  # for so long at most do events come


def parser() -> argparse.ArgumentParser:
    """`unifier bench start`."""
    one = parser_of("start", __doc__)
    one.add_argument("--repeats", type=int, default=3, metavar="K")
    one.add_argument("--rate", type=float, default=400, metavar="R", help="events a second meanwhile")
    one.add_argument("--partitions", type=int, default=4)
    return one


def measure(args: argparse.Namespace) -> Found:
    """Starts and pauses of ours, then of the peer."""
    messages = list(week(int(args.rate * LOAD_S), args.seed))
    with installed(args.partitions) as servers:
        ours, theirs = servers.another("ours"), servers.another("stock")
        runs = {
            "worker": _run(ours, ours.working, messages, args, dies=True),
            "stock Faust": _run(theirs, theirs.stock, messages, args, dies=False),
        }
    kinds = list(runs["worker"])
    rows = [
        {"": kind, **{f"{name} s": _spread(run.get(kind, [])) for name, run in runs.items()}}
        for kind in kinds
    ]
    return Found({"seconds": runs}, rows_of(rows), [_picture(runs, kinds)])


def _run(
    one: Installation, start: Start, messages: list[Message], args: argparse.Namespace, dies: bool
) -> dict[str, list[float]]:
    """Seconds by kind."""
    found: dict[str, list[float]] = {"start": [], "joins": []}
    group = one.settings.group
    with admin_client(one.settings) as admin:
        for _ in range(args.repeats):
            before = committed(admin, group, one.inputs)
            asyncio.run(publish(messages[:10], one.settings))
            began = time.monotonic()
            with start(group) as process:
                until(partial(_has_committed, admin, one, before + 1), process, READY_S)
                found["start"].append(round(time.monotonic() - began, 2))
        with start(group) as staying, _load(one, messages, args.rate):
            watch = _Watch(one, admin, staying)
            watch.until_in_order(1)
            for end in [*["leaves"] * args.repeats, *["dies"] * dies]:
                with start(group) as going:
                    found["joins"].append(watch.until_in_order(2))
                    (going.kill if end == "dies" else going.terminate)()
                    found.setdefault(end, []).append(watch.until_in_order(1))
    return found


def _has_committed(admin: KafkaAdminClient, one: Installation, records: int) -> bool:
    return committed(admin, one.settings.group, one.inputs) >= records


@contextmanager
def _load(one: Installation, messages: list[Message], rate: float) -> Iterator[None]:
    """Events for the length of the block."""
    end = threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(paced(messages, one.settings, rate, end)))
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join()


class _Watch:
    """Looks at the group, and at what it has committed of each partition of the busiest topic."""

    def __init__(self, one: Installation, admin: KafkaAdminClient, member: subprocess.Popen[bytes]) -> None:
        self._one = one
        self._admin = admin
        self._member = member  # one that stays
        self._offsets: dict[int, int] = {}
        self._moved: dict[int, float] = {}  # partition → when its offset rose last
        self._longest = 0.0

    def until_in_order(self, members: int) -> float:
        """Wait until there are so many members and every partition moves; gives the longest standstill."""
        self._longest, shared_out_at = 0.0, 0.0

        def in_order() -> bool:
            nonlocal shared_out_at
            self._look()
            if not self._one.shared_out(self._admin, self._one.settings.group, members):
                shared_out_at = 0.0
            elif not shared_out_at:
                shared_out_at = time.monotonic()
            moved = self._moved.values()
            return bool(shared_out_at and len(moved) == self._one.settings.partitions) and (
                min(moved) > shared_out_at
            )

        until(in_order, self._member, READY_S, 0.02)
        return round(self._longest, 2)

    def _look(self) -> None:
        settings, now = self._one.settings, time.monotonic()
        told = self._admin.list_group_offsets({settings.group: None}).get(settings.group, {})
        for place, at in told.items():
            if place.topic == settings.topic("online") and at.offset > self._offsets.get(place.partition, -1):
                self._offsets[place.partition] = at.offset
                self._longest = max(self._longest, now - self._moved.get(place.partition, now))
                self._moved[place.partition] = now


def _spread(seconds: Sequence[float]) -> str:
    if len(seconds) < 2:
        return f"{seconds[0]:.1f}" if seconds else ""
    return f"{statistics.median(seconds):.1f} ({min(seconds):.1f} to {max(seconds):.1f})"


def _picture(runs: dict[str, dict[str, list[float]]], kinds: Sequence[str]) -> Panel:
    highest = max(second for run in runs.values() for seconds in run.values() for second in seconds)
    panel = Panel("Each try", (-0.5, len(kinds) - 0.5), (0, highest * 1.05), "", "seconds", x_names=kinds)
    for name, run in runs.items():
        panel.dots.append((name, [(kinds.index(kind), second) for kind in run for second in run[kind]]))
    return panel


def main(argv: Sequence[str] | None = None) -> int:
    """`unifier bench start`."""
    return tell("start", parser().parse_args(argv), measure)


if __name__ == "__main__":
    sys.exit(main())
