"""Simulated messages on a real broker."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable

from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from unifier.devstack.simulate import simulate
from unifier.devstack.simulate.publish import KINDS, publish
from unifier.settings import Settings
from unifier.streams.kafka_config import kafka_python_config


def test_every_message_arrives_in_order_where_other_clients_would_put_it(
    settings: Callable[..., Settings],
) -> None:
    one = settings()
    messages = list(simulate(40, 3, 5, 1_795_000_000_000))
    assert asyncio.run(publish(messages, one)) == Counter(message.topic_kind for message in messages)

    sent: defaultdict[str, list[tuple[bytes, bytes]]] = defaultdict(list)
    for message in messages:
        sent[one.topic(message.topic_kind)].append((message.key, message.value))
    with KafkaProducer(**kafka_python_config(one)) as producer:
        for kind in KINDS:
            topic = one.topic(kind)
            places = [TopicPartition(topic, number) for number in sorted(producer.partitions_for(topic))]
            with KafkaConsumer(**kafka_python_config(one)) as consumer:
                consumer.assign(places)
                consumer.seek_to_beginning()
                wanted = len(sent[topic])
                got: list[tuple[int, bytes, bytes]] = []
                while len(got) < wanted:
                    polled = consumer.poll(5_000)
                    assert polled, f"{len(got)} of {wanted} in {topic}"
                    got += [(place.partition, r.key, r.value) for place, rs in polled.items() for r in rs]
            for place in places:
                here = [(key, value) for number, key, value in got if number == place.partition]
                keys = {key for key, _ in here}
                assert here == [pair for pair in sent[topic] if pair[0] in keys]
            key, value = sent[topic][0]
            placed = producer.send(topic, key=key, value=value).get(30).partition
            assert (placed, key, value) in got
