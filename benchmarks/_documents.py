"""The peer of `unifier bench growth`: a JSON document for each browser, read, changed and written back.

It works in batches like ours. It is what is built where nobody asks who is who: no index, no identities, no
journey, no outbox.
"""

from collections.abc import Sequence
from typing import Any

import orjson
from redis.asyncio import Redis

BATCH = 2_000
TOUCHES = 20


class Documents:
    """Documents by cookie."""

    def __init__(self, redis: Redis) -> None:
        self._redis: Any = redis

    async def give(self, values: Sequence[bytes]) -> None:
        """Take messages in, in batches as large as those of a worker."""
        for start in range(0, len(values), BATCH):
            events = [orjson.loads(value) for value in values[start : start + BATCH]]
            keys = list(dict.fromkeys(f"document:{event.get('anonymousId')}" for event in events))
            found = zip(keys, await self._redis.mget(keys), strict=True)
            documents = {key: orjson.loads(stored) if stored else _empty() for key, stored in found}
            for event in events:
                _apply(documents[f"document:{event.get('anonymousId')}"], event)
            await self._redis.mset({key: orjson.dumps(told) for key, told in documents.items()})


def _empty() -> dict[str, Any]:
    return {"ids": {}, "traits": {}, "counts": {}, "touches": []}


def _apply(document: dict[str, Any], event: dict[str, Any]) -> None:
    for name in ("anonymousId", "userId"):
        if name in event:
            document["ids"][name] = event[name]
    document["traits"] |= event.get("traits", {})
    name = event.get("event") or event.get("name") or event["type"]
    document["counts"][name] = document["counts"].get(name, 0) + 1
    document["touches"] = [[event["timestamp"], name], *document["touches"][: TOUCHES - 1]]
