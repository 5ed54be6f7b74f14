"""Publishes steward commands; connects to the brokers at the first one, since reading needs none."""

import asyncio
from contextlib import suppress

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from unifier.serving.steward import NotPublishedError
from unifier.settings import Settings
from unifier.streams.kafka_config import aiokafka_config

TIMEOUT_S = 10.0  # a person waits for the answer
CLOSE_S = 2.0  # without a broker aiokafka would never end


class Publisher:
    """A producer for the control topic."""

    def __init__(self, settings: Settings) -> None:
        """Raises SettingsError."""
        self._topic = settings.topic("control")
        self._config = aiokafka_config(settings)
        self._producer: AIOKafkaProducer | None = None
        self._starting = asyncio.Lock()

    async def publish(self, key: bytes, value: bytes) -> None:
        """Returns when all replicas have it. Raises NotPublishedError."""
        try:
            async with asyncio.timeout(TIMEOUT_S):
                producer = await self._started()
                await producer.send_and_wait(self._topic, value, key)
        except (KafkaError, TimeoutError) as error:
            raise NotPublishedError(type(error).__name__) from error

    async def close(self) -> None:
        """Leave the brokers. What they have not confirmed is given up: who said it was told to repeat it."""
        if self._producer is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_S):
                    await self._producer.stop()

    async def _started(self) -> AIOKafkaProducer:
        async with self._starting:
            if self._producer is None:
                # Not idempotent: after a message that a broker refused, aiokafka is refused all that come
                # later on its partition. A command that comes twice counts once, by its id.
                producer = AIOKafkaProducer(**self._config, acks="all")
                try:
                    await producer.start()
                except BaseException:  # cancelled by the timeout too: a half-started producer holds sockets
                    await producer.stop()
                    raise
                self._producer = producer
            return self._producer
