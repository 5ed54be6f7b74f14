"""`unifier train --from-redis`: weights from what the workers have stored."""

import asyncio
import random
from pathlib import Path

import pytest
import redis.asyncio

from tests.integration.in_process import END_MS, RULES, feed
from tests.integration.messages import command, online, sale
from unifier.cli import main
from unifier.devstack.simulate import simulate
from unifier.events.form import time_text
from unifier.linking.stored import read_sample
from unifier.matching.identity import Identity, identify
from unifier.matching.model import parse_model
from unifier.profiles.ids import Keys
from unifier.rules import default_rules, load_rules


def customers(count: int) -> list[dict[str, str]]:
    draw = random.Random(1)
    firsts, lasts = (
        ["Anna", "Otto", "Ida", "Emil", "Jana"],
        ["Jagemann", "Unterhuber", "Reutolberg", "Nolting"],
    )
    found = []
    for _ in range(count):
        birth = f"{draw.randrange(1940, 2005)}-{draw.randrange(1, 13):02}-{draw.randrange(1, 29):02}"
        found.append(
            {"first_name": draw.choice(firsts), "last_name": draw.choice(lasts), "birth_date": birth}
        )
    return found


def told(customer: dict[str, str]) -> Identity:
    return identify((), tuple(sorted(customer.items())), "DE")


async def test_all_who_have_a_name_are_the_sample_of_a_small_store(client: redis.asyncio.Redis) -> None:
    into = feed(client)
    people = customers(40)
    await into.give([sale(person) for person in people + people[:5]])
    await into.give(
        [sale({"email": ""}, tenders=[{"kind": "card", "amount": "1.00", "payment_account": "P1"}])]
    )
    sample = await read_sample(into.pipeline.store, Keys("s"), RULES)
    assert set(sample.seeds) == set(map(told, people))
    assert sample.distinct == len(set(map(told, people)))


@pytest.mark.parametrize("most", [1_000, 60], ids=["all", "drawn"])
async def test_nothing_is_learnt_from_who_is_restricted(client: redis.asyncio.Redis, most: int) -> None:
    into = feed(client)
    people = [{**person, "loyalty_id": f"L{n // 2}"} for n, person in enumerate(customers(80))]
    await into.give([sale(person) for person in people])
    await into.give([command("restrict", "r", identifiers={"loyalty_id": "L7"}, at=time_text(END_MS))])
    sample = await read_sample(into.pipeline.store, Keys("s"), RULES, most=most, seeds=60)
    learnt = {*sample.seeds, *sample.near, *sample.names}
    assert ("loyalty_id", "L8") in {pair for one in learnt for pair in one.ids}
    assert sum(("loyalty_id", "L7") in one.ids for one in learnt) < 2, "one of the two was meant"


async def test_nothing_is_learnt_from_who_said_no_under_the_same_account(client: redis.asyncio.Redis) -> None:
    into = feed(client)
    no = {"consent": {"categoryPreferences": {"stitching": False}}}
    known = {"traits": {"firstName": "Anna", "lastName": "Jagemann"}}
    await into.give([online("Product Viewed", userId="a1", context=no)])
    await into.give([online("Product Viewed", userId=account, context=known) for account in ("a1", "a2")])
    sample = await read_sample(into.pipeline.store, Keys("s"), RULES)
    assert [one.ids for one in sample.seeds] == [(("account_id", "a2"),)]


async def test_of_a_large_store_some_are_drawn_with_their_neighbours(client: redis.asyncio.Redis) -> None:
    into = feed(client)
    people = [{**person, "loyalty_id": f"L{n // 2}"} for n, person in enumerate(customers(200))]
    await into.give([sale(person) for person in people])
    sample = await read_sample(into.pipeline.store, Keys("s"), RULES, most=50, seeds=20)
    assert len(sample.seeds) == 20
    assert len(sample.names) == 50
    assert 100 < sample.distinct < 400
    cards = {dict(seed.ids)["loyalty_id"] for seed in sample.seeds}
    together = {dict(one.ids)["loyalty_id"]: 0 for one in (*sample.seeds, *sample.near)}
    for one in (*sample.seeds, *sample.near):
        together[dict(one.ids)["loyalty_id"]] += 1
    assert all(together[card] == 2 for card in cards)


@pytest.fixture
def on_the_store(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands find what `feed` has stored."""
    monkeypatch.setenv("UNIFIER_REDIS", redis_url)
    monkeypatch.setenv("UNIFIER_SECRET", "s")
    monkeypatch.setenv("UNIFIER_SHARDS", "16")


@pytest.mark.usefixtures("on_the_store")
async def test_the_command_writes_a_model_that_can_be_used(
    client: redis.asyncio.Redis, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "model.json"
    command = ["train", "--from-redis", "--out", str(out)]
    assert await asyncio.to_thread(main, command) == 2
    assert "holds nobody" in capsys.readouterr().err
    await feed(client).give(list(simulate(people=60, days=4, seed=2, end_ms=END_MS)))
    assert await asyncio.to_thread(main, command) == 0
    assert parse_model(out.read_bytes(), "model.json").trained_on.rows > 60
    assert "UNIFIER_MODEL" in capsys.readouterr().err


@pytest.mark.usefixtures("on_the_store")
async def test_what_people_will_do_is_learnt_from_their_stored_journeys(
    client: redis.asyncio.Redis, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "forecast.json"
    command = ["train", "--journey", "--from-redis", "--out", str(out)]
    assert await asyncio.to_thread(main, command) == 2
    assert "give a longer history" in capsys.readouterr().err
    await feed(client).give(list(simulate(people=30, days=30, seed=2, end_ms=END_MS)))
    assert await asyncio.to_thread(main, command) == 0
    rules = load_rules(forecast=out)
    assert rules.forecast.learned_from.startswith("this stream: ")
    assert rules.forecast != default_rules().forecast
