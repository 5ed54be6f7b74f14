"""Services and workers go on looking for other rules, whatever a look ran into."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from importlib.resources import files
from pathlib import Path
from typing import Any, cast

import pytest
from redis.exceptions import RedisError

from tests.waiting import eventually_async
from unifier import in_force
from unifier.in_force import RulesInForce
from unifier.profiles.store import People
from unifier.reload import RulesFiles
from unifier.rules import Rules, default_rules
from unifier.serving import renewal as serving
from unifier.streams import renewal as streams

FAULTS = [RedisError("away"), RecursionError("a rules file without end"), ValueError("no number")]


class InForce:
    """Other rules, after some looks that fail."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.faults = list(FAULTS)

    async def look(self) -> Rules:
        if self.faults:
            raise self.faults.pop()
        return self.rules


async def until(running: Callable[[], Awaitable[None]], done: Callable[[], bool]) -> None:
    async def is_done() -> bool:
        return done()

    task = asyncio.ensure_future(running())
    await eventually_async(is_done, timeout=10)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def test_a_service_goes_on_looking(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(in_force, "LOOK_S", 0.001)
    rules = default_rules()
    other = rules.for_people(1 << 20)
    tries = iter([False])

    def build(by: Rules) -> Any:
        if by is other and not next(tries, True):
            raise RuntimeError("a secret of somebody")
        return by

    renewal = serving.Renewal(cast("RulesInForce", InForce(other)), rules, build)
    await until(renewal.run, lambda: cast("object", renewal.services) is other)
    assert "RecursionError" in caplog.text
    assert "secret" not in caplog.text


async def test_a_worker_goes_on_looking(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(in_force, "LOOK_S", 0.001)
    renewal: Any = object.__new__(streams.Renewal)
    looks: list[None] = []
    faults = list(FAULTS)

    async def look() -> None:
        looks.append(None)
        if faults:
            raise faults.pop()

    renewal.look = look
    await until(renewal.run, lambda: len(looks) > len(FAULTS))
    assert "RecursionError" in caplog.text


class Known:
    """So many people."""

    people = 0

    async def of_model(self) -> int:
        return self.people


async def test_more_people_are_no_other_rules_while_the_rules_tell_of_more(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    text = files("unifier").joinpath("rules.toml").read_text(encoding="utf-8")
    path.write_text(text.replace("# people = 1_000_000", "people = 1_000_000"), encoding="utf-8")
    known = Known()
    in_force = RulesInForce(RulesFiles(str(path), ""), cast("People", known))
    rules = await in_force.look()
    known.people = 1 << 16
    assert await in_force.look() is rules
    known.people = 1 << 21
    assert (await in_force.look()).matching.model.people == 1 << 21
