"""Background work of which one worker is enough: the one that holds partition 0 of the control topic."""

import asyncio
import logging
from abc import ABC, abstractmethod

from aiokafka.errors import KafkaError
from prometheus_client import Gauge
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

LOOK_S = 1.0
RETRY_S = 30.0  # before what could not be done is tried again
CANCEL_AGAIN_S = 0.1


class Chore(ABC):
    """Runs while this worker has group 0."""

    name: str
    look_s: float = LOOK_S  # from one look to the next
    away_s: float = LOOK_S  # before Redis or Kafka, which were away, are looked for again
    retry_s: float = RETRY_S
    gauge: Gauge | None = None  # what it tells: nothing, once it is another worker's to tell

    def __init__(self) -> None:
        self._task: asyncio.Task[None] | None = None

    async def own(self, groups: set[int]) -> None:
        """Told which partitions of the control topic this worker has."""
        if 0 in groups and self._task is None:
            self._task = asyncio.create_task(self._keep(), name=self.name)
        elif 0 not in groups and self._task is not None:
            # A cancellation that meets the end of a wait can be lost (asyncio.wait_for before 3.12), and the
            # group cannot go on before this returns: said again until it is heard.
            while not self._task.done():
                self._task.cancel()
                await asyncio.wait([self._task], timeout=CANCEL_AGAIN_S)
            self._task = None
            if self.gauge is not None:
                self.gauge.set(0)

    @abstractmethod
    async def look(self) -> bool:
        """Do what is due. False when some of it could not be done. Raises RedisError, KafkaError."""

    async def _keep(self) -> None:
        while True:
            pause = self.look_s
            try:
                if not await self.look():
                    pause = self.retry_s
            except RedisError as error:
                log.warning("%s: Redis: %s; trying again", self.name, type(error).__name__)
                pause = self.away_s
            except (KafkaError, OSError) as error:
                log.warning("%s: %s; trying again", self.name, type(error).__name__)
                pause = self.away_s
            except Exception as error:  # what is stored must not wait for a restart
                log.error("%s: %s; trying again", self.name, type(error).__name__)
                pause = self.retry_s
            await asyncio.sleep(pause)
