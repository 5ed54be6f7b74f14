"""API keys in a real Redis."""

import asyncio
import threading

import pytest
from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from tests.waiting import eventually_async
from unifier.cli import main
from unifier.serving.keys import KEYS, ApiKeyError, KeyBook, KeyRing
from unifier.settings import SettingsError

SECRET = "a secret of the tests, long enough"


@pytest.fixture
def book(redis_url: str) -> KeyBook:
    return KeyBook(Redis.from_url(redis_url), SECRET)


async def test_a_key_is_found_until_it_is_revoked(book: KeyBook, redis_url: str) -> None:
    key = book.add("shop", ("profiles:read", "steward:write"))
    async with AsyncRedis.from_url(redis_url) as redis:
        ring = KeyRing(redis, SECRET)
        found = await ring.find(key)
        assert found is not None
        assert (found.name, found.scopes) == ("shop", ("profiles:read", "steward:write"))
        assert await ring.find(key + "x") is None
        assert await KeyRing(redis, "another secret").find(key) is None
        book.revoke("shop")
        assert await KeyRing(redis, SECRET).find(key) is None

        async def forgotten() -> bool:
            return await ring.find(key) is None

        await eventually_async(forgotten, 10)  # what a service has remembered goes too


def test_a_key_is_stored_only_as_its_hash(book: KeyBook, redis_url: str) -> None:
    key = book.add("shop", ("profiles:read",))
    stored = Redis.from_url(redis_url).hgetall(KEYS)
    assert len(stored) == 1
    assert key.encode() not in b"".join([*stored.keys(), *stored.values()])  # type: ignore[list-item]
    assert key.removeprefix("uk_").encode() not in b"".join([*stored.keys(), *stored.values()])  # type: ignore[list-item]


def test_a_name_belongs_to_one_key_that_works(book: KeyBook) -> None:
    book.add("shop", ("profiles:read",))
    with pytest.raises(ApiKeyError, match="revoke it first"):
        book.add("shop", ("profiles:read",))
    book.revoke("shop")
    with pytest.raises(ApiKeyError, match="no key named shop"):
        book.revoke("shop")
    book.add("shop", ("steward:write",))
    assert [(key.name, key.revoked is None) for key in book.all()] == [("shop", False), ("shop", True)]


def test_of_two_operators_who_take_one_name_one_is_told(redis_url: str) -> None:
    refused: list[str] = []

    def add() -> None:
        try:
            KeyBook(Redis.from_url(redis_url), SECRET).add("shop", ("profiles:read",))
        except ApiKeyError as error:
            refused.append(str(error))

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 3
    assert len(KeyBook(Redis.from_url(redis_url), SECRET).all()) == 1


@pytest.mark.parametrize("name", ["", "anna@example.org", "a b", "a\n", "a" * 65])
def test_a_name_that_the_audit_trail_could_not_hold_is_refused(book: KeyBook, name: str) -> None:
    with pytest.raises(ApiKeyError):
        book.add(name, ("profiles:read",))


def test_without_a_secret_there_are_no_keys(redis_url: str) -> None:
    with pytest.raises(SettingsError, match="UNIFIER_SECRET"):
        KeyBook(Redis.from_url(redis_url), "").add("shop", ("profiles:read",))


def test_the_command_line_shows_a_key_once(
    redis_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("UNIFIER_REDIS", redis_url)
    monkeypatch.setenv("UNIFIER_SECRET", SECRET)
    scopes = ["--scope", "profiles:read", "steward:write"]
    assert main(["keys", "add", "shop", *scopes]) == 0
    key = capsys.readouterr().out.strip()

    async def found() -> bool:
        async with AsyncRedis.from_url(redis_url) as redis:
            return await KeyRing(redis, SECRET).find(key) is not None

    assert asyncio.run(found())
    assert main(["keys", "list"]) == 0
    listed = capsys.readouterr().out
    assert listed.startswith("shop\tworks\tprofiles:read,steward:write\t")
    assert key not in listed
    assert main(["keys", "add", "shop", *scopes]) == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert main(["keys", "add", "the shop", *scopes]) == 2
    assert capsys.readouterr().err.startswith("unifier: a name is ")
    assert main(["keys", "revoke", "shop"]) == 0
    assert not asyncio.run(found())
