"""Workers are killed at any moment: nothing is lost, nothing is doubled, and what goes out stays in order."""

import random
from collections import defaultdict
from decimal import Decimal
from typing import Any

from tests.conftest import SettingsFactory
from tests.integration.spine import Publisher, Worker, ago, drained, profiles, read, told, working
from tests.waiting import eventually
from unifier.settings import Settings

CUSTOMERS = 60
ROUNDS = 40


def publish_round(publish: Publisher, rng: random.Random, expected: dict[str, list[Decimal]]) -> None:
    """Each customer buys once, at the till or online, sometimes told twice."""
    for n in range(CUSTOMERS):
        cents = Decimal(rng.randrange(1, 100_000)) / 100
        at = ago(rng.randrange(60, 3_000))
        expected[f"L{n}"].append(cents)
        message = publish.sale(at, str(cents), {"loyalty_id": f"L{n}"}, workstation_id=str(n % 4))
        if rng.random() < 0.1:
            publish.send("pos", message, str(n))
        publish.online("Product Viewed", at, key=f"c{n}", anonymousId=f"c{n}")


def check(settings: Settings, expected: dict[str, list[Decimal]]) -> None:
    """Every event counts once, and readers that keep the last message know what is in Redis."""
    found = profiles(settings)
    known = {p["identifiers"]["loyalty_id"][0]: p["metrics"] for p in found.values() if p["kind"] == "known"}
    assert {card: m["orders"] for card, m in known.items()} == {
        card: len(paid) for card, paid in expected.items()
    }
    assert {card: Decimal(m["revenue"]["EUR"]) for card, m in known.items()} == {
        card: sum(paid) for card, paid in expected.items()
    }
    visitors = [p["metrics"]["touches"] for p in found.values() if p["kind"] == "anonymous"]
    assert visitors == [ROUNDS] * CUSTOMERS
    assert told(settings) == found
    phases = {
        (key, message["data"]["model"]): message["data"]["to"]
        for key, message in read(settings, "journey")
        if message
    }
    for pid, profile in found.items():
        assert phases[pid, "six-phase"] == profile["phase"]["current"]
        assert phases[pid, "four-phase"] == profile["phases"]["four-phase"]["current"]


def check_repeats(settings: Settings) -> None:
    """A message that came twice is the same; leaving repeats out, sequences rise."""
    told: dict[str, dict[str, Any]] = defaultdict(dict)
    last: dict[str, str] = {}
    for topic in ("identity", "journey"):
        last.clear()
        for key, message in read(settings, topic):
            assert message is not None
            known = told[topic].setdefault(message["id"], message)
            assert known == message
            if known is message:
                assert message["sequence"] > last.get(key, "")
                last[key] = message["sequence"]


def test_kill_nine_of_workers_under_load_loses_and_doubles_nothing(settings: SettingsFactory) -> None:
    installation = settings(partitions=4, snapshot_s=0.2)
    publish = Publisher(installation)
    rng = random.Random(7)
    expected: dict[str, list[Decimal]] = defaultdict(list)
    with working(installation, 2) as workers:
        for number in range(ROUNDS):
            publish_round(publish, rng, expected)
            if number in (10, 25):
                publish.flush()
                workers[number % 2].kill()
                workers[number % 2] = Worker(installation)
        publish.flush()
        drained(installation, timeout=120)
        # What is stored is told: the profiles of Redis are the last snapshots.
        eventually(lambda: told(installation) == profiles(installation))
    check(installation, expected)
    check_repeats(installation)
