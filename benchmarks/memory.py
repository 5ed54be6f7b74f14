"""Whether a worker's memory stays flat for long, while producers are faster than it.

Events are published ahead of the worker, so that some wait all the while; once a second its memory in
RAM is looked at. Beside it, on the same topics, stock Faust that only parses the messages.
"""

import argparse
import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, count, islice
from typing import Any

from benchmarks._installation import installed
from benchmarks._measuring import BenchmarkError, committed, rss_mb
from benchmarks._report import Found, parser_of, rows_of, tell
from benchmarks._svg import Panel
from benchmarks.drain import week
from unifier.devstack.simulate import Message
from unifier.devstack.simulate.publish import publish
from unifier.streams.topics import admin_client

PORTION = 50_000  # events that wait at least, and that are published at a time
A_WEEK = 200_000  # events of the same people; then others come
EVERY_S = 1.0
STUCK_S = 60.0

Course = list[tuple[int, float]]
"""(events worked off, MB in RAM), once a second."""


def parser() -> argparse.ArgumentParser:
    """`unifier bench memory`."""
    one = parser_of("memory", __doc__)
    one.add_argument("--events", type=int, default=500_000, metavar="N", help="(5000000)")
    one.add_argument("--partitions", type=int, default=4)
    return one


def measure(args: argparse.Namespace) -> Found:
    """The worker while events come, then the peer over what is there."""
    coming = _weeks(args.events, args.seed)
    with installed(args.partitions) as one, admin_client(one.settings) as admin:
        published = 0

        def done(group: str) -> int:
            return committed(admin, group, one.inputs)

        def publish_ahead() -> int:
            nonlocal published
            if published - done("ours") <= PORTION:
                published += asyncio.run(publish(islice(coming, PORTION), one.settings)).total()
            return done("ours")

        with one.working("ours") as worker:
            courses = {"worker": _course(worker, publish_ahead, args.events)}
        with one.stock("stock") as stock:
            courses["stock Faust"] = _course(stock, lambda: done("stock"), min(args.events, A_WEEK))
    rows = [{"": name, **_figures(course)} for name, course in courses.items()]
    figures = {
        "runs": {name: _figures(course) for name, course in courses.items()},
        "course": {name: course[:: -(-len(course) // 50)] for name, course in courses.items()},
    }
    return Found(figures, rows_of(rows), [_picture(courses)])


def _weeks(events: int, seed: int) -> Iterator[Message]:
    """So many events, of other people after each week."""
    return islice(chain.from_iterable(week(A_WEEK, number) for number in count(seed)), events)


def _course(process: subprocess.Popen[bytes], done_now: Callable[[], int], events: int) -> Course:
    """Watch a process until it has worked all off. Raises BenchmarkError when it ends or stands still."""
    course: Course = []
    tick, moved_at = threading.Event(), time.monotonic()
    while not course or course[-1][0] < events:
        done = done_now()
        if not course or done > course[-1][0]:
            moved_at = time.monotonic()
        if process.poll() is not None or time.monotonic() - moved_at > STUCK_S:
            raise BenchmarkError(f"the process stopped at {done:,} of {events:,} records")
        course.append((done, round(rss_mb(process.pid), 1)))
        tick.wait(EVERY_S)
    return course


def _figures(course: Course) -> dict[str, Any]:
    """Memory at a tenth, at half and at the end of the events, and the most."""
    total = course[-1][0]
    shares = {"at 10 % MB": 0.1, "at 50 % MB": 0.5, "at the end MB": 1.0}
    told = {name: next(mb for done, mb in course if done >= share * total) for name, share in shares.items()}
    return {
        "events": total,
        **told,
        "most MB": max(mb for _, mb in course),
        "seconds": round(len(course) * EVERY_S),
    }


def _picture(courses: dict[str, Course]) -> Panel:
    most_events = max(course[-1][0] for course in courses.values()) / 1000
    most_mb = max(mb for course in courses.values() for _, mb in course)
    panel = Panel("Memory in RAM", (0, most_events), (0, most_mb * 1.1), "thousand events", "MB")
    panel.lines = [(name, [(done / 1000, mb) for done, mb in course]) for name, course in courses.items()]
    return panel


def main(argv: Sequence[str] | None = None) -> int:
    """`unifier bench memory`."""
    return tell("memory", parser().parse_args(argv), measure)


if __name__ == "__main__":
    sys.exit(main())
