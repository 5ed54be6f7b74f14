"""Weighing all that is known of somebody takes time: meanwhile others are answered."""

import asyncio
import threading
from typing import Any

import pytest
import redis.asyncio

from tests.integration.messages import sale
from tests.integration.office import Office
from tests.integration.spine import profiles_at
from unifier.serving import reader
from unifier.serving.evidence import evidence
from unifier.serving.reader import Found


async def test_others_are_answered_while_evidence_is_weighed(
    client: redis.asyncio.Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = Office(client)
    await office.into.give([sale({"loyalty_id": "L1"})])
    [pid] = profiles_at(redis_url)
    begun, answered = threading.Event(), threading.Event()

    def long(*about: Any) -> dict[str, Any]:
        begun.set()
        assert answered.wait(30), "nobody was answered meanwhile"
        return evidence(*about)

    monkeypatch.setattr(reader, "evidence", long)
    asked = asyncio.create_task(office.reader.evidence(pid))
    await asyncio.to_thread(begun.wait)
    [found] = await office.reader.profiles([pid])
    assert isinstance(found, Found)
    answered.set()
    assert isinstance(await asked, Found)
