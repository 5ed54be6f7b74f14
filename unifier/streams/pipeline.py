"""The way of a batch: read, resolve, fold, commit; again for whatever lost a race or came to light.

The batch is acknowledged when all of it is in Redis. A crash anywhere before that means it is read
again: events that were counted are not counted twice, but their links are looked for again, so a link
that the crash prevented is made then.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence

from redis.exceptions import RedisError

from unifier import metrics
from unifier.events.canonical import Command
from unifier.journey.profile import document
from unifier.profiles.component import Component
from unifier.profiles.fragment import Arrival
from unifier.profiles.ids import fragment_of
from unifier.profiles.store import Result, Store
from unifier.profiles.store.layout import HEAD_BYTES, LIVE
from unifier.streams.agents import Chunk
from unifier.streams.cache import Cache
from unifier.streams.dead_letters import DeadLetters
from unifier.streams.effects import snapshot
from unifier.streams.intake import Intake, lane_of
from unifier.streams.publisher import Message
from unifier.streams.resolve import Job, Resolver, Wish
from unifier.streams.unify import Draft, Unifier

log = logging.getLogger(__name__)

WRITES_MOST = 500  # components in one script call: Redis serves nobody else meanwhile, some 15 µs each
ROUNDS_PATIENT = 3  # rounds before a batch that keeps losing races steps back for a moment
REDIS_RETRY_S = 1.0


class Pipeline:
    """Works off chunks, one after another; also timers and whatever else has no event."""

    def __init__(
        self,
        store: Store,
        intake: Intake,
        unifier: Unifier,
        dead_letters: DeadLetters,
        topic_ids: dict[str, str],
        clock: Callable[[], int] = lambda: int(time.time() * 1000),
    ) -> None:
        self._store = store
        self._intake = intake
        self._unifier = unifier
        self._dead_letters = dead_letters
        self._topic_ids = topic_ids
        self._clock = clock
        self._cache = Cache()
        self._resolver = Resolver(store, intake, unifier.rules, self._cache)
        self._turn = asyncio.Lock()

    async def process(self, chunk: Chunk) -> None:
        """Take a chunk in; returns when Redis and the dead-letter topic have everything."""
        started = time.perf_counter()
        batch = self._intake.read(chunk, lane_of(self._topic_ids[chunk.topic], chunk.partition))
        if batch.dead:
            await self._dead_letters.publish(batch.dead)
        await self.work(batch.arrivals, [wish_of(command) for command in batch.commands])
        metrics.events_total.labels(chunk.kind).inc(len(chunk.records))
        metrics.batch_events.observe(len(chunk.records))
        metrics.batch_seconds.observe(time.perf_counter() - started)

    async def work(self, arrivals: Sequence[Arrival], wishes: Sequence[Wish]) -> None:
        """Carry arrivals and wishes out, whatever it takes; waits while Redis is away."""
        async with self._turn:
            rounds = 0
            while arrivals or wishes:
                try:
                    arrivals, wishes = await self._round(arrivals, wishes)
                except RedisError as error:
                    # Nothing may be lost, and nothing can be done without Redis. What this round had written
                    # is recognised when it is done again.
                    log.warning("Redis: %s; waiting", type(error).__name__)
                    await asyncio.sleep(REDIS_RETRY_S)
                    continue
                rounds += 1
                if rounds > ROUNDS_PATIENT:
                    await asyncio.sleep(min(0.2, 0.005 * rounds))

    async def timers(self, cids: Sequence[bytes]) -> None:
        """Fire what is due in these components."""
        await self.work([], [Wish([cid], timer=True) for cid in cids])

    async def snapshots(self, cids: Sequence[bytes]) -> list[tuple[bytes, bytes, list[Message]]]:
        """The profiles of these components as messages, where they are still live."""
        found = []
        now = self._clock()
        for cid, value in zip(cids, await self._store.homes(cids), strict=True):
            if value is not None and value[:1] == LIVE:
                component = Component.unpack(cid, value[HEAD_BYTES:])
                messages = [
                    snapshot(record, document(component, record, self._unifier.rules), now)
                    for record in component.records.values()
                ]
                found.append((cid, value[:HEAD_BYTES], messages))
        return found

    async def ready(self) -> bool:
        """Whether Redis answers."""
        try:
            return bool(await self._store.redis.ping())
        except RedisError:
            return False

    async def _round(
        self, arrivals: Sequence[Arrival], wishes: Sequence[Wish]
    ) -> tuple[list[Arrival], list[Wish]]:
        """One pass; gives what is left to do."""
        jobs = await self._resolver.resolve(arrivals, wishes)
        left: list[Arrival] = []
        wanted: list[Wish] = []
        now = self._clock()
        for start in range(0, len(jobs), WRITES_MOST):
            part = jobs[start : start + WRITES_MOST]
            drafts = [self._unifier.draft(job, now) for job in part]
            writes = [(job, draft) for job, draft in zip(part, drafts, strict=True) if draft is not None]
            results = await self._store.commit([draft.commit for _, draft in writes])
            for (job, draft), result in zip(writes, results, strict=True):
                if result.written:
                    self._remember(job, draft)
                    wanted += await self._follow_up(draft, result)
                else:
                    metrics.lost_races_total.inc()
                    for root in job.roots:
                        self._cache.forget(root)
                    left += job.work.arrivals
                    wanted += job.wishes
        return left, wanted

    def _remember(self, job: Job, draft: Draft) -> None:
        commit, cache = draft.commit, self._cache
        cache.put(commit.cid, commit.value)
        for root in job.roots:
            if root != commit.cid:
                cache.blobs.pop(root)
                cache.roots[root] = commit.cid
        for fid in commit.founded:
            cache.roots[fid] = commit.cid
        draft.count()

    async def _follow_up(self, draft: Draft, result: Result) -> list[Wish]:
        """What the index said on writing: others there that nobody knew of, values that became shared."""
        wishes = []
        component = draft.component
        for number, entry in result.entries.items():
            named, key = draft.entered[number]
            if entry.shared:
                if key.exact and key.text not in component.shared:
                    metrics.capped_total.labels("shared_identifier").inc()
                    wishes += [Wish([fid], shared={key.text}) for fid in {*entry.holders, named.fid}]
                elif not key.exact:
                    metrics.capped_total.labels("block").inc()
                continue
            strangers = [fid for fid in entry.holders if fid not in component and fid not in draft.considered]
            if strangers and not key.exact:
                strangers = await self._resolver.matches(named.identity, strangers)
            if strangers:
                wishes.append(Wish([named.fid, *strangers]))
        return wishes


def wish_of(command: Command) -> Wish:
    """The fragments that a steward's command is about, into one component, and the command with them."""
    named = [fragment_of(pid) for pid in command.profiles] + [bytes.fromhex(fid) for fid in command.fragments]
    return Wish([fid for fid in named if fid is not None], commands=[command])
