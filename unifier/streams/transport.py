"""The batch transport: one Faust event for each chunk of a partition's records, and exact commits.

Stock Faust makes two tasks for every record and commits past one that is not acknowledged. Here a consumer
hands over up to `CHUNK_RECORDS` records at once and commits what its `Ledger` says. It overrides private
methods of faust-streaming 0.15.3 and aiokafka 0.14; `tests/unit/streams/test_transport_contract.py` fails
when they change.

Nothing is lost and nothing is read twice in a rebalance, because
- flow stops first, then the chunk at work is finished and committed, and only then the partitions go;
- a new assignment starts at the committed offsets, which aiokafka sees to by itself;
- fetched records carry the generation that they were fetched under, taken in the consumer's thread in the
  same step, and are thrown away only when a later generation has replaced it.

No record holds a partition up: what aiokafka cannot read is read by `forgiving.py`.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from time import monotonic
from typing import Any, ClassVar, NamedTuple

from aiokafka.errors import ConsumerStoppedError, KafkaError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage
from mode import Service

from unifier.event_loop import EventLoop
from unifier.streams.agents import CHUNK_RECORDS, TOGETHER_RECORDS, Chunk, Record
from unifier.streams.ledger import Ledger

log = logging.getLogger(__name__)
faust_log = logging.getLogger("faust.unifier")

# Handed over and not acknowledged: those at work, and enough behind them to bridge a fetch that waits for
# news of quiet partitions. With the consumer's own buffers that bounds the memory, however fast publishers
# are: of small records by their number, of large ones by the chunks (app.FETCH_BYTES).
RECORDS_WAITING = 2 * TOGETHER_RECORDS
CHUNKS_WAITING = 24
# A fetch that waits for news of quiet partitions holds up those whose records were taken meanwhile: aiokafka
# has one request at a time under way to a broker. Faust fixes 1,500 ms.
FETCH_WAIT_MS = 200
# For the chunk at work and its commit when partitions go; below the rebalance timeout in app.py.
REVOKE_DEADLINE_S = 20.0
# For the broker's word on how far its partitions reach: whoever reads the metrics waits for it.
ENDS_S = 2.0


class Fetched(NamedTuple):
    """What one fetch brought."""

    generation: int
    records: Mapping[TP, Sequence[Record]]
    ends: Mapping[TP, int]  # the offset after the last record that the broker has
    positions: Mapping[TP, int]  # where the next fetch begins: behind these records, and what are none


class ChunkThread(driver.AIOKafkaConsumerThread):  # type: ignore[misc]
    """The consumer's own thread: fetches and decompresses, and keeps the heartbeats going."""

    logger = faust_log

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS
        consumer._isolation_level = "read_committed"  # what a publisher has taken back never happened
        return consumer

    async def stop(self) -> None:
        """Stop, also while it is being started: mode passes that over, and the thread outlived the worker."""
        if self._thread is not None:
            await Service.stop(self)
        await super().stop()

    async def on_thread_stop(self) -> None:
        """Leave the group and close the consumer."""
        try:
            await super().on_thread_stop()
        except asyncio.CancelledError:
            # aiokafka's fetcher, when the broker is away. Uncaught, Faust would wait a minute for the thread.
            log.warning("the broker is away; it will notice the end of this worker later")

    async def fetch(self, partitions: frozenset[TP]) -> Fetched:
        """Records of these partitions; none when there are none within a second."""
        fetched: Fetched = await self.call_thread(self._fetch, partitions)
        return fetched

    async def _fetch(self, partitions: frozenset[TP]) -> Fetched:
        consumer = self._ensure_consumer()
        limit = consumer._max_poll_records
        records = await self._fetch_records(consumer, partitions, timeout=1.0, max_records=limit)
        # No await from here on: the records are of the assignment of this generation.
        ends = {tp: self.highwater(tp) for tp in records}
        return Fetched(consumer._coordinator.generation, records, ends, _positions(consumer, partitions))

    async def ends(self, partitions: Collection[TP]) -> Mapping[TP, int]:
        """The offset after the last record that the broker has, asked for now.

        Beside the calls of Faust: it answers two at a time, and fetches and commits must not wait for this.
        """
        asking = asyncio.run_coroutine_threadsafe(self._highwaters(list(partitions)), self.thread_loop)
        found: Mapping[TP, int] = await asyncio.wrap_future(asking)
        return found


