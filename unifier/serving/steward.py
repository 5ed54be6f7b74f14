"""A steward's word: into the audit trail, then onto `unifier.control`, where the stream carries it out."""

from collections.abc import Awaitable, Callable
from typing import Literal
from uuid import uuid4

import orjson
from pydantic import BaseModel
from redis.asyncio import Redis

from unifier.serving import audit
from unifier.serving.models import StewardRequest

Publish = Callable[[bytes, bytes], Awaitable[None]]
"""(key, value) → when it returns, all replicas of the control topic have it. Raises NotPublishedError."""

Word = Literal["link", "separate", "unsure"]


class Decided(BaseModel):
    """What a decision about a review task is about."""

    review: str
    sides: tuple[tuple[str, ...], tuple[str, ...]]  # hex fragment ids
    reason: str


Say = Callable[[Word, StewardRequest | Decided, str], Awaitable[str]]
"""`Steward.say`"""


class NotPublishedError(Exception):
    """The brokers did not confirm a command; whether they have it is unknown."""


class Steward:
    """Takes steward commands in."""

    def __init__(self, redis: Redis, publish: Publish) -> None:
        self._redis = redis
        self._publish = publish

    async def say(self, command: Word, request: StewardRequest | Decided, by: str) -> str:
        """Record and publish; gives the command id. Raises RedisError, NotPublishedError."""
        command_id = uuid4().hex
        on = request.model_dump(exclude={"reason"}, exclude_none=True)
        at = await audit.record(self._redis, by, command, on, command_id)
        message = {"command": command, "command_id": command_id, "by": by, "reason": request.reason, "at": at}
        await self._publish(command_id.encode(), orjson.dumps(message | on))
        return command_id
