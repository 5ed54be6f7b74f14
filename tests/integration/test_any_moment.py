"""The same people, whatever was worked off together and at which moments: late, again, and after deaths."""

import random
from collections.abc import Sequence

import orjson
import pytest
import redis.asyncio

from tests.faults.judge import Verdict, people
from tests.faults.stored import stored
from tests.integration.carriers import twice
from tests.integration.deaths import Death
from tests.integration.in_process import END_MS, Feed, feed, fire
from tests.integration.in_redis import transitions
from tests.integration.messages import happened
from tests.integration.shop import DAY, HOUR, track
from unifier.devstack.simulate import Message, simulate
from unifier.devstack.simulate.message import iso
from unifier.profiles.store import Commit, Result
from unifier.settings import Settings

DAYS = 4
END = END_MS + DAY + 12 * HOUR
DELAYS = (0, 0, 0, HOUR // 4, 3 * HOUR, DAY + HOUR)  # from an event to its message


SHOPPERS = 12  # beside the simulated people: of fast decisions, some of them named
HABITS = ("Product Viewed", "Product Added", "Product Added", "Order Completed", "Page")


def shoppers(rng: random.Random) -> list[Message]:
    """Carts and orders in quick succession."""
    told = []
    for number in range(SHOPPERS * 12):
        who, at = number % SHOPPERS, END_MS - rng.randrange(2 * DAY)
        order = {"order_id": f"{who}/{rng.randrange(5)}", "total": 9, "currency": "EUR", "product_id": "p"}
        habit = rng.choice((*HABITS, "Order Cancelled") if who < 2 else HABITS)
        told.append((at, track(habit, f"c{who}", properties=order)))
        if number % 30 == 0:
            name = {"email": f"{who // 2}@example.org"}  # two browsers of one person
            told.append((at, {"type": "identify", "anonymousId": f"c{who}", "traits": name}))
    return [
        Message("online", b"", orjson.dumps({"messageId": f"m{n}", "timestamp": iso(at), **body}), at, None)
        for n, (at, body) in enumerate(told)
    ]


class Mortal:
    """Hands messages to one worker after the other; each dies sooner or later, before a write or after it,
    and the next one reads the batch again."""

    def __init__(
        self, client: redis.asyncio.Redis, rng: random.Random, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self._client, self._rng, self._monkeypatch = client, rng, monkeypatch
        self.now = END_MS - DAYS * DAY
        self._into = self._born()

    def _born(self) -> Feed:
        into, rng = feed(self._client, clock=lambda: self.now), self._rng
        commit = into.pipeline.store.commit

        async def perhaps(commits: Sequence[Commit]) -> list[Result]:
            fate = rng.randrange(20)
            if fate == 0:
                raise Death
            results = await commit(commits)
            if fate == 1:
                raise Death
            return results

        self._monkeypatch.setattr(into.pipeline.store, "commit", perhaps)
        return into

    async def give(self, messages: Sequence[Message]) -> None:
        while True:
            read = dict(self._into.offsets)
            try:
                await self._into.give_together(messages)
                await fire(self._into, self.now)
                assert self._into.letters == []
                return
            except Death:
                self._into = self._born()
                self._into.offsets |= read
                self.now += self._rng.choice([0, 1_000, HOUR // 60])


async def whole(client: redis.asyncio.Redis, messages: Sequence[Message]) -> None:
    """In one go, in the end."""
    into = feed(client, clock=lambda: END)
    await into.give_together(messages)
    await fire(into, END)


async def lived(worker: Mortal, messages: Sequence[Message], rng: random.Random) -> None:
    """As it may come: late, in any order, some of it twice."""
    told = [*messages, *rng.sample(messages, len(messages) // 10)]
    coming = [(happened(message) + rng.choice(DELAYS), n, message) for n, message in enumerate(told)]
    coming.sort()
    while coming:
        size = rng.choice([1, 20, 100])
        worker.now = max(worker.now, int(coming[:size][-1][0]) + rng.choice([0, 1_000, HOUR]))
        await worker.give([message for *_, message in coming[:size]])
        coming = coming[size:]
    assert worker.now < END
    worker.now = END
    await worker.give([])


@pytest.mark.parametrize("seed", [4, 5, 13, 20])
async def test_the_same_people_at_whatever_moments(
    client: redis.asyncio.Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    rng = random.Random(seed)
    messages = [*simulate(people=8, days=DAYS, seed=seed, end_ms=END_MS), *shoppers(rng)]
    settings = Settings(redis=redis_url, secret="s", shards=16)
    await whole(client, messages)
    expected = await stored(settings, END)
    await client.flushdb()
    await lived(Mortal(client, rng, monkeypatch), messages, rng)
    found = await stored(settings, END)
    verdict = Verdict()
    people(verdict, found, expected, clocks_held=True)
    assert verdict.examples == []
    assert any(each.cools for each in found.actions.values()), "some have had their reminder"
    told = sorted(await transitions(client), key=lambda each: (each["profile_id"], each["sequence"]))
    assert twice(told) == [], "nobody is pushed the same while it is under way, or has just gone out"
