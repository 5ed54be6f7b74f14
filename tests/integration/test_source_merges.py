"""Merges that a source did itself are evidence like any other, whichever event comes first."""

import itertools
import json
from collections.abc import Sequence
from typing import Any

import pytest
import redis.asyncio

from tests.integration.in_process import END_MS, Feed, feed, people
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


@pytest.mark.parametrize("order", itertools.permutations(range(3)))
async def test_whatever_blanks_and_composed_letters_the_ids_are_written_with(
    client: redis.asyncio.Redis, redis_url: str, order: tuple[int, ...]
) -> None:
    apart, composed = "o\u0308ld", "\u00f6ld"
    messages = [
        {**PAGE, "messageId": "1", "userId": apart},
        {**PAGE, "messageId": "2", "userId": f"{composed} "},
        {**PAGE, "messageId": "3", "type": "alias", "userId": "new", "previousId": f" {apart}"},
    ]
    await told(feed(client), "online", [messages[n] for n in order])
    [one] = people(redis_url)
    assert (one["identifiers"]["account_id"], one["fragments"]) == (["new", composed], 2)


async def test_an_alias_counts_that_comes_with_somebody_new_of_the_same_account(
    client: redis.asyncio.Redis, redis_url: str
) -> None:
    into = feed(client)
    first = [{**PAGE, "messageId": account, "userId": account} for account in ("old", "new")]
    await told(into, "online", first)
    together = [
        {**PAGE, "messageId": "3", "userId": "old", "anonymousId": "c1"},
        {**PAGE, "messageId": "4", "type": "alias", "userId": "new", "previousId": "old"},
    ]
    await into.give([Message("online", b"", json.dumps(one).encode(), END_MS, None) for one in together])
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


@pytest.mark.parametrize("order", [range(9), range(8, -1, -1), (4, 0, 1, 2, 3, 8, 5, 6, 7)])
async def test_many_records_merged_into_one_are_one_person_in_any_order(
    client: redis.asyncio.Redis, redis_url: str, order: Sequence[int]
) -> None:
    """Who merges records into one is no crowd that shares it."""
    names = ("Ida", "Anna", "Berta", "Carla", "Doris", "Emma", "Frida", "Gina", "Hanna")
    messages = [
        {**CRM, "record_id": f"r{n}", "traits": {"firstName": name}, **({"merged_into": "r0"} if n else {})}
        for n, name in enumerate(names)
    ]
    await told(feed(client), "crm", [messages[n] for n in order])
    assert [p["fragments"] for p in people(redis_url)] == [9]


@pytest.mark.parametrize("late", [False, True])
async def test_a_merge_into_what_many_people_have_ties_nobody_whenever_it_comes(
    client: redis.asyncio.Redis, redis_url: str, late: bool
) -> None:
    page = {**PAGE, "type": "identify", "userId": "office"}
    names = ("Anna", "Berta", "Carla", "Doris", "Emma", "Frida", "Gina")
    crowd = [{**page, "messageId": name, "traits": {"firstName": name}} for name in names]
    alias = {**PAGE, "type": "alias", "messageId": "merge", "userId": "own", "previousId": "office"}
    await told(feed(client), "online", [*crowd, alias] if late else [crowd[0], alias, *crowd[1:]])
    assert [p["fragments"] for p in people(redis_url)] == [1] * 8
