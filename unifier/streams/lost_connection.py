"""What aiokafka lacks on uvloop: a write to a connection that has just broken is an error of that connection.

asyncio's transports take such a write in silence. uvloop's raise RuntimeError, which aiokafka 0.14 does not
expect (its issue 1038, open since 2024): the task that keeps its picture of the cluster ends, and whoever
waits for that picture waits for ever: a relay while it publishes, a consumer while it looks for its group.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

import aiokafka.conn
from aiokafka.errors import KafkaConnectionError


class Connection(aiokafka.conn.AIOKafkaConnection):  # type: ignore[misc]
    """aiokafka's connection to one broker."""

    def send(self, request: Any, expect_response: bool = True) -> Any:
        """The answer, to be awaited. Raises KafkaConnectionError."""
        with self._broken_when_it_does_not_take():
            return super().send(request, expect_response)

    def _send_sasl_token(self, payload: bytes, expect_response: bool = True) -> Any:
        with self._broken_when_it_does_not_take():
            return super()._send_sasl_token(payload, expect_response)

    @contextlib.contextmanager
    def _broken_when_it_does_not_take(self) -> Iterator[None]:
        try:
            yield
        except RuntimeError as error:
            self.close(reason=aiokafka.conn.CloseReason.CONNECTION_BROKEN)
            raise KafkaConnectionError(f"Connection at {self._host}:{self._port} broken") from error


def expect_lost_connections() -> None:
    """Have aiokafka's clients of this process use it from now on."""
    aiokafka.conn.AIOKafkaConnection = Connection
