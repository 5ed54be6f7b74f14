"""What the batch transport takes for granted in faust-streaming and aiokafka.

A digest that differs means that the code the transport overrides or leans on has changed: read the new
code against `transport.py`, run the integration tests of transport and worker, then renew the digest.
"""

import inspect
from collections.abc import Callable
from hashlib import sha256
from importlib.metadata import version
from typing import Any

import aiokafka
import pytest
from aiokafka.consumer.fetcher import Fetcher, FetchResult
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.consumer.subscription_state import Assignment, Subscription
from faust.app import App
from faust.tables.recovery import Recovery
from faust.transport import consumer as base
from faust.transport.drivers import aiokafka as driver
from faust.types import ConsumerMessage
from mode import Service
from mode.threads import ServiceThread

from unifier.streams.transport import ChunkConsumer, ChunkThread

CODE: list[tuple[Callable[..., Any], str]] = [
    # What is overridden.
    (base.Consumer._drain_messages, "44a2500309e8"),
    (base.Consumer.ack, "5fcf41cf4515"),
    (base.Consumer.force_commit, "cc094614d22c"),
    (base.Consumer.wait_empty, "e4662fe24f09"),
    (base.Consumer.on_partitions_assigned, "29ce96596f05"),
    (base.Consumer.perform_seek, "0e8c130ff4b0"),
    (base.Consumer.verify_all_partitions_active, "4e0e46f5c297"),
    (driver.AIOKafkaConsumerThread.close, "d22efc59a1df"),
    (driver.AIOKafkaConsumerThread._create_worker_consumer, "c2701bfc3e6f"),
    (base.Consumer.on_stop, "45b1d2210ce2"),
    (driver.Consumer.on_stop, "173f86b366f3"),
    (driver.AIOKafkaConsumerThread.on_thread_stop, "8dfc004e258b"),
    (ServiceThread.stop, "32d026539c36"),
    (Service.stop, "e17cd2b6bd01"),
    # What calls it, and in which order: flow stops, the chunk at work ends, commit, then the partitions go.
    (base.Fetcher._fetcher.fun, "68f894f0b577"),
    (base.Consumer.commit, "a354437baaa0"),
    (base.Consumer.maybe_wait_for_commit_to_finish, "d687f63a0b5e"),
    (base.Consumer.on_partitions_revoked, "d04b7ae72c6f"),
    (base.Consumer.stop_flow, "cf7e875a2b0d"),
    (base.Consumer.resume_flow, "db59630f25b5"),
    (base.Consumer._get_active_partitions, "b24897f3c7af"),
    (App._on_partitions_revoked, "d5c895bbe57d"),
    (App._on_partitions_assigned, "de932b7927db"),
    (App._stop_consumer, "55854a5de12c"),
    (App.on_stop, "bfe5a933defb"),
    (Recovery._resume_streams, "d986a6710c1a"),
    (driver.AIOKafkaConsumerThread._fetch_records, "39a2c6c79fc1"),
    (driver.AIOKafkaConsumerThread._commit, "932852ce7a23"),
    (driver.ConsumerRebalanceListener.on_partitions_assigned, "1c1f8406ad36"),
    (ConsumerMessage.ack, "4751b72c4ed8"),
    # Records belong to the assignment of the generation in force when they are returned.
    (Fetcher.fetched_records, "be4348896b9b"),
    (FetchResult.check_assignment, "b5340df67e3f"),
    (FetchResult.getall, "3e717e30de50"),
    (Subscription._assign, "bf731e02b121"),
    # A new assignment starts at what is committed.
    (Assignment.__init__, "3300d8f0023c"),
    (Fetcher._update_fetch_positions, "d7774d8241dc"),
    (GroupCoordinator._on_join_prepare, "4d9524afc0ee"),
    (GroupCoordinator._on_join_complete, "0b0b3d204b40"),
    (GroupCoordinator.ensure_active_group, "33c84c1a9301"),
]


def digest(code: Callable[..., Any]) -> str:
    return sha256(inspect.getsource(code).encode()).hexdigest()[:12]


def test_faust_is_the_version_that_the_transport_was_written_against() -> None:
    assert version("faust-streaming") == "0.15.3"


@pytest.mark.parametrize(("code", "known"), CODE, ids=[code.__qualname__ for code, _ in CODE])
def test_the_code_that_the_transport_leans_on_is_as_it_was_read(code: Callable[..., Any], known: str) -> None:
    assert digest(code) == known


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (getattr(ours, name), getattr(theirs, name))
        for ours, theirs in ((ChunkConsumer, driver.Consumer), (ChunkThread, driver.AIOKafkaConsumerThread))
        for name in vars(ours)
        if inspect.isfunction(vars(ours)[name]) and hasattr(theirs, name) and name != "__init__"
    ],
    ids=lambda one: one.__qualname__,
)
def test_an_override_takes_what_the_overridden_takes(
    ours: Callable[..., Any], theirs: Callable[..., Any]
) -> None:
    assert list(inspect.signature(ours).parameters) == list(inspect.signature(theirs).parameters)
    assert inspect.iscoroutinefunction(ours) == inspect.iscoroutinefunction(theirs)


async def test_the_wait_of_a_fetch_is_an_attribute_that_the_consumer_hands_to_its_fetcher() -> None:
    consumer = aiokafka.AIOKafkaConsumer(bootstrap_servers="127.0.0.1:1", fetch_max_wait_ms=321)
    await consumer.stop()
    assert consumer._fetch_max_wait_ms == 321
    assert "fetch_max_wait_ms=self._fetch_max_wait_ms" in inspect.getsource(aiokafka.AIOKafkaConsumer.start)
