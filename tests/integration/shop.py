"""A shop whose clock and timers go with what it is told, through the pipeline in this process."""

from typing import Any, cast

import orjson
import ormsgpack
import redis.asyncio

from tests.integration.in_process import END_MS, RULES, Feed, feed, fire
from tests.integration.in_redis import components
from unifier.devstack.simulate import Message
from unifier.devstack.simulate.message import iso
from unifier.profiles.ids import Keys
from unifier.rules import Rules
from unifier.serving.reader import Found, StoreReader
from unifier.streams.unify import Unifier

HOUR = 3_600_000
DAY = 24 * HOUR
START = END_MS - 30 * DAY
MAIL = {"email": "eva@example.org"}


class Shop:
    """Messages given to a pipeline whose clock and timers go with them; what is told of the first model."""

    def __init__(self, client: redis.asyncio.Redis, rules: Rules = RULES) -> None:
        self.now = START
        self._client = client
        self._into: Feed = feed(client, lambda intake, _: Unifier(intake, rules), clock=lambda: self.now)
        self._number = self._read = 0

    async def hear(self, hours: float, *bodies: dict[str, Any], kind: str = "online") -> list[dict[str, Any]]:
        """So many hours after the start; gives the transitions that are news, by their time."""
        self.now = START + int(hours * HOUR)
        messages = []
        for body in bodies:
            self._number += 1
            told = {"messageId": f"m{self._number}", "timestamp": iso(self.now)} | body
            topic = "control" if "command" in body else kind
            messages.append(Message(topic, b"", orjson.dumps(told), self.now, None))
        await fire(self._into, self.now)
        await self._into.give_together(messages)
        assert self._into.letters == []
        return await self._news()

    async def till(self, hours: float, customer: dict[str, str]) -> list[dict[str, Any]]:
        self._number += 1
        at = START + int(hours * HOUR)
        told: dict[str, Any] = {
            "store_id": "1", "workstation_id": "1", "business_day": iso(at)[:10], "kind": "sale",
            "sequence_number": self._number, "occurred_at": iso(at), "currency": "EUR", "total": "1.00",
        }  # fmt: skip
        return await self.hear(hours, told | {"customer": customer}, kind="pos")

    async def next_action(self, pid: str) -> Any:
        """As `GET /v1/profiles/{id}/next-action` says it."""
        found = await StoreReader(self._into.pipeline.store, Keys("s"), RULES, "DE").next_action(pid)
        assert isinstance(found, Found)
        return found.document

    async def fragments(self, pid: str) -> list[str]:
        """Those of a profile, as a steward names them."""
        [members] = [one.records[pid].members for one in await components(self._client) if pid in one.records]
        return [fid.hex() for fid in members]

    async def _news(self) -> list[dict[str, Any]]:
        told = []
        for key in await self._client.keys("{*}:out"):
            for _, entry in cast(Any, await self._client.xrange(key)):
                for topic, _, value in ormsgpack.unpackb(entry[b"e"]) if b"e" in entry else ():
                    if topic == "journey":
                        message = orjson.loads(value)
                        told.append({**message["data"], "sequence": int(message["sequence"])})
            await self._client.delete(key)
        told.sort(key=lambda each: (each["at"], each["sequence"]))
        return [each for each in told if each["model"] == "six-phase"]


def track(event: str, cookie: str, **rest: Any) -> dict[str, Any]:
    return {"type": "track", "event": event, "anonymousId": cookie, **rest}


def known(cookie: str, **rest: Any) -> dict[str, Any]:
    return {"type": "identify", "anonymousId": cookie, "traits": MAIL, **rest}


def consent(word: bool) -> dict[str, Any]:
    return {"context": {"consent": {"categoryPreferences": {"marketing_email": word}}}}
