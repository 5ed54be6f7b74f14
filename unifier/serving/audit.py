"""The audit trail: every steward and privacy call, appended to a stream in Redis. No personal data."""

import time
from collections.abc import Mapping
from typing import Any

import orjson
from redis.asyncio import Redis

from unifier.events.form import time_text

AUDIT = "u:audit"  # Redis stream: at, who, what, on, command_id
AUDIT_OF_READING = "u:audit:reads"  # the same of calls that only look: however many, they push no word out
AUDIT_MAX = 1_000_000


async def record(
    redis: Redis, who: str, what: str, on: Mapping[str, Any], command_id: str, trail: str = AUDIT
) -> str:
    """Append a call; gives its time. Raises RedisError."""
    at = time_text(int(time.time() * 1000))
    await redis.xadd(
        trail,
        {"at": at, "who": who, "what": what, "on": orjson.dumps(on), "command_id": command_id},
        maxlen=AUDIT_MAX,
        approximate=True,
    )
    return at