def _positions(consumer: Any, partitions: frozenset[TP]) -> dict[TP, int]:
    """Where the next fetch begins, of those partitions of which that is known."""
    subscription = consumer._subscription.subscription
    if subscription is None or subscription.assignment is None:
        return {}
    found = {tp: subscription.assignment.state_value(tp) for tp in partitions}
    return {
        tp: state.position for tp, state in found.items() if state is not None and state.has_valid_position
    }


class ChunkConsumer(driver.Consumer):  # type: ignore[misc]
    """Delivers chunks and commits what the ledger says."""

    logger = faust_log
    _thread: ChunkThread

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ledger = Ledger()
        self.progress_at = monotonic()
        self._at_work = asyncio.Lock()
        self._room = asyncio.Event()
        self._ends: dict[TP, int] = {}

    def _new_consumer_thread(self) -> ChunkThread:
        return ChunkThread(self, loop=self.loop, thread_loop=EventLoop(), beacon=self.beacon)

    # --- records to chunks

    async def _drain_messages(self, fetcher: Any) -> None:
        try:
            while not (self.should_stop or fetcher.should_stop):
                await self._drain_once()
        except (asyncio.CancelledError, ConsumerStoppedError):
            if not self.app.should_stop:
                raise

    async def _drain_once(self) -> None:
        partitions = frozenset(self._get_active_partitions())
        if not self.flow_active:
            await self.can_resume_flow.wait()
        elif not partitions:  # aiokafka would take none for all
            self.progress_at = monotonic()
            await self.sleep(0.2)
        else:
            fetched = await self._thread.fetch(partitions)
            self.progress_at = monotonic()
            self._ends.update(fetched.ends)
            for tp, records in fetched.records.items():
                await self._look_back(fetched.generation, tp, records[0].offset)
                for start in range(0, len(records), CHUNK_RECORDS):
                    await self._deliver(fetched.generation, tp, records[start : start + CHUNK_RECORDS])
            if fetched.generation == self.ledger.generation:
                for tp, position in fetched.positions.items():
                    self.ledger.reached(tp, position)

    async def _look_back(self, generation: int, tp: TP, first: int) -> None:
        """If the topic was made anew, and the group has not heard of it: the old is worked off first."""
        while generation == self.ledger.generation and self.ledger.goes_back(tp, first):
            if self.ledger.waits_in(tp):
                self._room.clear()
                await self._room.wait()
            else:
                await self.app.look()
                self.ledger.forget(tp)

    async def _deliver(self, generation: int, tp: TP, records: Sequence[Record]) -> None:
        while not self.flow_active or self._enough_waits():
            if self.flow_active:
                self._room.clear()
                await self._room.wait()
            else:
                await self.can_resume_flow.wait()
        if generation != self.app.consumer_generation_id:
            return  # read again, by whoever has the partition now
        last = records[-1]
        message = ConsumerMessage(
            tp.topic,
            tp.partition,
            last.offset,
            timestamp=last.timestamp / 1000,
            timestamp_type=0,
            headers=None,
            key=None,
            value=Chunk(tp.topic, self.app.kinds[tp.topic], tp.partition, records),
            checksum=None,
            tp=tp,
            generation_id=generation,
        )
        self.ledger.deliver(tp, records[0].offset, last.offset)
        await self.callback(message)

    def _enough_waits(self) -> bool:
        chunks, records = self.ledger.waiting
        return chunks >= CHUNKS_WAITING or records >= RECORDS_WAITING

    # --- one at a time

    @asynccontextmanager
    async def turn(self, messages: Sequence[ConsumerMessage]) -> AsyncIterator[list[ConsumerMessage]]:
        """Wait until no other chunk of this process is at work; batches side by side race in Redis.

        Yields the chunks without those that must be left alone: their partition is going, or has gone.
        """
        async with self._at_work:
            generation = self.ledger.generation if self.flow_active else None
            yield [message for message in messages if message.generation_id == generation]

    def ack(self, message: ConsumerMessage) -> bool:
        """The chunk of this message is worked off."""
        message.acked = True
        self.progress_at = monotonic()
        acknowledged = self.ledger.ack(message.tp, message.offset, message.generation_id)
        self._room.set()
        return acknowledged

    # --- commits

    async def force_commit(self, topics: Any = None, start_new_transaction: bool = True) -> bool:
        """Commit what the ledger allows; True if there was something and the broker has it."""
        generation, assigned = self.ledger.generation, self.assignment()
        offsets = {tp: offset for tp, offset in self.ledger.committable().items() if tp in assigned}
        if not offsets:
            return False
        if not await self._commit(offsets):
            # The group has gone on without this worker: what it has in hand is no longer its own.
            self.ledger.begin(-1)
            return False
        self.ledger.committed(offsets, generation)
        return True

    async def wait_empty(self) -> None:
        """Finish the chunk at work and commit, before partitions go or the worker ends; flow has stopped."""
        try:
            async with asyncio.timeout(REVOKE_DEADLINE_S):
                async with self._at_work:
                    pass
                # A commit that is under way may have begun before the last acknowledgement.
                await self.maybe_wait_for_commit_to_finish()
                await self.commit()
        except TimeoutError:
            log.warning("partitions go before their last batch is committed; it will be read again")

    async def on_stop(self) -> None:
        """Nothing to do: the app has waited and committed before it stops its consumer."""

    # --- assignments

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Begin the ledger of the new assignment, then let Faust resume the flow: records are read."""
        await self.app.look()
        self.ledger.begin(generation_id)
        self.progress_at = monotonic()
        self._room.set()
        await super().on_partitions_assigned(assigned, generation_id)

    @property
    def assigned(self) -> bool:
        """Whether this worker has partitions that it may read."""
        return bool(self._get_active_partitions())

    async def lag(self) -> dict[str, int]:
        """Records that are not worked off, by topic.

        The broker is asked: what waits while the worker waits for Redis was never fetched. Without an answer
        it is what was known last.
        """
        behind = dict.fromkeys(self.app.kinds, 0)
        if self.ledger.heads:
            with suppress(
                KafkaError, ConsumerStoppedError, TimeoutError, RuntimeError
            ):  # or the loop is closed
                async with asyncio.timeout(ENDS_S):
                    self._ends.update(await self._thread.ends(self.ledger.heads))
        for tp, head in self.ledger.heads.items():
            behind[tp[0]] += max(0, self._ends.get(tp, head) - head)  # of a quiet one nothing was fetched
        return behind

    async def perform_seek(self) -> None:
        """Nothing to do: a new assignment starts at the committed offsets.

        Faust calls it after each rebalance and would, with a fetch under way, skip what that brings.
        """

    async def verify_all_partitions_active(self) -> None:
        """Nothing to do: Faust's check compares clocks of two kinds; see health.py."""

    def close(self) -> None:
        """Nothing to do: the thread closes its consumer when it stops.

        Faust calls it when a rebalance meets the end of the worker, and would close from the wrong loop,
        without leaving the group.
        """


class ChunkTransport(driver.Transport):  # type: ignore[misc]
    """Faust's Kafka transport with the consumer above."""

    Consumer: ClassVar[type[ChunkConsumer]] = ChunkConsumer
