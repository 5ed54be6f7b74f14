"""By what a Redis is filled, and must be for good: layout of what is stored, shards, secret, topics.

With another secret or other shards nobody who is stored would be found again: everybody would become a
second profile, and an erasure would find nobody. What came from the topics of another installation would
be told on these. The first worker stamps a Redis; whoever comes with something else is turned away.
"""

from typing import Any, cast

import orjson
from redis.asyncio import Redis

from unifier.profiles.ids import Keys
from unifier.profiles.store.layout import STAMP
from unifier.settings import Settings, SettingsError

LAYOUT = 1
"""Raised with every change of how something is stored that what was stored before does not fit."""


class StampError(SettingsError):
    """The Redis is filled by something else; the message is one line that names the mend."""


async def put(redis: Redis, settings: Settings) -> None:
    """Stamp a Redis that has no stamp. Raises StampError as `check` does."""
    await redis.set(STAMP, orjson.dumps(_own(settings)), nx=True)
    await check(redis, settings)


async def check(redis: Redis, settings: Settings) -> None:
    """Raises StampError when the Redis is filled by something else; without a stamp it is taken as it is."""
    refuse(cast("bytes | None", await redis.get(STAMP)), settings)


def refuse(stamp: bytes | None, settings: Settings) -> None:
    """The same of a stamp that was read."""
    if words := otherwise(stamp, settings):
        raise StampError(words)


def otherwise(stamp: bytes | None, settings: Settings) -> str:
    """What the settings lack to fit a stamp, as a line that names the mend; "" if nothing.

    Who needs no secret has none.
    """
    own = _own(settings)
    there: dict[str, Any] = own if stamp is None else own | orjson.loads(stamp)
    if there["layout"] != own["layout"]:
        return (
            f"UNIFIER_REDIS: filled by a version that stores things otherwise (layout {there['layout']}, not "
            f"{own['layout']}): run that version, or rebuild as docs/durability.md says"
        )
    if there["shards"] != own["shards"]:
        return f"UNIFIER_SHARDS: is {own['shards']}, but what is stored has {there['shards']}: set that"
    if there["topics"] != own["topics"]:
        return (
            f"UNIFIER_TOPIC_PREFIX: is {own['topics']}, but what is stored came from topics of "
            f"{there['topics']}: set that, or give this installation a Redis of its own"
        )
    if settings.secret and there["secret"] != own["secret"]:
        return (
            "UNIFIER_SECRET: what is stored was found by another, and would not be found by this one: give "
            "the secret that all workers had"
        )
    return ""


def _own(settings: Settings) -> dict[str, Any]:
    secret = Keys(settings.secret).short("stamp").hex() if settings.secret else ""
    topics = settings.topic_prefix
    return {"layout": LAYOUT, "shards": settings.shards, "secret": secret, "topics": topics}
