"""The relay: publishes the outboxes of the shards it owns, in order, and works off their timers.

Ownership follows Kafka's own assignment: the worker that holds partition g of the control topic owns
group g, the shards s with s mod partitions = g. Two fences keep a former owner out. The counter in Redis
stops its reads and removals; its transactional producer is fenced by the broker as soon as the new
owner's has started. With one of them alone a paused owner could publish late, or remove what its
successor still has to publish.

Whoever owns all groups, as a worker by itself does, serves them as one: a transaction writes a marker
into each partition that it touches, however little it publishes there, and four groups would write four
times as many. That one has a producer of its own name. So the owner of all groups fences off those of the
single groups, too, and the owner of a single one that of all.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Protocol

import ormsgpack
from aiokafka.errors import KafkaError, ProducerFenced
from redis.exceptions import RedisError

from unifier import metrics
from unifier.journey.counts import Counts, add
from unifier.profiles.store import Store
from unifier.profiles.store.counts import Counted, Numbers
from unifier.profiles.store.layout import HEAD_BYTES, LIVE
from unifier.profiles.store.outbox import Barrier, Done, FenceLostError, Outbox, Pending
from unifier.settings import Settings
from unifier.streams.effects import COUNTS, counted
from unifier.streams.publisher import Message, Publisher

log = logging.getLogger(__name__)

ENTRIES_MOST = 4_000  # outbox entries in one round, of each shard as many: Redis waits meanwhile
TIMERS_MOST = 256  # components whose timers fire in one round: effects wait meanwhile, some 100 ms
SNAPSHOTS_MOST = 64  # components whose snapshots go out in one round, of each shard as many: some 7 ms
HOLD_S = 0.003  # of making snapshots; then others go on
# Of the worker's time, over all its groups: snapshots come less often instead of holding up the events, the
# more so while events come, or even wait.
SNAPSHOT_SHARE, SNAPSHOT_SHARE_BUSY, SNAPSHOT_SHARE_BEHIND = 0.2, 0.05, 0.01
BUSY_S = 1.0  # after a write
IDLE_S = 0.05  # between looks for what other workers wrote; this worker's own writes wake the relay
# A round is followed by a pause of its own length: the busier the worker, the more goes out in one
# transaction.
PAUSE_MOST_S = 0.1
# While events themselves wait, effects go out once a second: a transaction costs the broker some 8 ms.
BEHIND_S = 1.0
TIMERS_EVERY_S = 0.25
RETRY_S = 1.0
LET_GO_S = 5.0

Snapshots = Callable[[bytes, bytes], list[Message]]
"""Live component and its home value → its profiles."""
Timers = Callable[[Sequence[bytes]], Awaitable[None]]


class Counting(Protocol):
    """Where the counts of journeys are added up (`profiles.store.JourneyCounts`)."""

    async def last(self, shards: Sequence[int]) -> dict[int, bytes]:
        """The last entry of each shard that was counted."""

    async def add(self, counted: Sequence[Counted], numbers: Numbers) -> int:
        """Add what entries said; gives how much had no room."""


Unit = tuple[int, ...]
"""Groups of shards that are served as one: a single one, or all there are."""


class Relay:
    """Runs one task for each group of shards that this worker owns, or one for all if it owns all."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        groups: int,
        snapshots: Snapshots,
        timers: Timers,
        counting: Counting,
    ) -> None:
        self.settings = settings
        self.store = store
        self.groups = groups
        self.snapshots = snapshots
        self.timers = timers
        self.counting = counting
        self._tasks: dict[Unit, asyncio.Task[None]] = {}
        self._news: dict[Unit, asyncio.Event] = {}
        self._busy_until = self._behind_until = 0.0

    def wake(self, behind: bool) -> None:
        """This worker has written: look at once, or in a second if it is `behind` with its input."""
        self._busy_until = time.monotonic() + BUSY_S
        if behind:
            self._behind_until = time.monotonic() + BEHIND_S
        for news in self._news.values():
            news.set()

    @property
    def behind(self) -> bool:
        """Whether events wait, as far as was heard in the last second."""
        return time.monotonic() < self._behind_until

    def pause_s(self, round_s: float) -> float:
        """How long to let effects gather after a round that took so long."""
        return BEHIND_S if self.behind else min(round_s, PAUSE_MOST_S)

    @property
    def snapshot_share(self) -> float:
        """The part of this worker's time that snapshots of one group may take."""
        busy = SNAPSHOT_SHARE_BUSY if time.monotonic() < self._busy_until else SNAPSHOT_SHARE
        return (SNAPSHOT_SHARE_BEHIND if self.behind else busy) / max(1, len(self._tasks))

    async def own(self, groups: set[int]) -> None:
        """Own these groups and no others. Returns when the others are let go, or are as good as gone.

        A producer that cannot finish its transaction would hold up the whole group's rebalance; the fences
        keep it out anyway.
        """
        every = tuple(range(self.groups))
        units = {every} if groups.issuperset(every) else {(group,) for group in groups}
        leaving = [self._tasks.pop(unit) for unit in set(self._tasks) - units]
        for task in leaving:
            task.cancel()
        if leaving:
            await asyncio.wait(leaving, timeout=LET_GO_S)
        for unit in units - self._tasks.keys():
            self._news[unit] = asyncio.Event()
            self._tasks[unit] = asyncio.create_task(self._keep(unit), name=f"relay-{_named(unit)}")

    async def _keep(self, unit: Unit) -> None:
        """Serve groups until they are taken away; begin again after trouble with Kafka or Redis."""
        # Not `while True`: an error of aiokafka while it rolls back takes the place of the cancellation.
        while self._tasks.get(unit) is asyncio.current_task():
            try:
                await self._group(unit).serve(self._news[unit])
                return
            except (FenceLostError, ProducerFenced):
                # The new owner was assigned before this worker has heard of it. Should this worker be the
                # owner all the same, it fences the other off in turn after a while.
                log.info("relay group %s was taken over", _named(unit))
            except (KafkaError, RedisError, OSError) as error:
                log.warning("relay group %s: %s; trying again", _named(unit), type(error).__name__)
            except Exception as error:  # its shards must not stand still until somebody looks
                log.error("relay group %s: %s; trying again", _named(unit), type(error).__name__)
            await asyncio.sleep(RETRY_S)

    def _group(self, unit: Unit) -> "Group":
        store = self.store
        shards = [shard for shard in range(store.layout.shards) if shard % self.groups in unit]
        outbox = Outbox(store.redis, store.layout, shards, store.replicas, store.seal)
        every = tuple(range(self.groups))
        others = [(group,) for group in every] if unit == every else [every]
        return Group(
            self, outbox, self._publisher(unit), [self._publisher(other) for other in others if other != unit]
        )

    def _publisher(self, unit: Unit) -> Publisher:
        # Without the consumer group: workers of another one may serve the same shards.
        return Publisher(self.settings, self.settings.topic(f"relay.{_named(unit)}"))


