"""Simulated messages on their way out: to the topics, or into files with the truth beside them."""

import asyncio
import logging
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Self

import orjson

from unifier.devstack.simulate import Message, Simulation, simulate
from unifier.devstack.simulate.truth import write_who
from unifier.settings import Settings, load_settings
from unifier.streams.bulk import BulkPublisher, Outgoing
from unifier.streams.topics import existing_topics

CHUNK = 5_000  # messages confirmed together; also the step of the progress line
KINDS = ("online", "pos", "crm")


async def publish(messages: Iterable[Message], settings: Settings) -> Counter[str]:
    """Publish all; gives the number by topic."""
    # It warns of every try again while new topics find their leaders.
    logging.getLogger("aiokafka").setLevel(logging.ERROR)
    counts: Counter[str] = Counter()
    with _Progress() as progress:
        topics = {kind: settings.topic(kind) for kind in KINDS}
        async with BulkPublisher(settings, list(topics.values())) as publisher:
            source = iter(messages)
            while chunk := list(islice(source, CHUNK)):
                await publisher.send([Outgoing(topics[m.topic_kind], m.key, m.value) for m in chunk])
                counts.update(message.topic_kind for message in chunk)
                progress.show(counts.total(), chunk[-1].at_ms)
    return counts


def write(simulation: Simulation, folder: Path) -> Counter[str]:
    """Write online.jsonl, pos.jsonl, crm.jsonl, and the truth: truth.jsonl (people), who.csv (lines)."""
    folder.mkdir(parents=True, exist_ok=True)
    counts: Counter[str] = Counter()
    with ExitStack() as files, _Progress() as progress:
        out = {kind: files.enter_context((folder / f"{kind}.jsonl").open("wb")) for kind in KINDS}

        def lines() -> Iterator[tuple[str, int, str]]:
            for message in simulation:
                kind = message.topic_kind
                out[kind].write(message.value + b"\n")
                counts[kind] += 1
                if counts.total() % CHUNK == 0:
                    progress.show(counts.total(), message.at_ms)
                yield f"{kind}.jsonl", counts[kind], message.person or ""

        write_who(folder / "who.csv", lines())
    simulation.truth.write(folder / "truth.jsonl")
    return counts


class _Progress:
    """One line that is written over, only on a terminal."""

    def __enter__(self) -> Self:
        self._shown = sys.stderr.isatty()
        return self

    def __exit__(self, *exc: object) -> None:
        if self._shown:
            print(file=sys.stderr)

    def show(self, number: int, at_ms: int) -> None:
        if self._shown:
            when = time.strftime("%a %d %b %H:%M", time.gmtime(at_ms / 1000))
            print(f"\r{number:>12,} events, simulated time {when} UTC", end="", file=sys.stderr, flush=True)


def run(people: int, days: float, seed: int, end_ms: int, out: str | None) -> int:
    """`unifier simulate`: into a folder, or without one to the topics. Prints the counts as JSON."""
    simulation = simulate(people, days, seed, end_ms)
    if out is None:
        settings = load_settings()
        existing_topics(settings, map(settings.topic, KINDS))
        counts = asyncio.run(publish(simulation, settings))
    else:
        try:
            counts = write(simulation, Path(out))
        except OSError as error:
            return _fault(f"cannot write to {out}: {error.strerror}; give another folder")
    print(orjson.dumps({**counts, "people": people}).decode())
    return 0


def _fault(words: str) -> int:
    print(f"unifier: {words}", file=sys.stderr)
    return 1
