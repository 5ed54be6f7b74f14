"""What is begun and not awaited yet is at Redis all the same, while the event loop is held up."""

import asyncio
from time import monotonic

from redis import Redis

from unifier.event_loop import EventLoop
from unifier.profiles.store import connect, sent

GIVE_UP_S = 10.0


def test_redis_has_a_command_while_the_worker_works_on(redis_url: str) -> None:
    with asyncio.Runner(loop_factory=EventLoop) as runner:
        runner.run(_begin_and_work_on(redis_url))


async def _begin_and_work_on(url: str) -> None:
    client = connect(url)
    await client.ping()  # the connection is there
    writing = asyncio.ensure_future(client.set("under-way", bytes(100_000)))
    await sent()
    with Redis.from_url(url) as other:  # it blocks: from here on the loop does nothing
        deadline = monotonic() + GIVE_UP_S
        while not (there := other.exists("under-way")) and monotonic() < deadline:
            pass
        other.delete("under-way")
    await writing
    await client.aclose()
    assert there
