"""Which rules and models, or keys, are in use: by workers now, and by components that were written earlier.

A form stays known until all components were found to be of another one, so that whoever is to work them out
anew knows that there is something to do, also after a restart.
"""

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import cast

from redis.asyncio import Redis

from unifier.profiles.store.layout import BEHIND, FORMS
from unifier.profiles.store.words import script

ALIVE_MS = 10_000
"""A form that nobody has named for so long is no longer used by a worker."""


@dataclass(slots=True, frozen=True)
class Standing:
    """The forms other than a worker's own."""

    now: int  # by Redis's clock, milliseconds
    others: dict[bytes, int]  # form → when a worker last named it

    @property
    def disputed(self) -> bool:
        """Another worker works by other rules, as in the middle of a rollout."""
        return any(said > self.now - ALIVE_MS for said in self.others.values())


class Forms:
    """The forms known to one installation; under another key, the names of the keys that seal."""

    def __init__(self, redis: Redis, key: bytes = FORMS) -> None:
        self._redis = redis
        self._key = key
        self._script = redis.register_script(script("forms"))

    async def say(self, form: bytes) -> Standing:
        """A worker works by these rules: said before its first batch, and again every few seconds."""
        now, *told = await cast("Awaitable[list[bytes]]", self._script(keys=[self._key], args=[form.hex()]))
        said = {bytes.fromhex(name.decode()): int(at) for name, at in zip(told[::2], told[1::2], strict=True)}
        del said[form]
        return Standing(int(now), said)

    async def forget_before(self, time: int) -> None:
        """No component is of a form that was not named since."""
        await self._redis.zremrangebyscore(self._key, "-inf", f"({time}")

    async def count(self, behind: int) -> None:
        """Write down how many components are behind, for `unifier doctor`."""
        if behind:
            await self._redis.set(BEHIND, behind)
        else:
            await self._redis.delete(BEHIND)
