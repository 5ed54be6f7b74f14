"""Real data through one worker on a stack of its own; then the profiles are read back and held to the source.

    unifier bench real-input receipts
    unifier bench real-input cdnow --file CDNOW_master.txt.gz
    unifier bench real-input people --file PEOPLE.csv.gz --spec SPEC.toml

Receipts and orders: every customer's orders and revenue must equal the sums of the source, to the cent; exit
code 1 if one does not. People: B-cubed and closure precision, recall and F1 of the profiles.
"""

import argparse
import asyncio
import json
import os
import sys
import time
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from benchmarks._measuring import BenchmarkError, committed, drain, facts, running
from benchmarks._sources import Input, Sum, cdnow, people, receipts
from unifier.devstack.simulate import Message
from unifier.devstack.simulate.publish import KINDS, publish
from unifier.devstack.stack import Stack
from unifier.events.canonical import Event
from unifier.events.decode import Decoder
from unifier.matching.quality import b_cubed, closure
from unifier.profiles.ids import Keys
from unifier.profiles.store import Store, connect
from unifier.rules import default_rules
from unifier.serving.reader import Found, StoreReader
from unifier.settings import Settings, load_settings
from unifier.streams.intake import Intake
from unifier.streams.topics import admin_client, create_topics

__all__ = ["Input", "Sum", "cdnow", "differing", "main", "people", "quality", "receipts"]

AT_ONCE = 500  # profiles read in one call


def main(argv: list[str] | None = None) -> int:
    """`unifier bench real-input`."""
    parser = argparse.ArgumentParser(
        prog="unifier bench real-input",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("source", choices=("receipts", "cdnow", "people"))
    parser.add_argument("--file", type=Path, help="the data; receipts come from the installed package")
    parser.add_argument("--spec", type=Path, help="what the columns of a people file are")
    parser.add_argument("--customers", type=int, help="only the first so many")
    args = parser.parse_args(argv)
    if (args.source != "receipts" and not args.file) or (args.source == "people" and not args.spec):
        parser.error("give --file, and --spec for people")
    if args.source == "receipts":
        source = receipts(args.customers)
    elif args.source == "cdnow":
        source = cdnow(args.file, args.customers)
    else:
        source = people(args.file, args.spec, int(time.time() * 1000))
    try:
        report = run(source)
    except BenchmarkError as error:
        print(f"unifier bench real-input: {error}", file=sys.stderr)
        return 1
    print(json.dumps({"source": args.source, **report, "machine": facts()}, indent=1))
    return 1 if report.get("customers_that_differ") else 0


def run(source: Input) -> dict[str, Any]:
    """Publish, let one worker work it off, and compare."""
    with Stack() as stack:
        env = {**os.environ, **stack.env(), "UNIFIER_GROUP": "bench-real"}
        settings = load_settings(env)
        create_topics(settings)
        messages = list(source.messages)
        counts = asyncio.run(publish(messages, settings))
        topics = [settings.topic(kind) for kind in KINDS]
        command = [sys.executable, "-m", "unifier", "worker"]
        with running(command, env) as process, admin_client(settings) as admin:
            drained = drain(process, lambda: committed(admin, settings.group, topics), len(messages))
        report = {
            "messages": dict(counts),
            "events_a_second": round(drained.events_a_second),
            "cpu_us": round(drained.cpu_us, 1),
        }
        if not source.identifier:
            return {**report, **asyncio.run(quality(settings, messages))}
        wrong = asyncio.run(differing(settings, source))
        return {
            **report,
            "customers": len(source.expected),
            "orders": sum(told.orders for told in source.expected.values()),
            "revenue": str(sum(told.revenue for told in source.expected.values())),
            "customers_that_differ": len(wrong),
        }


async def differing(settings: Settings, source: Input) -> list[str]:
    """The customers whose profile does not say what the source says; empty if all is well."""
    reader = _Reader(settings)
    wrong = []
    for customers in _parts(list(source.expected)):
        found = await reader.lookups([{source.identifier: customer} for customer in customers])
        for customer, answer in zip(customers, found, strict=True):
            sums = _told(answer.document, source.currency) if isinstance(answer, Found) else None
            if sums != source.expected[customer]:
                wrong.append(customer)
    await reader.close()
    return wrong


def _told(document: dict[str, Any], currency: str) -> Sum:
    metrics = document["metrics"]
    return Sum(metrics["orders"], Decimal(metrics["revenue"].get(currency, "0")))


async def quality(settings: Settings, messages: Sequence[Message]) -> dict[str, Any]:
    """Precision, recall and F1 of the profiles that the messages' fragments are in, against their truth."""
    rules = default_rules()
    intake = Intake(Decoder(rules, settings.timezone), Keys(settings.secret), rules, settings.country)
    decoder = Decoder(rules, settings.timezone)
    truth, fids = [], []
    for number, message in enumerate(messages):
        kind: Any = message.topic_kind
        event = decoder.decode(kind, message.value, [], str(number), message.at_ms)
        if isinstance(event, Event):
            truth.append(message.person or "")
            fids.append(intake.named(event).fid)
    reader = _Reader(settings)
    profiles: dict[bytes, bytes] = {}
    for part in _parts(sorted(set(fids))):
        for fid, component in (await reader.components(part)).items():
            if (record := component.record_of(fid)) is not None:
                profiles[fid] = record.pid.encode()
    await reader.close()
    lost = sum(fid not in profiles for fid in fids)
    found = [profiles.get(fid, b"") for fid in fids]
    return {
        "people": len(set(truth)),
        "profiles": len(set(profiles.values())),
        "fragments": len(set(fids)),
        "rows_without_a_profile": lost,
        "b_cubed": b_cubed(truth, found).figures(),
        "closure": closure(truth, found).figures(),
    }


class _Reader(StoreReader):
    """Reads one installation's profiles."""

    def __init__(self, settings: Settings) -> None:
        self._connection = connect(settings.redis)
        store = Store(self._connection, settings.shards)
        super().__init__(store, Keys(settings.secret), default_rules(), settings.country)

    async def close(self) -> None:
        await self._connection.aclose()


def _parts(items: list[Any]) -> list[list[Any]]:
    return [items[start : start + AT_ONCE] for start in range(0, len(items), AT_ONCE)]


if __name__ == "__main__":
    sys.exit(main())
