"""Hostile messages through a real worker, Kafka and Redis: none stops it, and the good among them all arrive.

    unifier bench hostile --messages 500000 --seed 1

Each message is read here too, by the same code, which says what is to become of it; then the dead letters of
each reason, the events, and the customers of the good ones are held to that. Exit code 1 if anything differs.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from itertools import islice
from typing import Any

from aiokafka import AIOKafkaProducer

from benchmarks._measuring import BenchmarkError, committed, facts, rss_mb, running
from tests.integration.spine import profiles, reading
from unifier.devstack.server import free_port
from unifier.devstack.simulate.hostile import Message, good, hostile
from unifier.devstack.stack import Stack
from unifier.events.decode import Decoder
from unifier.events.errors import Unreadable
from unifier.rules import default_rules
from unifier.settings import Settings, load_settings
from unifier.streams.kafka_config import aiokafka_config
from unifier.streams.topics import INBOUND, admin_client, create_topics

GOOD_EVERY = 20
STANDS_STILL_S = 300.0  # without a record confirmed, or committed
RECORD_MOST = 1_000_000  # bytes; brokers take a little more
UNDER_WAY = 2_000  # messages handed to the producer and not yet confirmed


def main(argv: list[str] | None = None) -> int:
    """`unifier bench hostile`."""
    parser = argparse.ArgumentParser(
        prog="unifier bench hostile",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--messages", type=int, default=500_000, metavar="N")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="another seed, other messages")
    args = parser.parse_args(argv)
    try:
        report = run(args.messages, args.seed)
    except BenchmarkError as error:
        print(f"unifier bench hostile: {error}", file=sys.stderr)
        return 1
    print(json.dumps(report, indent=1))
    return 1 if report["wrong"] else 0


def run(messages: int, seed: int) -> dict[str, Any]:
    """The report: what was sent, what became of it, how the worker's memory went, and what is wrong."""
    with Stack() as stack:
        env = {**os.environ, **stack.env(), "UNIFIER_PARTITIONS": "2", "UNIFIER_GROUP": "bench-hostile"}
        settings = load_settings(env)
        create_topics(settings)
        expected, sent = asyncio.run(_publish(settings, messages, seed))
        command = [sys.executable, "-m", "unifier", "worker", "--http-port", str(free_port())]
        with running(command, env) as process:
            began = time.monotonic()
            memory = watch(settings, process, sent)
            seconds = time.monotonic() - began
            process.terminate()
            code = process.wait(60)
        letters = Counter(m["data"]["reason"] for _, m in reading(settings, "dead-letters") if m)
        people = profiles(settings)
    arrived = Counter(
        account
        for person in people.values()
        for account in person["identifiers"].get("account_id", ())
        if account.startswith("good-") and person["metrics"]["revenue"] == {"EUR": "10.00"}
    )
    lost = expected["good"] - len(arrived)
    wrong = {
        reason: [expected[reason], letters[reason]]
        for reason in letters
        if letters[reason] != expected[reason]
    }
    wrong.pop("unknown_profile", None)  # what the readers here cannot know
    if code:
        wrong["exit code"] = [0, code]
    if lost or arrived.total() != len(arrived):
        wrong["good"] = [expected["good"], arrived.total()]
    return {
        "messages": sent,
        "seed": seed,
        "seconds": round(seconds, 1),
        "became": {"dead letters": dict(letters.most_common()), "profiles": len(people)},
        "good": {"sent": expected["good"], "arrived": len(arrived)},
        "memory_mb": memory,
        "wrong": wrong,
        "machine": facts(),
    }


async def _publish(settings: Settings, messages: int, seed: int) -> tuple[Counter[str], int]:
    """Publish them all; gives how many are to come to which end."""
    decoder = Decoder(default_rules(), settings.timezone)
    expected: Counter[str] = Counter()
    confirmations: set[asyncio.Future[Any]] = set()
    sent = 0
    patient = int(STANDS_STILL_S * 1_000)
    async with AIOKafkaProducer(
        **aiokafka_config(settings), linger_ms=5, request_timeout_ms=patient
    ) as producer:
        for number, message in enumerate(islice(hostile(seed), messages)):
            one = message if number % GOOD_EVERY else good(number)
            if len(one.value) > RECORD_MOST:
                continue  # no broker takes it
            expected["good"] += number % GOOD_EVERY == 0
            expected[_end(decoder, one)] += 1
            confirmations.add(
                await producer.send(settings.topic(one.kind), one.value, headers=list(one.headers))
            )
            sent += 1
            if len(confirmations) >= UNDER_WAY:
                done, confirmations = await asyncio.wait(confirmations, return_when=asyncio.FIRST_COMPLETED)
                for confirmation in done:
                    confirmation.result()
        await asyncio.gather(*confirmations)
    return expected, sent


def _end(decoder: Decoder, message: Message) -> str:
    """The reason for which a message is to be refused; "read" if it is not."""
    try:
        decoder.decode(message.kind, message.value, message.headers, "", int(time.time() * 1_000))
    except Unreadable as problem:
        return problem.reason
    return "read"


def watch(settings: Settings, worker: subprocess.Popen[bytes], sent: int) -> list[int]:
    """Wait until all is worked off; gives the worker's memory in MB at each tenth of the way.

    Raises BenchmarkError when the worker ends before, or stands still.
    """
    tick, memory = threading.Event(), list[int]()
    topics = [settings.topic(name) for name in INBOUND]
    before, since = 0, time.monotonic()
    with admin_client(settings) as admin:
        while True:
            done = committed(admin, settings.group, topics)
            if (code := worker.poll()) is not None:
                raise BenchmarkError(f"the worker ended with {code} at {done:,} of {sent:,} messages")
            if done * 10 >= sent * (len(memory) + 1):
                memory.append(round(rss_mb(worker.pid)))
            if done >= sent:
                return memory
            if done > before:
                before, since = done, time.monotonic()
            elif time.monotonic() - since > STANDS_STILL_S:
                raise BenchmarkError(f"the worker stands still at {done:,} of {sent:,} messages")
            tick.wait(0.2)


if __name__ == "__main__":
    sys.exit(main())
