"""Records that could not be read, published with the reason, before their batch is acknowledged."""

import asyncio
import base64
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import orjson
from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from unifier import metrics
from unifier.events.errors import Unreadable
from unifier.events.letter import dead_letter_message
from unifier.events.outbound import DEAD_LETTER
from unifier.profiles.store import Seal, SealError
from unifier.profiles.store.seal import NO_KEY
from unifier.streams.agents import Record
from unifier.streams.publisher import REFUSED, Message, Publisher

log = logging.getLogger(__name__)

# A dead letter must fit into the broker's limit of 1 MiB, whatever the record was: Base64 makes it a third
# larger. What is cut off is still on the input topic, at the position that the dead letter names.
VALUE_MOST = 256 * 1024
KEY_MOST = 16 * 1024
HEADERS_MOST = 64 * 1024  # as they are written in the letter
HEADER_ROOM = 100  # bytes that a header takes beside its name and value: names of fields, seal, padding
RETRY_S = 1.0


@dataclass(slots=True, frozen=True)
class DeadLetter:
    """A record and why it could not be read."""

    topic: str
    partition: int
    record: Record
    error: Unreadable


class DeadLetters:
    """Publishes dead letters; a repeated one is the same message under the same key, but for its seal."""

    def __init__(self, publisher: Publisher, seal: Seal | None = None) -> None:
        self._publisher = publisher
        self._seal = seal or Seal()

    async def publish(self, letters: Sequence[DeadLetter]) -> None:
        """Return when the broker has all of them; waits while it is away or refuses them: another worker
        could do no better.
        """
        messages = [message_of(letter, self._seal) for letter in letters]
        while (error := await self._refused(messages)) is not None:
            log.warning("dead letters: %s; trying again", type(error).__name__)
            if isinstance(error, MessageSizeTooLargeError):
                # Each by itself: those that the broker takes would be published again with every try.
                messages = [message for message in messages if await self._refused([message]) is not None]
            await asyncio.sleep(RETRY_S)
        for letter in letters:
            metrics.dead_letters_total.labels(letter.topic, letter.error.reason).inc()

    async def _refused(self, messages: list[Message]) -> KafkaError | None:
        """Why the broker has not all of them yet. Raises what neither time nor an operator mends."""
        try:
            await self._publisher.publish(messages)
        except KafkaError as error:
            if not (error.retriable or isinstance(error, REFUSED)):
                raise
            return error
        return None


def message_of(letter: DeadLetter, seal: Seal) -> Message:
    """The dead letter of a record, bounded in size."""
    record = letter.record
    value, key = record.value or b"", record.key
    fit = sum(map(_room, record.headers)) <= HEADERS_MOST
    message = dead_letter_message(
        letter.error,
        letter.topic,
        letter.partition,
        record.offset,
        record.timestamp,
        seal.close(value[:VALUE_MOST]),
        None if key is None else seal.close(key[:KEY_MOST]),
        [(name, seal.close(told or b"")) for name, told in record.headers] if fit else (),
        sealed=seal.name != NO_KEY,
        complete=fit and len(value) <= VALUE_MOST and len(key or b"") <= KEY_MOST,
    )
    position = f"{letter.topic}-{letter.partition}-{record.offset}"
    return Message("dead-letters", position.encode(), message)


def _room(header: tuple[str, bytes | None]) -> int:
    """What a header takes in the letter, at most: a control character of a name is written as six."""
    name, value = header
    return HEADER_ROOM + len(orjson.dumps(name)) + 2 * len(value or b"")


class Kept(NamedTuple):
    """What a dead letter keeps of its record."""

    reason: str
    topic: str
    partition: int
    position: str  # of the record: topic-partition-offset
    value: bytes
    key: bytes | None
    headers: list[tuple[str, bytes]]
    complete: bool
    sealed: bool = False  # with a key that is not given: there are no value, key and headers


_ERASED = b'"payload_encoding":"erased"'


def of_record(message: bytes, seal: Seal) -> bytes | None:
    """What a message of the dead-letter topic holds of its record, as JSON, and nothing else: numbers of its
    own are nobody's account. All of what is no dead letter. None: it is sealed, and nobody here can open it.
    """
    if (kept := kept_in(message, seal)) is None:
        return message
    if kept.sealed:
        return None
    told = {
        "payload": base64.b64encode(kept.value).decode(),
        "key": None if kept.key is None else base64.b64encode(kept.key).decode(),
        "headers": [
            {"name": name, "value": base64.b64encode(value).decode()} for name, value in kept.headers
        ],
    }
    return orjson.dumps(told)


def is_settled(message: bytes | None) -> bool:
    """A tombstone, or what is left of a letter of somebody who was erased: nothing is to be put back."""
    return message is None or _ERASED in message


def kept_in(message: bytes, seal: Seal) -> Kept | None:
    """What a message on the dead-letter topic keeps; None if it is no dead letter."""
    try:
        envelope = orjson.loads(message)
        if envelope["type"] != DEAD_LETTER:
            return None
        data = envelope["data"]
        sealed = data["payload_encoding"] == "sealed"

        def told(text: str) -> bytes:
            value = base64.b64decode(text, validate=True)
            return seal.open(value) if sealed else value

        source = data["source"]
        place = source["topic"], source["partition"]
        position = f"{source['topic']}-{source['partition']}-{source['offset']}"
        try:
            return Kept(
                data["reason"],
                *place,
                position,
                told(data["payload"]),
                None if data["key"] is None else told(data["key"]),
                [(header["name"], told(header["value"])) for header in data["headers"]],
                data.get("complete", True),
            )
        except SealError:
            return Kept(data["reason"], *place, position, b"", None, [], complete=False, sealed=True)
    except (KeyError, TypeError, ValueError):
        return None
