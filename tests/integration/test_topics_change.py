"""Topics are made anew, or get more partitions, while workers run."""

from collections.abc import Callable

from kafka import KafkaProducer

from tests.integration.spine import Publisher, ago, drained, profiles, settled, working
from tests.waiting import eventually
from unifier.profiles.ids import Keys
from unifier.profiles.traces import Traces
from unifier.settings import Settings
from unifier.streams.found import Found
from unifier.streams.kafka_config import kafka_python_config
from unifier.streams.look_in_topics import look_in_topics
from unifier.streams.topics import admin_client, create_topics

SettingsFactory = Callable[..., Settings]


def _revenue(settings: Settings) -> list[str]:
    return sorted(one["metrics"]["revenue"]["EUR"] for one in profiles(settings).values())


def test_what_comes_on_a_topic_that_was_made_anew_is_no_repeat(settings: SettingsFactory) -> None:
    one = settings()
    with working(one, 2):
        publisher = Publisher(one)
        for _ in range(10):
            publisher.sale(ago(60), "1.00", {"loyalty_id": "L1"})
        publisher.flush()
        drained(one)
        with admin_client(one) as admin:
            admin.delete_topics([one.topic("pos")])
            eventually(lambda: one.topic("pos") not in admin.list_topics())
        create_topics(one)
        again = Publisher(one)
        for _ in range(3):
            again.sale(ago(30), "1.00", {"loyalty_id": "L1"})
        again.flush()
        eventually(lambda: _revenue(one) == ["13.00"])


def test_effects_go_out_while_the_control_topic_gets_more_partitions(settings: SettingsFactory) -> None:
    one = settings()
    with working(one, 2) as workers:
        with admin_client(one) as admin:
            admin.create_partitions({one.topic("control"): 3})
        workers[1].stop()
        with working(one):
            publisher = Publisher(one)
            for number in range(60):
                publisher.sale(ago(60), "1.00", {"loyalty_id": f"L{number}"})
            publisher.flush()
            settled(one)


async def test_what_stays_where_a_key_went_before_is_found(settings: SettingsFactory) -> None:
    """With more partitions the tombstone of somebody erased goes to another one than what was told of him."""
    one = settings()
    with KafkaProducer(**kafka_python_config(one)) as producer:
        producer.send(one.topic("profiles"), b"{}", key=b"p_erased", partition=0)
        producer.send(one.topic("profiles"), None, key=b"p_erased", partition=1)
    found = Found(ids={"p_erased"})
    await look_in_topics(one, Traces([], Keys("s"), "DE"), found)
    assert +found.left == {one.topic("profiles"): 1}
