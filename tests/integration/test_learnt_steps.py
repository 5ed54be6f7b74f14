"""A click-stream through Kafka and a worker whose rules name no steps: they are learnt, and the weak points
are those of the report on the file."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest

from benchmarks._clickstream import START, Fault, rows
from tests.conftest import SettingsFactory
from tests.integration.spine import drained, inherit, working
from tests.unit.clickstream.files import write
from tests.waiting import eventually_async
from unifier.cli import main
from unifier.profiles.store import JourneyCounts, connect
from unifier.rules import load_rules
from unifier.serving.journey import CountedJourney, Days
from unifier.settings import Settings

SHIPPED = Path("unifier/rules.toml")
DAYS, VISITS = 82, 70
FAULT = Fault("payment_details", since=70, until=78, left=0.05, platform="ios", says_so=True)
FIRST = int(START.timestamp()) // 86_400
NAMES = {  # in the stream → in the file
    "Product Viewed": "product_view",
    "Product Added": "add_to_cart",
    "Order Completed": "purchase",
}


def learning(folder: Path) -> Path:
    """The shipped rules without [steps]."""
    rules = folder / "rules.toml"
    rules.write_text(re.sub(r"(?m)^\[steps\]\norder = .*\n", "", SHIPPED.read_text(encoding="utf-8")))
    assert load_rules(rules).steps.learnt
    return rules


def test_steps_are_learnt_through_kafka_as_from_the_file(
    settings: SettingsFactory,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    own = settings(rules=str(learning(tmp_path)))
    inherit(monkeypatch, own)
    clicks = list(rows(1, DAYS, VISITS, [FAULT]))
    file, spec = write(tmp_path, clicks)
    assert main(["journey", "report", file, "--spec", spec, "--out", str(tmp_path)]) == 0
    report = json.loads((tmp_path / "report.json").read_bytes())
    assert main(["import", file, "--spec", spec]) == 0
    capsys.readouterr()
    with working(own):
        drained(own)
        found = asyncio.run(weak_points(own, len(clicks)))
    [point] = report["weak_points"]
    assert point["where"] == {"device": "ios"}
    assert (point["step"], point["next_step"]) == ("shipping_details", "payment_details")
    assert point["likely_why"] == "error_page"
    [here] = found
    for name in ("step", "next_step"):
        assert NAMES.get(here[name], here[name]) == point[name]
    for name in ("since", "until", "where"):
        assert here[name] == point[name], name
    for name in ("share_before", "share_now"):  # two sessions of one person at once are one visit here
        assert here[name] == pytest.approx(point[name], abs=0.01)
    assert "2026-05-10" < here["detected_at"] < "2026-05-14", "other cells are counted beside: a day or two"


async def weak_points(own: Settings, touches: int) -> list[dict[str, Any]]:
    """What the stream says, once the relay has counted all touches."""
    redis = connect(own.redis)
    counts, end = JourneyCounts(redis), FIRST + DAYS
    journey = CountedJourney(counts.read, load_rules(own.rules), lambda: end * 86_400_000)

    async def counted() -> bool:
        told = await counts.read(range(FIRST, end + 1))
        return sum(number for (_, what, *_), number in told.items() if what == "touches") == touches

    try:
        await eventually_async(counted)
        found: list[dict[str, Any]] = (await journey.weak_points("", Days(FIRST, end), ""))["weak_points"]
        return found
    finally:
        await redis.aclose()
