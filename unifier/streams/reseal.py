"""After a change of the data key, all that is stored is sealed with the new one, little by little.

What is written anyway is sealed with it at once. What is not is found by a walk over all components, again
and again until a walk finds nothing. Then nothing needs the former key any more, and it is forgotten; not
while another worker still seals with it, nor while effects of that time wait in an outbox.
"""

import asyncio
import logging
import time

from unifier.profiles.store import Forms, Store
from unifier.profiles.store.seal import NO_KEY
from unifier.streams.chore import Chore
from unifier.streams.sweep import KEYS_MOST, PORTION, REST

log = logging.getLogger(__name__)


class Reseal(Chore):
    """Seals anew; `seals` are the names of the keys in use, `rate`: components a second at most."""

    name = "reseal"

    def __init__(self, store: Store, seals: Forms, rate: float) -> None:
        super().__init__()
        self._store = store
        self._seals = seals
        self._rate = rate

    async def look(self) -> bool:
        """One walk, if one is due."""
        name = self._store.seal.name
        standing = await self._seals.say(name)
        if name == NO_KEY or not standing.others or standing.disputed:
            return True
        if await self._walk():
            return True  # what they were sealed with may be in use until the next walk
        oldest = await self._store.oldest_effects()
        if oldest is None or oldest >= standing.now:
            await self._seals.forget_before(standing.now)
            log.info("reseal: all is sealed with the key named %s", name.hex())
        return True

    async def _walk(self) -> int:
        """Seal whatever is not sealed with the key in force; gives how many components that were."""
        store, found, cursor = self._store, 0, b""
        while cursor != b"0":
            began = time.monotonic()
            cursor, cids = await store.sealed_otherwise(cursor or b"0", KEYS_MOST)
            await asyncio.sleep(REST * (time.monotonic() - began))
            for start in range(0, len(cids), PORTION):
                began, portion = time.monotonic(), cids[start : start + PORTION]
                await store.seal_anew(portion)
                spent = time.monotonic() - began
                await asyncio.sleep(max(len(portion) / self._rate - spent, REST * spent))
            found += len(cids)
        return found
