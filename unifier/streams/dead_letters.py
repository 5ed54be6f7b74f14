"""Records that could not be read, published with the reason, before their batch is acknowledged."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from aiokafka.errors import KafkaError

from unifier import metrics
from unifier.events.errors import Unreadable
from unifier.events.outbound import dead_letter_message
from unifier.streams.agents import Record
from unifier.streams.publisher import Message, Publisher

log = logging.getLogger(__name__)

# A dead letter must fit into the broker's limit of 1 MiB, whatever the record was: Base64 makes it a third
# larger. What is cut off is still on the input topic, at the position that the dead letter names.
VALUE_MOST = 256 * 1024
KEY_MOST = 16 * 1024
HEADERS_MOST = 64 * 1024
RETRY_S = 1.0


@dataclass(slots=True, frozen=True)
class DeadLetter:
    """A record and why it could not be read."""

    topic: str
    partition: int
    record: Record
    error: Unreadable


class DeadLetters:
    """Publishes dead letters; a repeated one is the same message under the same key."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher

    async def publish(self, letters: Sequence[DeadLetter]) -> None:
        """Return when the broker has all of them; waits while it is away."""
        messages = [message_of(letter) for letter in letters]
        while True:
            try:
                await self._publisher.publish(messages)
                break
            except KafkaError as error:
                if not error.retriable:
                    raise
                log.warning("dead letters: %s; trying again", type(error).__name__)
                await asyncio.sleep(RETRY_S)
        for letter in letters:
            metrics.dead_letters_total.labels(letter.topic, letter.error.reason).inc()


def message_of(letter: DeadLetter) -> Message:
    """The dead letter of a record, bounded in size; made twice it is the same."""
    record = letter.record
    fit = sum(len(name) + len(value or b"") for name, value in record.headers) <= HEADERS_MOST
    value = dead_letter_message(
        letter.error,
        letter.topic,
        letter.partition,
        record.offset,
        record.timestamp,
        (record.value or b"")[:VALUE_MOST],
        None if record.key is None else record.key[:KEY_MOST],
        record.headers if fit else (),
    )
    position = f"{letter.topic}-{letter.partition}-{record.offset}"
    return Message("dead-letters", position.encode(), value)
