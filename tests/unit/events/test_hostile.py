"""Hostile messages: each is an event, a command, nothing, or refused; the good among them arrive."""

import gc
import json
import sys
import weakref
from functools import _lru_cache_wrapper
from itertools import islice

import pytest
from jsonschema import Draft202012Validator

from tests.records import Record
from tests.unit.events.reading import ARRIVED
from unifier.devstack.simulate.hostile import KINDS, good, hostile
from unifier.events.cloudevents import unwrap
from unifier.events.decode import Decoder
from unifier.events.errors import REASONS
from unifier.events.schemas import json_schemas
from unifier.profiles.ids import Keys
from unifier.rules import default_rules
from unifier.streams.agents import Chunk
from unifier.streams.intake import Batch, Intake

GOOD_EVERY, CHECKED_EVERY = 50, 17
FILLING = 70_000
FEW_BLOCKS = 2_000  # of memory, that Python itself takes up and gives back


def run(seed: int, messages: int) -> None:
    """Read so many, as a worker reads them."""
    rules = default_rules()
    intake = Intake(Decoder(rules, "Europe/Berlin"), Keys("a secret"), rules, "DE")
    validators = {kind: Draft202012Validator(json_schemas()[kind]) for kind in KINDS}
    arrived: set[str] = set()
    for number, message in enumerate(islice(hostile(seed), messages)):
        if number % GOOD_EVERY == 0:
            message = good(number)
        record = Record(number, message.value, ARRIVED, headers=message.headers)
        batch = Batch(Chunk(f"unifier.{message.kind}", message.kind, 0, [record]), bytes(4))
        intake.read([record], batch)
        assert len(batch.arrivals) + len(batch.commands) + len(batch.dead) <= 1
        assert all(letter.error.reason in REASONS for letter in batch.dead)
        if number % GOOD_EVERY == 0:
            arrived.update(arrival.event.event_id for arrival in batch.arrivals)
        elif number % CHECKED_EVERY == 0 and (batch.arrivals or batch.commands):
            letter = unwrap(message.value, message.headers)
            validators[message.kind].validate(json.loads(letter.payload if letter else message.value))
    assert arrived == {f"good-{number}" for number in range(0, messages, GOOD_EVERY)}


def blocks_kept() -> int:
    """Blocks of memory in use, when all that is only remembered is forgotten."""
    gc.collect()
    for thing in gc.get_objects():
        if isinstance(thing, _lru_cache_wrapper) and thing.cache_parameters()["maxsize"] is not None:
            thing.cache_clear()
    gc.collect()
    return sys.getallocatedblocks()


def test_hostile_messages_are_read_or_refused_and_the_good_among_them_arrive() -> None:
    run(seed=1, messages=50_000)


@pytest.fixture(scope="module")
def caches_are_full() -> None:
    """Those that cannot be emptied: pydantic keeps up to 16,384 short strings, by their hashes."""
    run(seed=2, messages=FILLING)


@pytest.mark.usefixtures("caches_are_full")
def test_nothing_but_bounded_caches_remembers_a_hostile_message() -> None:
    before = blocks_kept()
    run(seed=3, messages=20_000)
    assert blocks_kept() - before < FEW_BLOCKS


@pytest.mark.slow
@pytest.mark.usefixtures("caches_are_full")
def test_half_a_million_hostile_messages_leave_nothing_behind() -> None:
    before = blocks_kept()
    run(seed=5, messages=500_000)
    assert blocks_kept() - before < FEW_BLOCKS


def test_a_refused_message_goes_with_the_last_who_holds_it() -> None:
    rules = default_rules()
    intake = Intake(Decoder(rules, "Europe/Berlin"), Keys("a secret"), rules, "DE")
    gone = []
    gc.disable()  # a worker's collector comes by seldom
    try:
        for value in (
            b"no JSON",
            b'{"type": "track", "event": 7}',
            b'{"type": "track", "timestamp": "once"}',
        ):
            record = Record(0, value, ARRIVED)
            gone.append(weakref.ref(record))
            batch = Batch(Chunk("unifier.online", "online", 0, [record]), bytes(4))
            intake.read([record], batch)
            assert batch.dead
            del record, batch
        assert [one() for one in gone] == [None] * 3
    finally:
        gc.enable()
