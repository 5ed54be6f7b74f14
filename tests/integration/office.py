"""A privacy desk in this process."""

from typing import Any

import redis.asyncio

from tests.integration.in_process import END_MS, RULES, Feed, feed
from unifier.devstack.simulate import Message
from unifier.profiles.ids import Keys
from unifier.profiles.store import Store
from unifier.serving.export import Exporter
from unifier.serving.privacy import PrivacyDesk
from unifier.serving.reader import StoreReader

KEYS = Keys("s")
NOW = END_MS + 10**12  # the desk's clock is that of the machine


class Office:
    """A desk whose commands go straight to a pipeline."""

    def __init__(self, client: redis.asyncio.Redis) -> None:
        self.published: list[bytes] = []
        self.into: Feed = feed(client, clock=lambda: NOW)
        self.into.timestamp = NOW
        store = Store(client, 16)
        self.reader = StoreReader(store, KEYS, RULES, "DE")
        exporter = Exporter(store, self.reader, KEYS, RULES)
        self.desk = PrivacyDesk(client, self._publish, exporter, KEYS, RULES, "DE")

    async def _publish(self, key: bytes, value: bytes) -> None:
        self.published.append(value)
        await self.into.give([Message("control", key, value, END_MS, None)])

    async def ask(self, kind: Any, **identifiers: str) -> dict[str, Any]:
        """Ask, and give the state of the request."""
        request_id = await self.desk.request(kind, identifiers, "file 7", "olga")
        state = await self.desk.state(request_id, "olga")
        assert state is not None
        return state
