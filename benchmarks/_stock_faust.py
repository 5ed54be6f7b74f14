"""The peer of the workers: a stock Faust worker whose agents get each message parsed, and no more.

Faust as it comes, without its web server; offsets are committed as often as by our worker. With a topic ON
its agents send every tenth message on to it. A process of its own, settings in the environment:
`python -m benchmarks._stock_faust GROUP FOLDER LOOP ON`.
"""

import sys
from typing import Any

import faust

from unifier.settings import load_settings
from unifier.streams.app import COMMIT_INTERVAL_S

KINDS = ("online", "pos", "crm")
ONE_IN = 10  # messages that are sent on: `send` costs it up to a millisecond


def create_app(group: str, folder: str, on: str) -> faust.App:
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
        topic = app.topic(settings.topic(kind), key_type=bytes)
        app.agent(topic, name=kind)(_sent_on(app.topic(on)) if on else _decoded)
    return app


async def _decoded(stream: faust.StreamT[dict[str, Any]]) -> None:
    async for _ in stream:
        pass  # Faust has parsed it


def _sent_on(topic: faust.TopicT) -> Any:
    async def work(stream: faust.StreamT[dict[str, Any]]) -> None:
        number = 0
        async for event in stream.events():
            number += 1
            if number % ONE_IN == 0:
                await topic.send(key=event.key, value=event.value)

    return work


if __name__ == "__main__":
    _, group, folder, loop, on = sys.argv
    app = create_app(group, folder, on)
    sys.argv = ["stock_faust", "--loop", loop, "worker", "--without-web", "--loglevel", "warn"]
    app.main()
