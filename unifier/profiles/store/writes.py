"""Scripts that work off many items at once; an item is about one shard and has one reply.

One Redis takes all items in one call. On a cluster each shard has a call of its own, with the items about it.
"""

from collections.abc import Awaitable, Callable, Sequence
from itertools import chain
from typing import Any, cast

from redis.asyncio import Redis

from unifier.profiles.store.cluster import Item, as_cluster
from unifier.profiles.store.layout import SURE
from unifier.profiles.store.replication import CONFIRMED_MS, must_be_confirmed

Run = Callable[..., Awaitable[list[Any]]]
"""(items, words that come before them) → the reply to each item."""


def writing(redis: Redis, source: str, replicas: int) -> Run:
    """A function that runs a script; what it wrote is with so many replicas then. It raises RedisError.

    The first word of an item is a key.
    """
    return _running(redis, source, replicas, ())


def reading(redis: Redis, source: str) -> Run:
    """The same for a script that writes nothing: what is built on its reply, a write puts to the proof."""
    return _running(redis, source, 0, ())


def reading_surely(redis: Redis, source: str, replicas: int) -> Run:
    """The same for a script that writes nothing, but whose reply may be the end of a matter.

    A master that was deposed, and does not know yet, is not believed.
    """
    # A write that changes nothing, after all that was read: a replica that has it has that too.
    return _running(redis, source, replicas, ("SET", SURE, b""))


def _running(redis: Redis, source: str, replicas: int, last: Sequence[Any]) -> Run:
    cluster = as_cluster(redis)
    if cluster is not None:

        async def run_by_shards(items: Sequence[Item], first: Item = ()) -> list[Any]:
            return await cluster.run(source, items, first, replicas)

        return run_by_shards
    script = redis.register_script(source)

    async def run(items: Sequence[Item], first: Item = ()) -> list[Any]:
        return await cast("Awaitable[list[Any]]", script(args=[*first, *chain.from_iterable(items)]))

    async def run_replicated(items: Sequence[Item], first: Item = ()) -> list[Any]:
        async with redis.pipeline(transaction=False) as pipe:
            words = [*first, *chain.from_iterable(items)]
            await cast("Awaitable[Any]", script(args=words, client=pipe))
            if last:
                pipe.execute_command(*last)
            pipe.execute_command("WAIT", replicas, CONFIRMED_MS)
            reply, *_, confirmed = await pipe.execute()
        must_be_confirmed(confirmed, replicas)
        return cast("list[Any]", reply)

    return run_replicated if replicas else run
