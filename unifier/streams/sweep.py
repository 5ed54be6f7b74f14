"""The sweep: after a change of rules or model, all that is stored is worked out anew, little by little.

One worker does it, the one that holds partition 0 of the control topic. What is behind is told by the
components themselves (`Component.form`), so whoever comes after a crash goes on with what is left. It waits
while another worker still works by other rules: two sides that each undo what the other has done would never
come to an end.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Sequence

from redis.exceptions import RedisError

from unifier import metrics
from unifier.profiles.store import Forms
from unifier.streams.anew import work_out
from unifier.streams.chore import Chore
from unifier.streams.pipeline import Pipeline

log = logging.getLogger(__name__)

PORTION = 16  # components at once: live events wait no longer than this takes, some 10 ms
KEYS_MOST = 2_000  # keys that one step of the walk looks at, some 2 ms of Redis's time
REST = 4.0  # times the time spent, of pause: a fifth of a worker at most, less when it is busy


class Sweep(Chore):
    """Works out anew; `rate`: components a second at most."""

    name = "sweep"
    gauge = metrics.components_behind

    def __init__(self, pipeline: Pipeline, forms: Forms, rate: float) -> None:
        super().__init__()
        self._pipeline = pipeline
        self._forms = forms
        self._rate = rate

    async def look(self) -> bool:
        """Sweep if it is due, once over all. False when some could not be worked out."""
        form = self._pipeline.unifier.form
        standing = await self._forms.say(form)
        if not standing.others or standing.disputed:
            return True
        behind = 0
        async for cids in self._walk(form):
            behind += len(cids)
        await self._tell(behind)
        if not behind:
            await self._forms.forget_before(standing.now)
            log.info("sweep: all is worked out by rules and model %s", form.hex())
            return True
        log.info("sweep: %d components are worked out anew by rules and model %s", behind, form.hex())
        return await self._sweep(form, behind)

    async def _sweep(self, form: bytes, behind: int) -> bool:
        """Work out what is behind, until somebody works by other rules. False when some failed."""
        failed = 0
        async for cids in self._walk(form):
            for start in range(0, len(cids), PORTION):
                if self._pipeline.unifier.form != form or (await self._forms.say(form)).disputed:
                    return True
                portion, began = cids[start : start + PORTION], time.monotonic()
                failed += await self._work_out(portion)
                behind -= len(portion)
                await self._tell(max(0, behind))
                spent = time.monotonic() - began
                await asyncio.sleep(max(len(portion) / self._rate - spent, REST * spent))
        return not failed

    async def _work_out(self, cids: Sequence[bytes]) -> int:
        """Work a portion out; gives how many could not be. One that no code can work out stops no other."""
        try:
            return 0 if await work_out(self._pipeline, cids) else len(cids)
        except RedisError:
            raise
        except Exception as error:
            if len(cids) > 1:
                return sum([await self._work_out([cid]) for cid in cids])
            log.error("sweep: %s; left a component as it was", type(error).__name__)
            return 1

    async def _walk(self, form: bytes) -> AsyncIterator[list[bytes]]:
        """All components of other forms, as they are found."""
        cursor = b""
        while cursor != b"0":
            began = time.monotonic()
            cursor, cids = await self._pipeline.store.behind(form, cursor or b"0", KEYS_MOST)
            await asyncio.sleep(REST * (time.monotonic() - began))
            if cids:
                yield cids

    async def _tell(self, behind: int) -> None:
        self.gauge.set(behind)
        await self._forms.count(behind)
