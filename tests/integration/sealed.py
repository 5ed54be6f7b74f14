"""Data keys, and what can be read in Redis without them."""

from typing import Any

import redis

from unifier.profiles.store.layout import CLEAR_BYTES, LIVE
from unifier.profiles.store.seal import MARK
from unifier.profiles.store.wrapping import unwrap

ONE, TWO = bytes(range(32)).hex(), bytes(range(1, 33)).hex()


def legible(value: Any) -> Any:
    """A component that is not sealed, as whoever steals it can read it; anything else as it is."""
    if not value or value[:1] != LIVE or value[CLEAR_BYTES : CLEAR_BYTES + 1] == MARK:
        return value
    return unwrap(value)


def stored(client: redis.Redis) -> bytes:
    """All that Redis holds, keys and values; what ends meanwhile (a lease) holds nothing."""
    read: dict[Any, Any] = {
        b"string": lambda key: legible(client.get(key)),
        b"hash": client.hgetall,
        b"stream": client.xrange,
        b"set": client.smembers,
        b"zset": lambda key: client.zrange(key, 0, -1),
        b"none": lambda _: None,
    }
    keys: list[Any] = list(client.scan_iter(count=1_000))
    return b"".join(key + repr(read[client.type(key)](key)).encode() for key in keys)
