"""The number of people is told by a sample, and the model is made fit for it everywhere while all runs on."""

import json
from pathlib import Path

import pytest
import redis.asyncio

from tests.conftest import SettingsFactory
from tests.integration.in_process import Feed, feed
from tests.integration.messages import online, sale
from tests.integration.service import new_key, running_api
from tests.integration.spine import (
    drained,
    environment,
    inherit,
    profiles,
    read,
    working,
)
from tests.integration.strangers import STRANGERS, publish_in_two_halves, stranger
from tests.scoring import pair_bits
from tests.waiting import eventually
from unifier.cli import main
from unifier.client import Client
from unifier.doctor import examine
from unifier.matching.identity import identify
from unifier.matching.model import shipped_model
from unifier.profiles.store import People, connect
from unifier.profiles.store.layout import FORMS, PEOPLE
from unifier.profiles.store.people import fit_for
from unifier.rules import Rules, default_rules
from unifier.streams.census import Census, people_known

FIT_FOR = 64
ALONE = shipped_model().model_copy(update={"people": 1, "prior_bits": -25.1})
"""Fit for one person; of a few dozen, some who have only a name and a birth date in common are two for it."""


async def of_each_kind(into: Feed) -> None:
    await into.give([sale({"loyalty_id": f"L{number}"}) for number in range(300)])
    await into.give([online("Product Viewed", anonymousId=f"c{number}") for number in range(100)])


async def test_whoever_has_a_name_or_an_identifier_counts(
    client: redis.asyncio.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    into = feed(client)
    await of_each_kind(into)
    assert await people_known(into.pipeline.store, into.pipeline.unifier.rules) == 300
    monkeypatch.setattr("unifier.streams.census.SAMPLE", 200)
    estimated = await people_known(into.pipeline.store, into.pipeline.unifier.rules)
    assert 150 < estimated < 600, "of a part, which has some 75 of them, give or take 7"


async def test_on_a_cluster_all_masters_are_asked(empty_cluster_url: str) -> None:
    client = connect(empty_cluster_url)
    into = feed(client)
    await of_each_kind(into)
    assert await people_known(into.pipeline.store, into.pipeline.unifier.rules) == 300
    await Census(into.pipeline, People(client)).look()
    assert await client.hgetall(PEOPLE) == {b"known": b"300", b"model": b"512"}
    await client.aclose()


@pytest.mark.parametrize(
    ("known", "before", "after"),
    [
        *((0, 0, 1), (1, 0, 1), (700, 0, 1_024), (512, 512, 512), (513, 512, 1_024), (70_000, 512, 131_072)),
        *((500, 1_024, 1_024), (257, 1_024, 1_024), (256, 1_024, 256), (100, 512, 128), (0, 512, 1)),
    ],
)
def test_the_model_follows_in_doublings_and_not_to_and_fro(known: int, before: int, after: int) -> None:
    assert fit_for(known, before) == after
    assert fit_for(known, after) == after


def test_what_too_few_people_made_one_falls_apart_when_more_are_known(
    settings: SettingsFactory,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "model.json"
    path.write_text(ALONE.to_json())
    one = settings(model=str(path), snapshot_s=0.2)
    key = new_key(one.redis, "profiles:read")
    with working(one):
        publish_in_two_halves(one)
        drained(one)
    assert len(profiles(one)) == STRANGERS

    fit = default_rules().with_model(ALONE.for_people(FIT_FOR))
    apart = [n for n in range(STRANGERS) if bits(n, fit) < fit.matching.merge_bits]
    still = next(n for n in range(STRANGERS) if n not in apart)
    assert apart
    rest = {
        "UNIFIER_SECRET": one.secret,
        "UNIFIER_MODEL": str(path),
        "UNIFIER_SHARDS": str(one.shards),
        "UNIFIER_TOPIC_PREFIX": one.topic_prefix,
    }
    with running_api(one.redis, **rest) as (url, _), Client(url, key) as client:
        pid = client.lookup(loyalty_id=f"L{still}").profile_id
        assert prior(client, pid) == pytest.approx(ALONE.prior_bits)
        with working(one), redis.Redis.from_url(one.redis) as plain:  # it counts as soon as it has partitions
            eventually(lambda: len(profiles(one)) == STRANGERS + len(apart), 60)
            eventually(lambda: plain.zcard(FORMS) == 1, 60)
        eventually(lambda: prior(client, pid) == pytest.approx(fit.matching.model.prior_bits))
    splits = [m for _, m in read(one, "identity") if m and m["type"].endswith(".split.v1")]
    assert len({m["id"] for m in splits}) == len(apart)
    assert all(m["data"]["cause"] == {"model": fit.matching.model.fingerprint} for m in splits)

    inherit(monkeypatch, one)
    capsys.readouterr()  # what the worker logged
    assert main(["explain", pid, "--format", "json"]) == 0
    (link,) = json.loads(capsys.readouterr().out)["links"]
    assert link["waterfall"]["lines"][0]["bits"] == pytest.approx(fit.matching.model.prior_bits)
    found = {finding.part: finding.words for finding in examine(environment(one))}
    assert found["people"] == "some 48 are known, the model is meant for 1 and made fit for 64"


def bits(number: int, rules: Rules) -> float:
    """Of one's two records."""
    traits = tuple(sorted(stranger(number).items()))
    till, shop = (("loyalty_id", "L"),), (("email", "o@example.org"),)
    return pair_bits(identify(till, traits, "DE"), identify(shop, traits, "DE"), rules)


def prior(client: Client, pid: str) -> float:
    (link,) = client.evidence(pid).links
    assert link.waterfall.lines[0].field == "prior"
    return link.waterfall.lines[0].bits
