"""Dead letters that are sealed with a lost data key stop nothing that is done with the others."""

import logging
from collections import Counter

import pytest
import redis.asyncio

from tests.conftest import SettingsFactory
from tests.integration.in_process import RULES
from tests.integration.sealed import ONE, TWO
from tests.integration.spine import read
from tests.records import Record
from unifier import metrics
from unifier.events.errors import Unreadable
from unifier.profiles.ids import Keys
from unifier.profiles.store import Seal, Store
from unifier.profiles.store.requests import Requests
from unifier.profiles.traces import Traces
from unifier.profiles.whom import hashed
from unifier.serving.verify_erased import verify
from unifier.settings import Settings
from unifier.streams.dead_letters import DeadLetter, DeadLetters
from unifier.streams.publisher import Publisher
from unifier.streams.redaction import Redaction
from unifier.streams.replay import put_back

ANNA, BOB = (b'{"email": "%s@example.org", ' % name for name in (b"anna", b"bob"))
HASHES = hashed([("email", "anna@example.org")], Keys("s"), RULES, "DE")


async def letters(settings: Settings, publisher: Publisher) -> None:
    """Of Anna and of Bob, sealed with a key that is lost and with the one in force."""
    error = Unreadable("not_json", "", "send UTF-8 JSON")
    for key, start in ((ONE, 0), (TWO, 2)):
        drawer = DeadLetters(publisher, Seal([bytes.fromhex(key)]))
        records = [Record(start + number, value) for number, value in enumerate((ANNA, BOB))]
        await drawer.publish([DeadLetter(settings.topic("pos"), 0, record, error) for record in records])


async def test_those_that_can_be_opened_lose_the_record_of_the_erased(
    settings: SettingsFactory, client: redis.asyncio.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    one = settings(secret="s", shards=16, partitions=1, data_key=TWO)
    counted = metrics.dead_letters_unopened_total._value
    before = counted.get()
    async with Publisher(one) as publisher:
        await letters(one, publisher)
        with caplog.at_level(logging.WARNING):
            redaction = Redaction(one, Requests(client), publisher)
            assert await redaction.redact(Traces(HASHES, Keys("s"), "DE")) == 1
    assert counted.get() - before == 2
    assert "2 dead letters are sealed with keys that UNIFIER_DATA_KEY lacks" in caplog.text
    kept = {key: message["data"]["payload"] for key, message in read(one, "dead-letters") if message}
    assert [bool(kept[f"{one.topic('pos')}-0-{n}"]) for n in range(4)] == [True, True, False, True]
    finding = await verify(one, Store(client, one.shards), HASHES)
    assert (finding["left"], finding["unopened"]) == ([], 2)


async def test_those_that_can_be_opened_go_back(settings: SettingsFactory) -> None:
    one = settings(partitions=1, data_key=TWO)
    async with Publisher(one) as publisher:
        await letters(one, publisher)
    seal = Seal([bytes.fromhex(TWO)])
    outcome = await put_back(one, seal, None, None)
    assert outcome == (Counter(not_json=2), Counter(not_json=2))
