"""Simulated messages on their way out: to the topics, or into files with the truth beside them."""

import asyncio
import logging
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from functools import lru_cache
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson
from aiokafka import AIOKafkaProducer
from aiokafka.partitioner import murmur2

from unifier.devstack.simulate import Message, Simulation, simulate
from unifier.devstack.simulate.truth import write_who
from unifier.settings import Settings, load_settings
from unifier.streams.kafka_config import aiokafka_config
from unifier.streams.topics import check_topics

CHUNK = 5_000  # messages confirmed together; also the step of the progress line
BATCH_BYTES = 256 * 1024
KINDS = ("online", "pos", "crm")


class Publisher:
    """Sends messages in whole batches per partition, three times as fast as one by one.

    Keys land where every other Kafka client puts them. The records carry the time of publishing, not the
    simulated one: a topic's retention would delete a simulated past at once.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def __aenter__(self) -> Self:
        self._producer = AIOKafkaProducer(
            **aiokafka_config(self._settings), enable_idempotence=True, max_batch_size=BATCH_BYTES
        )
        await self._producer.start()
        self._partitions: dict[str, int] = {}
        for kind in KINDS:
            found = await self._producer.partitions_for(self._settings.topic(kind))
            self._partitions[kind] = len(found)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._producer.stop()

    async def send(self, messages: Iterable[Message]) -> int:
        """Publish in the given order; returns their number when the broker has confirmed them all."""
        open_batches: dict[tuple[str, int], Any] = {}
        confirmations: list[asyncio.Future[Any]] = []
        sent = 0
        for message in messages:
            kind = message.topic_kind
            place = (kind, _partition(message.key, self._partitions[kind]))
            batch = open_batches.get(place)
            if batch is None or batch.append(key=message.key, value=message.value, timestamp=None) is None:
                if batch is not None:
                    confirmations.append(await self._send(batch, place))
                batch = open_batches[place] = self._producer.create_batch()
                batch.append(key=message.key, value=message.value, timestamp=None)
            sent += 1
        for place, batch in open_batches.items():
            confirmations.append(await self._send(batch, place))
        await asyncio.gather(*confirmations)
        return sent

    async def _send(self, batch: Any, place: tuple[str, int]) -> asyncio.Future[Any]:
        batch.close()
        topic, partition = self._settings.topic(place[0]), place[1]
        sent: asyncio.Future[Any] = await self._producer.send_batch(batch, topic, partition=partition)
        return sent


@lru_cache(maxsize=100_000)
def _partition(key: bytes, partitions: int) -> int:
    """As Kafka's default partitioner."""
    return int((murmur2(key) & 0x7FFFFFFF) % partitions)


async def publish(messages: Iterable[Message], settings: Settings) -> Counter[str]:
    """Publish all; gives the number by topic."""
    # It warns of every try again while new topics find their leaders.
    logging.getLogger("aiokafka").setLevel(logging.ERROR)
    counts: Counter[str] = Counter()
    with _Progress() as progress:
        async with Publisher(settings) as publisher:
            source = iter(messages)
            while chunk := list(islice(source, CHUNK)):
                await publisher.send(chunk)
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
        wanted = {f"{settings.topic(kind)}: missing" for kind in KINDS}
        if missing := sorted(wanted.intersection(check_topics(settings))):
            return _fault(f"{', '.join(missing)}; run `unifier topics create`")
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
