"""The phase told of a profile is, at any instant, that of its events by the simulation's own reading."""

import redis.asyncio

from benchmarks.phases import CAUSES, Look, looked_at


def differing(looks: list[Look]) -> list[Look]:
    return [look for look in looks if look.told != look.of_its_events]


async def test_phases_told_are_the_true_ones(client: redis.asyncio.Redis, redis_url: str) -> None:
    looks = await looked_at(redis_url, people=30, days=25, seed=4, instants=12)
    assert differing(looks) == []
    assert {look.cause for look in looks} <= {"", *CAUSES[:-1]}
    for known in (True, False):
        some = [look for look in looks if look.known == known]
        assert len(some) > 100
        assert any(look.cause == "" for look in some), "and some are what the person is"
    assert len({look.told for look in looks}) >= 6
