"""Seeing to it that what a transaction has published can be read.

The broker confirms a transaction as soon as its coordinator has noted the end; what readers of committed
records look for is written into each partition afterwards. A broker that dies in between writes what is
missing when it is back, but not where a partition has no leader at that moment: that it takes for deleted
(Kafka 4.3). There the transaction stays open. What was confirmed is hidden, and all that others write
behind it, until the same producer ends another one in that partition; and if it aborts that one, what was
confirmed is gone.

So a transaction counts as published when it can be read; if that takes long, an empty one in the same
partitions ends it once more. And who takes a producer's name over first ends what may be open of it.
"""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError, NoError, for_code
from aiokafka.protocol.offset import OffsetRequest

from unifier import metrics

log = logging.getLogger(__name__)

_READ_UNCOMMITTED, _READ_COMMITTED = 0, 1
_LATEST = -1
LOOK_S, LOOK_MOST_S = 0.002, 0.2
"""Until the first look and between looks, which come ever less often; as a rule the second finds all."""
AGAIN_S = 1.0
"""After which a transaction is ended once more. It may be another's that is open in the same partition."""


async def until_readable(producer: AIOKafkaProducer, offsets: Mapping[TopicPartition, int]) -> None:
    """Wait until the records at these offsets, of a confirmed transaction, can be read as committed.

    Raises KafkaError when the producer cannot go on.
    """
    hidden, pause_s, again = dict(offsets), LOOK_S, time.monotonic() + AGAIN_S
    while hidden:
        await asyncio.sleep(pause_s)
        ends = await _ends(producer, hidden, _READ_COMMITTED)
        hidden = {place: offset for place, offset in hidden.items() if ends.get(place, -1) <= offset}
        pause_s = min(2 * pause_s, LOOK_MOST_S)
        if hidden and ends and time.monotonic() > again:
            log.warning("a confirmed transaction cannot be read in %d partitions; ended again", len(hidden))
            metrics.transactions_ended_again_total.inc()
            await _end_in(producer, hidden)
            again = time.monotonic() + AGAIN_S


async def end_left_open(producer: AIOKafkaProducer, topics: Iterable[str]) -> None:
    """End whatever is open in these topics, if it is of a producer of this name before. Raises KafkaError."""
    places = [TopicPartition(topic, n) for topic in topics for n in await producer.partitions_for(topic)]
    stable, ends = dict[TopicPartition, int](), dict[TopicPartition, int]()
    while not (len(stable) == len(ends) == len(places)):
        stable = await _ends(producer, places, _READ_COMMITTED)
        ends = await _ends(producer, places, _READ_UNCOMMITTED)
    if open_ := [place for place in places if stable[place] < ends[place]]:
        await _end_in(producer, open_)


async def _end_in(producer: AIOKafkaProducer, places: Collection[TopicPartition]) -> None:
    """Commit a transaction in these partitions that has nothing in it."""
    async with producer.transaction():
        for place in places:
            producer._txn_manager.maybe_add_partition_to_txn(place)


async def _ends(
    producer: AIOKafkaProducer, places: Collection[TopicPartition], isolation: int
) -> dict[TopicPartition, int]:
    """Up to where each partition can be read; without those whose broker does not answer."""
    client = producer.client
    asked: defaultdict[int, defaultdict[str, list[tuple[int, int]]]]
    asked = defaultdict(lambda: defaultdict(list))
    for place in places:
        asked[client.cluster.leader_for_partition(place)][place.topic].append((place.partition, _LATEST))
    found: dict[TopicPartition, int] = {}
    for node, topics in asked.items():
        if node not in (None, -1):
            try:
                answer = await client.send(node, OffsetRequest(-1, isolation, list(topics.items())))
            except KafkaError:
                continue
            for topic, partitions in answer.topics:
                for partition, error_code, _, offset in partitions:
                    if for_code(error_code) is NoError:
                        found[TopicPartition(topic, partition)] = offset
    if len(found) < len(places):
        await client.force_metadata_update()
        await asyncio.sleep(LOOK_MOST_S)
    return found
