"""How many people are known, as a sample of what is stored tells: for `unifier doctor`."""

from itertools import islice
from typing import Any

import redis

from unifier.profiles.component import Component
from unifier.profiles.store.clients import connect_plainly, masters_of
from unifier.profiles.store.layout import HEAD_BYTES, LIVE
from unifier.profiles.store.seal import Seal, seal_of
from unifier.profiles.store.wrapping import unwrap
from unifier.profiles.view import is_known
from unifier.rules import Rules
from unifier.settings import Settings

SAMPLE = 5_000
"""Keys that are looked at, of each master."""
_AT_ONCE = 1_000


def people_known(settings: Settings, rules: Rules, timeout_s: float) -> int:
    """Profiles with a name or an identifier that persons have, about. Raises RedisError and SealError."""
    seal = seal_of(settings)
    with connect_plainly(
        settings.redis, socket_timeout=timeout_s, socket_connect_timeout=timeout_s
    ) as client:
        return round(sum(_known_on(master, seal, rules) for master in masters_of(client).values()))


def _known_on(master: "redis.Redis", seal: Seal, rules: Rules) -> float:
    """On one server, reckoned up from the first keys of a walk, which comes by them in no order of theirs."""
    keys = list(islice(master.scan_iter(count=_AT_ONCE), SAMPLE))
    with master.pipeline(transaction=False) as pipe:
        for key in keys:
            if key.partition(b"}")[2].startswith(b":c:"):
                pipe.get(key)
        values = pipe.execute()
    known = 0
    for value in values:
        if value is not None and value[:1] == LIVE:
            component = Component.unpack(b"", unwrap(value, seal)[HEAD_BYTES:])
            known += sum(
                is_known(component.fragments(record.members), rules) for record in component.records.values()
            )
    size: Any = master.dbsize()
    return known if len(keys) < SAMPLE else known * size / len(keys)