class Group:
    """One group of shards, or all of them as one, from take-over until its loss.

    `others`: publishers of the names under which a former owner of these shards may have published.
    """

    def __init__(
        self, relay: Relay, outbox: Outbox, publisher: Publisher, others: Sequence[Publisher] = ()
    ) -> None:
        self._relay = relay
        self._outbox = outbox
        self._publisher = publisher
        self._others = others
        self._entries_most = max(1, ENTRIES_MOST // len(outbox.shards))
        self._snapshots_most = max(1, SNAPSHOTS_MOST // len(outbox.shards))
        self._timers_most = max(1, TIMERS_MOST // len(outbox.shards))
        self._next_snapshots = 0.0
        self._next_timers = 0.0
        self._depth = self._asked = 0
        self._counted: dict[int, bytes] = {}

    async def serve(self, news: asyncio.Event) -> None:
        """Take the group over and publish until it is lost or cancelled; `news`: there may be work."""
        this = asyncio.current_task()
        try:
            async with self.taken_over():
                # A cancellation that meets the end of a wait can be lost (asyncio.wait_for before 3.12).
                while this is None or not this.cancelling():
                    news.clear()
                    began = time.monotonic()
                    if await self.round():
                        await asyncio.sleep(self._relay.pause_s(time.monotonic() - began))
                    else:
                        with contextlib.suppress(TimeoutError):
                            await asyncio.wait_for(news.wait(), IDLE_S)
        finally:
            self._tell_depth(0, 0)

    def _tell_depth(self, depth: int, asked: int) -> None:
        """The gauges are sums over the groups of this worker."""
        metrics.relay_lag_entries.inc(depth - self._depth)
        metrics.components_in_review.inc(asked - self._asked)
        self._depth, self._asked = depth, asked

    @contextlib.asynccontextmanager
    async def taken_over(self) -> AsyncIterator[None]:
        """Fence the former owner off, in Redis and at the broker; only then may be read what it has left."""
        await self._outbox.take_over()
        for other in self._others:
            async with other:
                """Fenced off, and what it left open is ended."""
        self._counted = await self._relay.counting.last(self._outbox.shards)
        async with self._publisher:
            yield

    async def round(self) -> bool:
        """Publish what waits. False when there was nothing."""
        now = time.monotonic()
        with_snapshots, with_timers = now >= self._next_snapshots, now >= self._next_timers
        pending = await self._outbox.read(
            self._entries_most,
            self._snapshots_most if with_snapshots else 0,
            int(time.time() * 1000) if with_timers else 0,
            self._timers_most,
        )
        messages: list[Message] = []
        counts: Counts = {}
        done = [Done(part.shard, [], []) for part in pending]
        behind = await self._take_effects(pending, messages, counts, done)
        published = len(messages)
        if with_snapshots:
            more, took_s = await self._take_snapshots(pending, behind, messages, done)
            pause_s = took_s / self._relay.snapshot_share
            self._next_snapshots = now + (pause_s if more else max(pause_s, self._relay.settings.snapshot_s))
        if messages:
            await self._publisher.publish(messages)
            metrics.outbox_published_total.inc(published)
            metrics.snapshots_total.inc(len(messages) - published)
        if counts:
            await self._count(counts, done)
        await self._outbox.clear([part for part in done if part.entry_ids or part.snapshots])
        more_due = with_timers and await self._fire(pending)
        return bool(messages or counts or more_due)

    async def _fire(self, pending: Sequence[Pending]) -> bool:
        """Fire the timers that are due. Gives whether there may be more; all else comes before those."""
        self._tell_depth(*await self._outbox.depth())
        metrics.capped_total.labels("reviews").inc(sum(part.dropped for part in pending))
        began = time.monotonic()
        if due := [cid for part in pending for cid in part.due]:
            await self._relay.timers(due)
        ended = time.monotonic()
        more = any(len(part.due) >= self._timers_most for part in pending)
        self._next_timers = ended + (ended - began if more else TIMERS_EVERY_S)
        return more

    async def _count(self, counts: Numbers, done: Sequence[Done]) -> None:
        """Before the entries go: whoever comes after a crash here sees that they were counted."""
        now = self._counted
        new = [
            Counted(part.shard, now[part.shard], part.entry_ids[-1])
            for part in done
            if part.entry_ids and _place(part.entry_ids[-1]) > _place(now[part.shard])
        ]
        dropped = await self._relay.counting.add(new, counts)
        metrics.capped_total.labels("journey_counts").inc(dropped)
        self._counted |= {one.shard: one.last for one in new}

    async def _take_effects(
        self,
        pending: Sequence[Pending],
        messages: list[Message],
        counts: Counts,
        done: list[Done],
    ) -> set[int]:
        """Collect effects in order, of each shard up to its first barrier that still holds.

        Gives the shards in which there may be more.
        """
        barriers: list[Barrier] = [
            e.barrier for part in pending for e in part.entries if e.barrier is not None
        ]
        open_ = {
            barrier
            for barrier, passed in zip(barriers, await self._outbox.passed(barriers), strict=True)
            if passed
        }
        behind = {part.shard for part in pending if len(part.entries) >= self._entries_most}
        for part, finished in zip(pending, done, strict=True):
            for entry in part.entries:
                if entry.barrier is not None and entry.barrier not in open_:
                    behind.add(part.shard)
                    break
                for topic, name, value in ormsgpack.unpackb(entry.effects) if entry.effects else ():
                    if topic != COUNTS:
                        messages.append(Message(topic, name, value))
                    elif _place(entry.entry_id) > _place(self._counted[part.shard]):
                        add(counts, counted(value))
                if entry.moved:  # no snapshot of it is in hand any more
                    finished.snapshots.append((entry.moved, b""))
                finished.entry_ids.append(entry.entry_id)
        return behind

    async def _take_snapshots(
        self, pending: Sequence[Pending], behind: set[int], messages: list[Message], done: list[Done]
    ) -> tuple[bool, float]:
        """Collect the snapshots that are due. Gives whether there may be more, and the seconds of CPU taken.

        After HOLD_S whoever has waited goes on: all of them together would hold the loop too long. No sooner:
        the effects of the same round wait for each turn of the others.

        Those of a shard wait until all its effects are out: an older tombstone among them, or an older
        snapshot that another relay has in hand (for that is a barrier), would come after and stay.
        """
        took_s, turn_s = 0.0, HOLD_S
        for part, finished in zip(pending, done, strict=True):
            if not part.dirty:
                continue
            started = time.thread_time()
            for cid, value in part.dirty:
                if value[:1] != LIVE:  # by now its profiles are snapshots of another component
                    finished.snapshots.append((cid, b""))
                elif part.shard not in behind:
                    finished.snapshots.append((cid, value[:HEAD_BYTES]))
                    messages += self._relay.snapshots(cid, value)
            took_s += time.thread_time() - started
            if took_s >= turn_s:
                turn_s = took_s + HOLD_S
                await asyncio.sleep(0)
        full = any(len(part.dirty) >= self._snapshots_most and part.shard not in behind for part in pending)
        return full or bool(behind), took_s


def _named(unit: Unit) -> str:
    """What a unit is called: the number of its group, or "all"."""
    return str(unit[0]) if len(unit) == 1 else "all"


def _place(entry_id: bytes) -> tuple[int, ...]:
    """Entries of an outbox in their order; before all of them b""."""
    return tuple(map(int, entry_id.split(b"-"))) if entry_id else ()
