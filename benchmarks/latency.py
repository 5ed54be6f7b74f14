"""How long it takes from the broker's log of an event until its transition can be read downstream.

First one worker drains a backlog; then events come steadily, half as many a second as it drained (or
`--rate`), and a reader of committed messages notes when it has each event's first transition. The broker
stamps events when it gets them. Then the same with hot keys in between, which are not measured themselves:
a browser that is a bot, and the till's own loyalty card, each `--hot` of all events. Beside it, at the same
rate, stock Faust that parses each message and sends every tenth on.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from benchmarks._downstream import Heard, appended, first_heard, first_sent_on, hearing, paced
from benchmarks._installation import Installation, installed, until
from benchmarks._measuring import committed, quantile
from benchmarks._report import Found, parser_of, rows_of, tell
from benchmarks._svg import Panel
from benchmarks.drain import week
from unifier.devstack.demo.week import told_now
from unifier.devstack.simulate import Message
from unifier.devstack.simulate.message import iso
from unifier.devstack.simulate.publish import publish
from unifier.streams.topics import admin_client

MOST_A_SECOND = 8_000  # for so many are people invented, when the rate is not known yet
SETTLE_S = 3.0  # the first seconds at the pace are left out: caches fill, the relay finds its rhythm
LISTEN_ON_S = 2.0  # after the last event
HOT = "hot-"  # how the ids of events of hot keys begin
SHARES = (0.5, 0.9, 0.99, 0.999)


class Run(NamedTuple):
    """Events at a steady rate: (seconds from the beginning, milliseconds that its message took) of each."""

    rate: float  # events a second that were kept
    waits: list[tuple[float, float]]

    def row(self) -> dict[str, Any]:
        """The figures."""
        waits = sorted(wait for _, wait in self.waits)
        shares = {f"p{100 * share:g} ms": round(quantile(waits, share), 1) for share in SHARES}
        return {"events/s": round(self.rate), "measured": len(waits), **shares, "max ms": round(waits[-1], 1)}


def parser() -> argparse.ArgumentParser:
    """`unifier bench latency`."""
    one = parser_of("latency", __doc__)
    one.add_argument("--backlog", type=int, default=80_000, metavar="N", help="events that are drained first")
    one.add_argument("--seconds", type=float, default=30, metavar="S", help="at the steady rate")
    one.add_argument("--rate", type=float, metavar="R", help="events a second; default: half the drain rate")
    one.add_argument("--hot", type=float, default=0.01, metavar="X", help="share of each hot key")
    one.add_argument("--partitions", type=int, default=4)
    return one


def measure(args: argparse.Namespace) -> Found:
    """The worker, then the peer, on one pair of servers."""
    messages = week(args.backlog + int(2 * (args.rate or MOST_A_SECOND) * args.seconds), args.seed)
    backlog = [next(messages) for _ in range(args.backlog)]
    runs: dict[str, Run] = {}
    with installed(args.partitions) as servers:
        ours = servers.another("ours")
        ours.stamp_on_arrival()
        asyncio.run(publish(backlog, ours.settings))
        with ours.worker() as worker:
            drained = ours.drained(worker.process, "ours", args.backlog)
            worker.wait_told()
            rate = args.rate or drained.events_a_second / 2
            for name, hot in (("worker", 0.0), ("worker, hot keys", args.hot)):
                steady = [next(messages) for _ in range(int(rate * args.seconds))]
                steady = list(_with_hot_keys(steady, hot))
                runs[name] = asyncio.run(_at_pace(ours, "journey", steady, rate, first_heard))
        theirs = servers.another("stock")
        theirs.stamp_on_arrival()
        with theirs.stock("stock", on=theirs.settings.topic("journey")) as process:
            asyncio.run(publish(steady[:1], theirs.settings))
            with admin_client(theirs.settings) as admin:
                until(lambda: committed(admin, "stock", theirs.inputs) > 0, process, 60)
            runs["stock Faust"] = asyncio.run(_at_pace(theirs, "journey", steady[1:], rate, first_sent_on))
    rows = [{"": name, **run.row()} for name, run in runs.items()]
    figures = {
        "drain_events_a_second": round(drained.events_a_second),
        "events_a_second": round(rate),
        "runs": {name: run.row() for name, run in runs.items()},
    }
    return Found(figures, rows_of(rows), [_percentiles(runs), _over_time(runs)])


def _with_hot_keys(messages: Sequence[Message], share: float) -> Iterator[Message]:
    """Every so many messages one of the bot, and one of the card."""
    every = round(1 / share) if share else len(messages) + 1
    for number, message in enumerate(messages, 1):
        yield message
        if number % every == 0:
            hit = {"type": "page", "name": "Product", "anonymousId": "bot", "messageId": f"{HOT}{number}"}
            yield _message("online", "bot", hit, message.at_ms)
            sale = {
                "store_id": f"{HOT}1",
                "workstation_id": "1",
                "business_day": iso(message.at_ms)[:10],
                "sequence_number": number,
                "kind": "sale",
                "total": "9.90",
                "currency": "EUR",
                "tenders": [{"kind": "card", "amount": "9.90", "payment_account": f"{HOT}{number}"}],
                "customer": {"loyalty_id": "999999999999"},
            }
            yield _message("pos", "1-1", sale, message.at_ms)


def _message(kind: str, key: str, body: dict[str, Any], at_ms: int) -> Message:
    timed = body | {"timestamp" if kind == "online" else "occurred_at": iso(at_ms)}
    return Message(kind, key.encode(), orjson.dumps(timed), at_ms, None)


async def _at_pace(
    one: Installation,
    topic: str,
    messages: Sequence[Message],
    rate: float,
    times_of: Callable[[Iterable[Heard]], Mapping[str, float]],
) -> Run:
    """Publish so many a second; `times_of` tells by event when what it caused was there."""
    settings = one.settings
    # What is told lies days back: its phases and actions would all be due at once.
    since_ms = time.time() * 1000
    messages = [told_now(message, int(since_ms + n * 1000 / rate)) for n, message in enumerate(messages)]
    async with hearing(settings, settings.topic(topic)) as heard:
        began_ms = time.time() * 1000
        kept = await paced(messages, settings, rate)
        await asyncio.sleep(LISTEN_ON_S)
    there = await appended(settings, began_ms)
    known = [
        (there[event], at)
        for event, at in times_of(heard).items()
        if event in there and not event.startswith(HOT)
    ]
    waits = [((since - began_ms) / 1000, at - since) for since, at in sorted(known)]
    return Run(kept, [(at_s, wait) for at_s, wait in waits if at_s > min(SETTLE_S, len(messages) / rate / 2)])


def _percentiles(runs: Mapping[str, Run]) -> Panel:
    panel = Panel("Share of events that took at most so long", (1.0, 10_000.0), (0.0, 1.0), log_x=True)
    panel.x_label, panel.y_label = "milliseconds", "share"
    for name, run in runs.items():
        waits = sorted(wait for _, wait in run.waits)
        panel.lines.append((name, [(max(1.0, quantile(waits, n / 200)), n / 200) for n in range(1, 201)]))
    return panel


def _over_time(runs: Mapping[str, Run]) -> Panel:
    """The 99th percentile of each second."""
    longest = max(at for run in runs.values() for at, _ in run.waits)
    panel = Panel("p99 of each second", (0.0, longest), (1.0, 10_000.0), "seconds", "ms", log_y=True)
    for name, run in runs.items():
        seconds: dict[int, list[float]] = {}
        for at, wait in run.waits:
            seconds.setdefault(int(at), []).append(wait)
        points = [(float(at), max(1.0, quantile(sorted(waits), 0.99))) for at, waits in seconds.items()]
        panel.lines.append((name, points))
    return panel


def main(argv: Sequence[str] | None = None) -> int:
    """`unifier bench latency`."""
    return tell("latency", parser().parse_args(argv), measure)


if __name__ == "__main__":
    sys.exit(main())
