"""A click-stream through Kafka and a worker: the people, phases and moves are those of the report on it."""

import asyncio
import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import SettingsFactory
from tests.integration.spine import NOW_MS, drained, inherit, profiles, working
from tests.waiting import eventually_async
from unifier.cli import main
from unifier.profiles.store import JourneyCounts, connect
from unifier.rules import default_rules
from unifier.serving.journey import CountedJourney, Days
from unifier.settings import Settings

SPEC = """
user = "visitor"
event = "action"
time = "at"
product = "sku"
order = "number"
total = "paid"
currency = "EUR"
[events]
look = "Product Viewed"
cart = "Product Added"
pay = "Order Completed"
oops = "signal:trouble"
"""
HOUR = 3_600_000
DAY = 24 * HOUR
STORIES = (  # (hours ago, action, product), of every eighth visitor each; a purchase is a day old, or fresh
    ((50, "home", ""),),
    ((40, "home", ""), (39, "look", "s1")),
    ((60, "look", "s1"), (59, "look", "s1"), (30, "look", "s1")),
    ((80, "look", "s2"), (79, "cart", "s2"), (10, "home", "")),
    ((90, "look", "s2"), (89, "cart", "s2"), (88, "pay", "s2")),
    ((72, "cart", "s2"), (2, "pay", "s2")),
    ((300, "look", "s3"), (299, "cart", "s3"), (1, "oops", "")),
    ((95, "pay", "s1"), (60, "cart", "s2"), (1, "pay", "s2")),
)
PEOPLE = 48


def clicks() -> list[dict[str, str]]:
    """Rows in no order of time; their ids are made of them."""
    rows = []
    for person in range(PEOPLE):
        for number, (hours, action, product) in enumerate(STORIES[person % len(STORIES)]):
            at = NOW_MS - hours * HOUR - person * 1_000
            paid = {"number": f"o{person}-{number}", "paid": "19.90"} if action == "pay" else {}
            row = {"visitor": f"v{person}", "action": action, "sku": product, "number": "", "paid": ""}
            rows.append({**row, "at": datetime.fromtimestamp(at / 1000, UTC).isoformat(), **paid})
    return rows


def moves(flows: list[dict[str, Any]]) -> set[tuple[str, str, str, int, float]]:
    return {(f["from"], f["to"], f["direction"], f["moves"], f["median_dwell_s"]) for f in flows}


def test_a_click_stream_becomes_the_people_and_phases_that_its_report_tells(
    settings: SettingsFactory,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    own = settings()
    inherit(monkeypatch, own)
    spec, file = tmp_path / "spec.toml", tmp_path / "clicks.jsonl"
    spec.write_text(SPEC)
    file.write_text("\n".join(map(json.dumps, clicks())))
    assert main(["journey", "report", str(file), "--spec", str(spec), "--out", str(tmp_path)]) == 0
    report = json.loads((tmp_path / "report.json").read_bytes())
    assert report["people"] == PEOPLE

    for _ in range(2):  # again: it counts nothing twice
        assert main(["import", str(file), "--spec", str(spec)]) == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert told == [{"published": len(clicks()), "refused": {}, "cells_left_out": 0}] * 2
    with working(own):
        drained(own)
        found = profiles(own)
        assert len(found) == PEOPLE
        phases = Counter(one["phase"]["current"] for one in found.values())
        assert phases == {p["phase"]: p["people_now"] for p in report["phases"] if p["people_now"]}
        assert {one["metrics"]["touches"] for one in found.values()} == {len(story) for story in STORIES}
        summary, flows = asyncio.run(counted(own))
    assert {p["phase"]: (p["journeys"], p["drop_off"]) for p in summary["phases"]} == {
        p["phase"]: (p["journeys"], p["drop_off"]) for p in report["phases"]
    }
    assert moves(flows) == moves(report["flows"])


async def counted(own: Settings) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What the stream says of everybody, once the relay has counted them."""
    redis = connect(own.redis)
    journey = CountedJourney(JourneyCounts(redis).read, default_rules())
    days = Days(NOW_MS // DAY - 30, NOW_MS // DAY)

    async def everybody() -> bool:
        told = await journey.summary("", days)
        return bool(sum(phase["people_now"] for phase in told["phases"]) == PEOPLE)

    try:
        await eventually_async(everybody)
        return await journey.summary("", days), (await journey.flows("", days, ""))["flows"]
    finally:
        await redis.aclose()
