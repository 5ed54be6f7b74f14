"""A connection that breaks just before the next request is one to be made again, on either event loop."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import uvloop
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaConnectionError
from aiokafka.protocol.metadata import MetadataRequest

from tests.conftest import SettingsFactory
from unifier.settings import Settings
from unifier.streams.kafka_config import aiokafka_config


async def _ask(connection: Any) -> object:
    return await connection.send(MetadataRequest([]))


async def _ask_on_a_lost_connection(settings: Settings) -> None:
    client = AIOKafkaClient(**aiokafka_config(settings))
    await client.bootstrap()
    try:
        node = client.get_random_node()
        assert await client.ready(node)
        (connection,) = client._conns.values()
        connection._writer.transport.abort()
        answers = []
        while connection.connected():  # aiokafka hears of the loss some rounds of the event loop later
            answers.append(asyncio.ensure_future(_ask(connection)))
            await asyncio.sleep(0)
        for answer in answers:
            with pytest.raises(KafkaConnectionError):
                await answer
        assert await client.send(node, MetadataRequest([]))
    finally:
        await client.close()


@pytest.mark.parametrize(
    "new_loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"]
)
def test_a_request_on_a_lost_connection_says_so(
    settings: SettingsFactory, new_loop: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(asyncio.wait_for(_ask_on_a_lost_connection(settings()), 30))
