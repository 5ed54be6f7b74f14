"""How a write is made sure of before anything is built on it.

A master says that a write is done before its replicas have it. If it dies then, the write is gone, though an
event was acknowledged or an effect published because of it. With `replicas` above 0 the reply of a script
counts only when so many have confirmed the write, by WAIT on the same connection: on another one it would say
nothing of a write that a new master has never seen.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, cast

from redis.asyncio import Redis
from redis.exceptions import RedisError

from unifier import metrics

Words = Sequence[bytes | int | str]
Write = Callable[[Words], Awaitable[Any]]

CONFIRMED_MS = 5_000
"""How long replicas may take to confirm before the write is made anew."""


class NotReplicatedError(RedisError):
    """Too few replicas have confirmed a write. It may be done all the same: what is done again finds it."""


def writing(redis: Redis, source: str, replicas: int) -> Write:
    """A function that runs a script with its arguments. Raises RedisError."""
    script = redis.register_script(source)

    async def run(words: Words) -> Any:
        return await cast("Awaitable[Any]", script(args=words))

    async def run_replicated(words: Words) -> Any:
        async with redis.pipeline(transaction=False) as pipe:
            await cast("Awaitable[Any]", script(args=words, client=pipe))
            pipe.execute_command("WAIT", replicas, CONFIRMED_MS)
            reply, confirmed = await pipe.execute()
        if confirmed < replicas:
            metrics.unreplicated_total.inc()
            raise NotReplicatedError
        return reply

    return run_replicated if replicas else run
