"""A worker process that writes down what it gets: `python recording_worker.py FILE [--fail-on WORD] ...`.

The settings are in the environment. The file gets a line of JSON for each chunk when its work begins
("begin") and when it is done ("done"), each time the control partitions change ("own"), and at the end.
"""

import argparse
import asyncio
import json
import sys
from pathlib import Path
from typing import TextIO

from unifier.settings import load_settings
from unifier.streams.agents import Chunk
from unifier.streams.process import launch, serve


class RecordingPipeline:
    """Takes `pause_s` for each chunk, and breaks on a value that contains `fail_on`."""

    def __init__(self, out: TextIO, pause_s: float, fail_on: bytes) -> None:
        self._out = out
        self._pause_s = pause_s
        self._fail_on = fail_on

    async def ready(self) -> bool:
        return True

    async def own(self, groups: set[int]) -> None:
        self.note("own", groups=sorted(groups))

    async def read(self, chunk: Chunk) -> Chunk:
        return chunk

    async def process(self, *chunks: Chunk) -> None:
        for chunk in chunks:
            await self._process(chunk)

    async def _process(self, chunk: Chunk) -> None:
        values = [(record.value or b"").decode() for record in chunk.records]
        self.note("begin", topic=chunk.topic, partition=chunk.partition, values=values)
        await asyncio.sleep(self._pause_s)
        if self._fail_on and any(self._fail_on in (record.value or b"") for record in chunk.records):
            raise RuntimeError("a value that this pipeline was told to break on")
        self.note("done", topic=chunk.topic, partition=chunk.partition, values=values)

    def note(self, what: str, **rest: object) -> None:
        self._out.write(json.dumps({"what": what, **rest}) + "\n")
        self._out.flush()


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("file", type=Path)
    parser.add_argument("--pause", type=float, default=0.0)
    parser.add_argument("--fail-on", default="")
    parser.add_argument("--http-port", type=int)
    args = parser.parse_args()
    with args.file.open("a") as out:
        pipeline = RecordingPipeline(out, args.pause, args.fail_on.encode())
        settings = load_settings()
        http = None if args.http_port is None else ("127.0.0.1", args.http_port)
        work = serve(settings, pipeline, pipeline.own, http=http, session_s=6.0)
        return launch(settings, work)


if __name__ == "__main__":
    sys.exit(main())
