"""The way of a batch: read, resolve, fold, commit; again for whatever lost a race or came to light.

The batch is acknowledged when all of it is in Redis. A crash anywhere before that means it is read
again: events that were counted are not counted twice, but their links are looked for again, so a link
that the crash prevented is made then.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TypeVar

from redis.exceptions import RedisError

from unifier import metrics
from unifier.events.errors import Unreadable
from unifier.journey.profile import documents
from unifier.profiles.component import Component
from unifier.profiles.fragment import Arrival
from unifier.profiles.store import Result, SealError, Store, sent
from unifier.profiles.store.layout import HEAD_BYTES
from unifier.streams.agents import TOGETHER_RECORDS, Chunk, Record
from unifier.streams.cache import Cache
from unifier.streams.dead_letters import DeadLetter, DeadLetters
from unifier.streams.doubt import doubts, look_for_dead_keys
from unifier.streams.draft import Draft, tally
from unifier.streams.effects import snapshot
from unifier.streams.erasing import Erasing
from unifier.streams.finder import Finder, Known
from unifier.streams.intake import Batch, Intake, lane_of
from unifier.streams.jobs import Job
from unifier.streams.officer import Officer
from unifier.streams.publisher import Message
from unifier.streams.resolve import Resolver, named_fragments
from unifier.streams.rest import Rest, follow_up
from unifier.streams.unify import Unifier
from unifier.streams.wishes import Wish

log = logging.getLogger(__name__)

TIMERS_TOGETHER = 64  # components whose timers fire before events that wait go on, some 30 ms
# Components in one script call. Redis serves nobody else meanwhile, some 75 µs each; and while it works on
# one part of a batch, the next is drafted.
WRITES_MOST = 64
# After so much, some 2 ms, whoever has waited goes on: a round of the relay waits ten times for an answer.
SLICE_RECORDS, SLICE_DRAFTS = 100, 8
# Of all partitions together: a batch so large says that events wait, for half a second and more. With a third
# of it, a worker that is merely busy let effects wait for a second.
BEHIND_RECORDS = TOGETHER_RECORDS // 2
ROUNDS_PATIENT = 3  # rounds before a batch that keeps losing races steps back for a moment
REDIS_RETRY_S = 1.0

T = TypeVar("T")

UNKNOWN_PROFILE = Unreadable(
    "unknown_profile", "profiles", "no such profile; check the ids, or put it back when its events have come"
)
INTERNAL_ERROR = Unreadable(
    "internal_error", "", "working the record off failed; put it back after an update"
)


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
        self.store = store
        self.cache = Cache()
        self.finder = Finder(store, self.cache)
        self._dead_letters = dead_letters
        self.topic_ids = topic_ids  # by full name, those of the input topics at least
        self._clock = clock
        self._turn = asyncio.Lock()
        self._behind = False
        self._refused = False
        self.read_until = 0  # what had been published by then is worked off, milliseconds UTC
        self._set(intake, unifier)
        # Called when there may be effects to publish; true: events wait, too.
        self.on_written: Callable[[bool], None] = lambda behind: None

    def _set(self, intake: Intake, unifier: Unifier) -> None:
        self.intake = intake
        self.unifier = unifier
        self.resolver = Resolver(self.finder, self.store, intake, unifier.rules)
        self._erasing = Erasing(self.store, intake, self.finder, unifier.rules)
        self._officer = Officer(self.store, intake, self.finder)

    async def take_up(self, intake: Intake, unifier: Unifier) -> None:
        """Work by other rules from the next batch on."""
        async with self._turn:
            self._set(intake, unifier)

    async def read(self, chunk: Chunk) -> Batch:
        """Decode a chunk, in slices: in between, whoever has waited for Redis goes on."""
        intake = self.intake
        batch = Batch(chunk, lane_of(self.topic_ids[chunk.topic], chunk.partition))
        for start in range(0, len(chunk.records), SLICE_RECORDS):
            intake.read(chunk.records[start : start + SLICE_RECORDS], batch)
            await asyncio.sleep(0)
        return batch

    async def process(self, *batches: Batch) -> None:
        """Take batches in together; returns when Redis and the dead-letter topic have everything."""
        started = time.perf_counter()
        records = sum(len(batch.chunk.records) for batch in batches)
        self._behind = records >= BEHIND_RECORDS
        for batch in batches:
            if batch.commands:
                await self._obey(batch)
        await self._get_done([(batch, batch.arrivals) for batch in batches], [])
        if dead := [letter for batch in batches for letter in batch.dead]:
            await self._dead_letters.publish(dead)
        for batch in batches:
            metrics.events_total.labels(batch.chunk.kind).inc(len(batch.chunk.records))
        metrics.batch_events.observe(records)
        metrics.batch_seconds.observe(time.perf_counter() - started)

    async def _obey(self, batch: Batch) -> None:
        """Carry out the commands of a batch."""
        chunk, wishes = batch.chunk, list[tuple[Wish, Record]]()
        for command, record in batch.commands:
            if command.is_about_privacy:  # of what stewards said until then, not of what they say after
                await self._get_done([(batch, [])], wishes)
                now = self._clock()
                arrived = record.timestamp if record.timestamp >= 0 else now
                found = await self._patiently(partial(self._officer.wishes, command, arrived, now))
                await self._get_done([(batch, [])], [(wish, record) for wish in found])
                if found:
                    await self._patiently(partial(self._officer.done, command))
                wishes = []
            elif await self._patiently(partial(self.resolver.knows, command)):
                wishes.append((Wish(named_fragments(command), commands=[command]), record))
            else:
                batch.dead.append(DeadLetter(chunk.topic, chunk.partition, record, UNKNOWN_PROFILE))
        await self._get_done([(batch, [])], wishes)

    async def _get_done(
        self, shares: Sequence[tuple[Batch, Sequence[Arrival]]], wishes: Sequence[tuple[Wish, Record]]
    ) -> None:
        """Work off arrivals of batches, and wishes of the first one; what fails becomes a dead letter."""
        try:
            arrivals = [arrival for _, some in shares for arrival in some]
            await self.work(arrivals, [wish for wish, _ in wishes])
        except SealError:
            raise  # no fault of the records: whoever has the key reads them again
        except Exception as error:
            log.error("%s in a batch; working it off one by one", type(error).__name__)
            for batch, some in shares:
                chunk = batch.chunk
                failed = await self._one_by_one(chunk, some, wishes)
                batch.dead += [
                    DeadLetter(chunk.topic, chunk.partition, record, INTERNAL_ERROR) for record in failed
                ]
                wishes = []

    async def _one_by_one(
        self, chunk: Chunk, arrivals: Sequence[Arrival], wishes: Sequence[tuple[Wish, Record]]
    ) -> list[Record]:
        """Get done what can be done; a record that no code can work off must not stop the others."""
        failed = [record for wish, record in wishes if not await self._contained([], [wish])]
        if arrivals:
            records = {record.offset: record for record in chunk.records}
            failed += [records[a.offset] for a in arrivals if not await self._contained([a], [])]
        return failed

    async def _contained(self, arrivals: Sequence[Arrival], wishes: Sequence[Wish]) -> bool:
        """Work that may fail. The log gets the kind of the error only: its words may hold a value."""
        try:
            await self.work(arrivals, wishes)
        except Exception as error:
            log.error("%s in %s", type(error).__name__, _place_of(error))
            return False
        return True

    async def work(self, arrivals: Sequence[Arrival], wishes: Sequence[Wish]) -> None:
        """Carry arrivals and wishes out, whatever it takes; waits while Redis is away."""
        async with self._turn:
            rounds = 0
            while arrivals or wishes:
                # What a round that Redis interrupted had written is recognised when it is done again.
                arrivals, wishes = await self._patiently(partial(self._round, arrivals, wishes))
                rounds += 1
                if rounds > ROUNDS_PATIENT:
                    await asyncio.sleep(min(0.2, 0.005 * rounds))

    async def _patiently(self, step: Callable[[], Awaitable[T]]) -> T:
        """Do a step, again while Redis is away: nothing may be lost, nothing can be done without."""
        while True:
            try:
                done = await step()
            except RedisError as error:
                self._refused = True
                log.warning("Redis: %s; waiting", type(error).__name__)
                await asyncio.sleep(REDIS_RETRY_S)
            else:
                self._refused = False
                return done

    async def timers(self, cids: Sequence[bytes]) -> None:
        """Fire what is due in these components, and finish the moves of those that are frozen.

        They are read anew: whoever came by a frozen one remembers only where its content is.
        """
        for cid in cids:
            self.cache.forget(cid)
        for start in range(0, len(cids), TIMERS_TOGETHER):
            portion = cids[start : start + TIMERS_TOGETHER]
            wishes = [Wish([cid], timer=True, read_until=self.read_until) for cid in portion]
            if not await self._contained([], wishes):
                for wish in wishes:
                    await self._contained([], [wish])

    def snapshots(self, cid: bytes, value: bytes) -> list[Message]:
        """The profiles of a live component as messages."""
        component = Component.unpack(cid, value[HEAD_BYTES:])
        now = self._clock()
        seen = [record for record in component.records.values() if not component.is_restricted(record)]
        told = documents(component, seen, self.unifier.rules, self.intake.keys, now)
        return [snapshot(record, one, now) for record, one in zip(seen, told, strict=True)]

    async def ready(self) -> bool:
        """Whether Redis answers and takes what is written; full or read-only, it answers all the same."""
        try:
            return bool(await self.store.redis.ping()) and not self._refused
        except RedisError:
            return False

    async def _round(
        self, arrivals: Sequence[Arrival], wishes: Sequence[Wish]
    ) -> tuple[list[Arrival], list[Wish]]:
        """One pass; gives what is left to do."""
        resolved = await self.resolver.resolve(arrivals, wishes)
        jobs = resolved.jobs
        waiting = await self._erasing.go_first(jobs)
        await look_for_dead_keys(jobs, self.store, self.intake)
        rest = Rest(waiting.arrivals, waiting.wishes)
        now = self._clock()
        writing: asyncio.Future[list[Result]] | None = None
        written: list[tuple[Job, Draft]] = []
        try:
            for start in range(0, len(jobs), WRITES_MOST):
                drafts = await self._drafts(jobs[start : start + WRITES_MOST], now)
                drafts = await self._surely_housed(drafts, rest)
                if writing is not None:
                    await self._conclude(written, await writing, rest)
                written = drafts
                commits = [draft.commit for _, draft in drafts]
                writing = asyncio.ensure_future(self.store.commit(commits))
                await sent()
            if writing is not None:
                await self._conclude(written, await writing, rest)
        finally:
            if writing is not None:  # nothing of this batch may be written once it is begun anew
                await asyncio.gather(writing, return_exceptions=True)
                # Once a batch: every look of the relay is a transaction of its own.
                self.on_written(self._behind)
        again = await doubts(rest.dead, self.finder) if rest.dead else []
        metrics.events_of_erased_total.inc(resolved.of_erased)
        metrics.capped_total.labels("component").inc(resolved.over)
        return rest.arrivals, [*rest.all_wishes(), *again]

    async def _drafts(self, jobs: Sequence[Job], now: int) -> list[tuple[Job, Draft]]:
        found: list[tuple[Job, Draft]] = []
        for start in range(0, len(jobs), SLICE_DRAFTS):
            drafts = [(job, self.unifier.draft(job, now)) for job in jobs[start : start + SLICE_DRAFTS]]
            found += [(job, draft) for job, draft in drafts if draft is not None]
            await asyncio.sleep(0)
        return found

    async def _surely_housed(self, drafts: list[tuple[Job, Draft]], rest: Rest) -> list[tuple[Job, Draft]]:
        """The drafts, but for those with a new fragment whose home, as was read, leads to the component, and
        does not: it was told by a master that was deposed. Nobody would ever find the fragment there.
        """
        told = {fid for _, draft in drafts for fid in draft.housed}
        known = await self.finder.learn_anew(told) if told else Known()
        sure = []
        for job, draft in drafts:
            if all(known.roots[fid] in job.roots for fid in draft.housed):
                sure.append((job, draft))
            else:
                self._give_back(job, rest)
        return sure

    def _give_back(self, job: Job, rest: Rest) -> None:
        """Somebody else was there first, or it was not as was read: do it again."""
        metrics.lost_races_total.inc()
        for root in job.roots:
            self.cache.forget(root)
        rest.arrivals += job.work.arrivals
        rest.wishes += job.wishes

    async def _conclude(
        self, written: Sequence[tuple[Job, Draft]], results: Sequence[Result], rest: Rest
    ) -> None:
        """What follows from the answers of Redis."""
        tally([draft for (_, draft), result in zip(written, results, strict=True) if result.written])
        for (job, draft), result in zip(written, results, strict=True):
            if result.written:
                self._remember(job, draft)
                await follow_up(job, draft, result, rest, self.resolver, self._clock)
            else:
                self._give_back(job, rest)

    def _remember(self, job: Job, draft: Draft) -> None:
        commit, cache = draft.commit, self.cache
        cache.put(commit.cid, commit.value)
        for root in job.roots:
            if root != commit.cid:
                cache.blobs.pop(root)
                cache.roots[root] = commit.cid
        for fid in commit.founded:
            cache.roots[fid] = commit.cid


def _place_of(error: BaseException) -> str:
    """The innermost place in the code: file and line."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace is not None else "?"
