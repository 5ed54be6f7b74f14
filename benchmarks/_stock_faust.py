"""The peer of the drain benchmark: a stock Faust worker whose agents get each message parsed, and no more.

Faust as it comes, without its web server; offsets are committed as often as by our worker. Run by `drain.py`
as a process of its own: `python -m benchmarks._stock_faust GROUP FOLDER LOOP`, settings in the environment.
"""

import sys
from typing import Any

import faust

from unifier.settings import load_settings
from unifier.streams.app import COMMIT_INTERVAL_S

KINDS = ("online", "pos", "crm")


def create_app(group: str, folder: str) -> faust.App:
    """An app with one agent for each topic."""
    settings = load_settings()
    app = faust.App(
        group,
        env={},
        broker=f"kafka://{settings.kafka}",
        datadir=folder,
        broker_commit_interval=COMMIT_INTERVAL_S,
        consumer_auto_offset_reset="earliest",
        topic_disable_leader=True,
        topic_allow_declare=False,
        value_serializer="json",
        key_serializer="raw",
    )
    for kind in KINDS:
        app.agent(app.topic(settings.topic(kind), key_type=bytes), name=kind)(_decoded)
    return app


async def _decoded(stream: faust.StreamT[dict[str, Any]]) -> None:
    async for _ in stream:
        pass  # Faust has parsed it


if __name__ == "__main__":
    _, group, folder, loop = sys.argv
    app = create_app(group, folder)
    sys.argv = ["stock_faust", "--loop", loop, "worker", "--without-web", "--loglevel", "warn"]
    app.main()
