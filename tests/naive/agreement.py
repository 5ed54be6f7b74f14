"""Whether the real thing and the naive model agree, in every field of every profile."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from redis.asyncio import Redis

from tests.naive.histories import LONGEST, NOW, Said, history
from tests.naive.model import Profile, comparable
from tests.naive.product import RULES, Core, Delivery, expected, shuffled, tight
from tests.naive.workers import Batch, Workers, phases_told
from unifier.rules import Rules

EVERY = (RULES, tight(), tight(block_cap=2))
"""The shipped rules, and some with caps that a few people reach."""


@dataclass
class Tally:
    """What was run."""

    histories: int = 0
    events: int = 0
    deaths: int = 0
    profiles: int = field(default=0)


def give(delivery: Delivery, core: Core, rng: random.Random) -> None:
    """All of a delivery to a core, in batches, by a clock that is not behind what is told."""
    clock = NOW if rng.random() < 0.5 else 0
    for batch in delivery.batches(rng, rng.choice((1, 5, 50))):
        said = [event.at for one in batch if isinstance(one, Said) and (event := delivery.event(one))]
        clock = max([clock, *said])
        core.take(batch, delivery, clock)
    core.settle(NOW)


def in_core(seed: int, length: int, rules: Rules) -> None:
    """Through the pure core, as one component."""
    rng = random.Random(seed)
    delivery, core = shuffled(history(seed, length), rng, rules), Core(rules)
    give(delivery, core, rng)
    agree(core.profiles(), phases_told(core.messages), expected(delivery, rules, one_part=True))


async def on_redis(client: Redis, seed: int, tally: Tally) -> None:
    """Through the workers; once on the way all must be as it would be if nothing else came."""
    try:
        await _on_redis(client, seed, tally)
    except Exception as error:
        raise AssertionError(f"seed {seed}") from error


async def _on_redis(client: Redis, seed: int, tally: Tally) -> None:
    rng = random.Random(seed)
    rules = EVERY[seed % len(EVERY)]
    delivery = shuffled(history(seed, rng.choice((10, 40, LONGEST))), rng, rules)
    await client.flushdb()
    workers = Workers(client, rules, rng, delivery)
    coming, done = delivery.batches(rng, rng.choice((1, 5, 20, 60))), list[Batch]()
    pause = rng.randrange(len(coming) + 1)
    while coming:
        at_once: list[Batch] = [coming.pop(0)]
        if coming and rng.random() < 0.5 and delivery.independent(at_once[0], coming[0]):
            at_once.append(coming.pop(0))
        await workers.take(at_once)
        done += at_once
        if len(done) - len(at_once) <= pause < len(done):
            await _look(workers, delivery, rules, workers.clock, done)
    await _look(workers, delivery, rules, NOW, done)
    tally.histories += 1
    tally.events += sum(map(len, done))
    tally.deaths += workers.deaths
    tally.profiles += len(await workers.profiles())


async def _look(workers: Workers, delivery: Delivery, rules: Rules, now: int, done: Sequence[Batch]) -> None:
    await workers.settle(now)
    found = await workers.profiles()
    agree(found, await workers.told(), expected(delivery, rules, now, done))


def agree(
    found: Sequence[dict[str, Any]], told: Mapping[tuple[str, str], str], wanted: Sequence[Profile]
) -> None:
    """Field by field; and the phase that was told last of each profile, by it and the model, is its phase."""
    pairs = zip(comparable(found), wanted, strict=False)
    assert [differing for pair in pairs if (differing := _differences(*pair))] == []
    assert len(found) == len(wanted)
    phases = phases_of(found)
    assert {place: told.get(place, "none") for place in phases} == phases


def phases_of(found: Sequence[dict[str, Any]]) -> dict[tuple[str, str], str]:
    """(profile, model) → phase."""
    return {
        (profile["profile_id"], model): phase["current"]
        for profile in found
        for model, phase in {profile["phase"]["model"]: profile["phase"], **profile["phases"]}.items()
    }


def _differences(found: Profile, wanted: Profile) -> dict[str, Any]:
    """Field → (what the product says, what the model says)."""
    return {
        name: (found.get(name), wanted.get(name))
        for name in found.keys() | wanted
        if found.get(name) != wanted.get(name)
    }


async def many_on_redis(client: Redis, seeds: range) -> str:
    """The same for each seed; gives what agreed, in words."""
    tally = Tally()
    for seed in seeds:
        await on_redis(client, seed, tally)
    return (
        f"\nagreed: {tally.histories} histories (seeds {seeds[0]} to {seeds[-1]}),"
        f" {tally.events} events and words, {tally.profiles} profiles,"
        f" {tally.deaths} deaths in the middle of a write\n"
    )
