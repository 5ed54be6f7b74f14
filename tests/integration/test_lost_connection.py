"""A connection that breaks just before a request is made again, to the broker and to Redis."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaConnectionError
from aiokafka.protocol.metadata import MetadataRequest
from redis.exceptions import ConnectionError as RedisConnectionError

from tests.conftest import SettingsFactory
from unifier.event_loop import EventLoop
from unifier.profiles.store.clients import connect
from unifier.settings import Settings
from unifier.streams.kafka_config import aiokafka_config

PATIENCE_S = 30.0


def run(test: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=EventLoop) as runner:
        runner.run(asyncio.wait_for(test, PATIENCE_S))


def test_the_broker_is_asked_again(settings: SettingsFactory) -> None:
    run(_ask_the_broker(settings()))


async def _ask_the_broker(settings: Settings) -> None:
    client = AIOKafkaClient(**aiokafka_config(settings))
    await client.bootstrap()
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
    await client.close()


async def _ask(connection: Any) -> object:
    return await connection.send(MetadataRequest([]))


def test_redis_is_asked_again(redis_url: str) -> None:
    run(_ask_redis(redis_url))


async def _ask_redis(url: str) -> None:
    client = connect(url)
    pool: Any = client.connection_pool
    connection = await pool.get_connection()
    connection._writer.transport.abort()
    await asyncio.sleep(0)
    with pytest.raises(RedisConnectionError):
        await connection.send_command("PING", check_health=False)
    await pool.release(connection)
    assert await client.ping()
    await client.aclose()
