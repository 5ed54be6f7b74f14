"""How a write is made sure of before anything is built on it.

A master says that a write is done before its replicas have it. If it dies then, the write is gone, though an
event was acknowledged or an effect published because of it. With `replicas` above 0 the reply of a script
counts only when so many have confirmed the write, by WAIT on the same connection: on another one it would say
nothing of a write that a new master has never seen.
"""

from redis.exceptions import RedisError

from unifier import metrics

CONFIRMED_MS = 5_000
"""How long replicas may take to confirm before the write is made anew."""


class NotReplicatedError(RedisError):
    """Too few replicas have confirmed a write. It may be done all the same: what is done again finds it."""


def must_be_confirmed(confirmed: int, replicas: int) -> None:
    """Take the reply of WAIT. Raises NotReplicatedError."""
    if confirmed < replicas:
        metrics.unreplicated_total.inc()
        raise NotReplicatedError
