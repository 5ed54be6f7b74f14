"""A relay in this process, and the wait until it has published everything."""

import asyncio
from collections.abc import Sequence

import redis.asyncio

from tests.integration.in_process import Feed
from tests.waiting import eventually
from unifier.profiles.store import JourneyCounts
from unifier.settings import Settings
from unifier.streams.relay import Relay


def relay_of(settings: Settings, into: Feed, groups: int) -> Relay:
    async def no_timers(_: Sequence[bytes]) -> None:
        """The clock of these tests stands still: each timer would be written, and told, again and again."""

    return Relay(
        settings,
        into.pipeline.store,
        groups,
        into.pipeline.snapshots,
        no_timers,
        JourneyCounts(into.pipeline.store.redis),
    )


async def emptied(settings: Settings) -> None:
    """Wait until nothing is left to publish."""

    def nothing_waits() -> bool:
        with redis.Redis.from_url(settings.redis) as other:
            waiting = sum(other.xlen(key) for key in other.scan_iter(match="*:out"))
            return not waiting and not any(other.scan_iter(match="*:dirty"))

    await asyncio.to_thread(eventually, nothing_waits)
