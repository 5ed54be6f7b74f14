"""Learns the dictionary that stored components are compressed with, from those of the simulated retailer.

    python -m benchmarks.dictionary --out unifier/profiles/store/components.zdict

With another dictionary nothing that is stored can be read: not after the first release.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from zstandard import train_dictionary

from benchmarks._in_process import feeding, redis_server, rules_for
from unifier.devstack.simulate import simulate
from unifier.event_loop import EventLoop
from unifier.profiles.store.layout import CLEAR_BYTES, HOMES, LIVE

DICTIONARY_BYTES = 16_384
AT_ONCE = 1_000


def main(argv: Sequence[str] | None = None) -> int:
    """Writes the dictionary."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--people", type=int, default=1_000)
    parser.add_argument("--days", type=float, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--bytes", type=int, default=DICTIONARY_BYTES)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args(argv)
    with (
        redis_server(appendonly="no") as server,
        asyncio.Runner(loop_factory=EventLoop) as runner,
    ):
        samples = runner.run(_components(server.url, args))
    args.out.write_bytes(train_dictionary(args.bytes, list(samples)).as_bytes())
    print(f"{len(samples)} components, {sum(map(len, samples)) // len(samples)} bytes each", file=sys.stderr)
    return 0


async def _components(url: str, args: argparse.Namespace) -> Sequence[bytes | bytearray | memoryview]:
    """What is compressed of each component."""
    now_ms = int(time.time() * 1000)
    async with feeding(url, rules_for(args.people), now_ms) as feed:
        messages = simulate(args.people, args.days, args.seed, now_ms)
        while some := list(islice(messages, AT_ONCE)):
            await feed.take(some)
        redis: Any = feed.store.redis
        cids = [key[-12:] async for key in redis.scan_iter(match=HOMES, count=AT_ONCE)]
        values = await feed.store.homes(cids)
    return [value[CLEAR_BYTES:] for value in values if value is not None and value[:1] == LIVE]


if __name__ == "__main__":
    sys.exit(main())
