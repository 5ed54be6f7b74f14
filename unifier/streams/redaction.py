"""What the dead letters keep of somebody who was erased is taken out of them.

A dead letter has its position as key, and the topic is compacted: a letter that holds one of the identifiers
is replaced by the same without the record, and the broker forgets the one before. The worker that holds
partition 0 of the control topic does it; whoever comes after a crash begins again with what is still listed.
"""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

import orjson

from unifier import metrics
from unifier.events.form import json_bytes
from unifier.profiles.ids import Keys
from unifier.profiles.store import seal_of
from unifier.profiles.store.requests import Requests
from unifier.profiles.traces import Traces
from unifier.settings import Settings
from unifier.streams.chore import Chore
from unifier.streams.dead_letters import of_record
from unifier.streams.look_in_topics import records_of
from unifier.streams.publisher import Message, Publisher

log = logging.getLogger(__name__)

RETRY_S = 10.0
TOPIC = "dead-letters"


class Redaction(Chore):
    """Takes the records of the erased out of the dead letters."""

    name = "redaction"
    away_s = retry_s = RETRY_S

    def __init__(self, settings: Settings, requests: Requests, publisher: Publisher) -> None:
        super().__init__()
        self._settings = settings
        self._requests = requests
        self._publisher = publisher
        self._keys = Keys(settings.secret)
        self._seal = seal_of(settings)

    async def look(self) -> bool:
        """Look the dead letters through for the requests that wait for it."""
        if request_ids := await self._requests.unredacted():
            await self._redact(request_ids)
        return True

    async def _redact(self, request_ids: Sequence[str]) -> None:
        about = [await self._requests.about(request_id) for request_id in request_ids]
        hashes = [one for told in about for one in told.get("hashes", "").split()]
        await self.redact(Traces(hashes, self._keys, self._settings.country))
        for request_id in request_ids:
            await self._requests.redacted(request_id)

    async def redact(self, traces: Traces) -> int:
        """Replace the letters that hold one of the identifiers; gives how many."""
        found: dict[bytes, Message] = {}
        unopened = set[bytes]()
        async for record in records_of(self._settings, [self._settings.topic(TOPIC)]):
            key, value = record.key or b"", record.value
            found.pop(key, None)  # a later letter of the record stands for it
            unopened.discard(key)
            if value is None:
                continue
            if (letter := of_record(value, self._seal)) is None:
                unopened.add(key)
                continue
            # Beside the events: a record full of numbers, each of which may be a telephone, takes seconds.
            if await asyncio.to_thread(traces.in_record, letter):
                found[key] = Message(TOPIC, key, without_record(value))
        if unopened:
            metrics.dead_letters_unopened_total.inc(len(unopened))
            log.warning(
                "redaction: %d dead letters are sealed with keys that UNIFIER_DATA_KEY lacks: give those "
                "that are not lost, and ask for the erasure again",
                len(unopened),
            )
        if found:
            await self._publisher.publish(list(found.values()))
            metrics.dead_letters_redacted_total.inc(len(found))
        return len(found)


def without_record(letter: bytes) -> bytes | None:
    """A dead letter with reason and position alone; a tombstone for what is none."""
    try:
        message: dict[str, Any] = orjson.loads(letter)
        message["data"] |= {"payload": "", "payload_encoding": "erased", "key": None, "headers": []}
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return None
    return json_bytes(message)
