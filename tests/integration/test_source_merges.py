"""Merges that a source did itself are evidence like any other, whichever event comes first."""

import itertools
import json
from typing import Any

import pytest
import redis.asyncio

from tests.integration.test_pipeline import END_MS, Feed, feed, people
from unifier.devstack.simulate import Message

PAGE = {"type": "page", "timestamp": "2026-09-01T10:00:00Z"}
CRM = {"source": "crm", "occurred_at": "2026-09-01T10:00:00Z"}


async def told(into: Feed, kind: str, messages: list[dict[str, Any]]) -> None:
    for message in messages:
        await into.give([Message(kind, b"", json.dumps(message).encode(), END_MS, None)])


@pytest.mark.parametrize("order", itertools.permutations(range(3)))
async def test_an_alias_makes_two_accounts_one_person(
    client: redis.asyncio.Redis, redis_url: str, order: tuple[int, ...]
) -> None:
    messages = [
        {**PAGE, "messageId": "1", "userId": "old"},
        {**PAGE, "messageId": "2", "userId": "new"},
        {**PAGE, "messageId": "3", "type": "alias", "userId": "new", "previousId": "old"},
    ]
    await told(feed(client), "online", [messages[n] for n in order])
    assert [p["identifiers"]["account_id"] for p in people(redis_url)] == [["new", "old"]]


@pytest.mark.parametrize("order", itertools.permutations(range(2)))
async def test_a_record_merged_into_another_is_the_same_person(
    client: redis.asyncio.Redis, redis_url: str, order: tuple[int, ...]
) -> None:
    messages = [
        {**CRM, "record_id": "1", "traits": {"firstName": "Ida", "lastName": "Berg"}},
        {**CRM, "record_id": "2", "traits": {"lastName": "Sommer"}, "merged_into": "1"},
    ]
    await told(feed(client), "crm", [messages[n] for n in order])
    assert [p["fragments"] for p in people(redis_url)] == [2]


async def test_two_accounts_that_nobody_merged_stay_two_people(
    client: redis.asyncio.Redis, redis_url: str
) -> None:
    traits = {"email": "ida@example.org", "firstName": "Ida", "lastName": "Berg"}
    messages = [
        {**PAGE, "messageId": str(n), "type": "identify", "userId": account, "traits": traits}
        for n, account in enumerate(("a", "b"))
    ]
    await told(feed(client), "online", messages)
    assert sorted(p["identifiers"]["account_id"][0] for p in people(redis_url)) == ["a", "b"]
