"""What other rules would make of what is stored: as many merges and splits as the sweep then makes."""

import json
from collections import Counter
from pathlib import Path

import pytest
import redis.asyncio

from tests.conftest import SettingsFactory
from tests.integration.in_process import END_MS, Feed, feed
from tests.integration.in_redis import components
from tests.integration.other_rules import STRICT, sweep, take_up, told
from tests.integration.spine import inherit
from unifier.cli import main
from unifier.devstack.simulate import simulate
from unifier.events.decode import Decoder
from unifier.events.outbound import MERGED, SPLIT
from unifier.profiles.ids import Keys
from unifier.profiles.marks import DAY_MS
from unifier.profiles.store.dry import DryStore
from unifier.profiles.view import is_known
from unifier.rules import Rules, default_rules
from unifier.rules.rules import Retention
from unifier.streams.intake import Intake
from unifier.streams.unify import Unifier
from unifier.streams.what_if import SAMPLES, Outcome, ask

SHIPPED = default_rules()
NARROW = SHIPPED.model_copy(
    update={"matching": SHIPPED.matching.model_copy(update={"block_cap": 2, "shared_holders": 2})}
)


async def stored(client: redis.asyncio.Redis) -> dict[bytes, bytes | None]:
    return {key: await client.dump(key) async for key in client.scan_iter(count=1_000)}


async def asked(into: Feed, rules: Rules, since: int | None = None, now: int = END_MS) -> Outcome:
    store = into.pipeline.store
    intake = Intake(Decoder(rules, "Europe/Berlin"), Keys("s"), rules, "DE")
    dry = DryStore(store.redis, store.layout.shards)
    return await ask(dry, intake, Unifier(intake, rules), since, lambda: now)


@pytest.mark.parametrize(
    ("before", "after"),
    [(STRICT, SHIPPED), (SHIPPED, STRICT), (SHIPPED, NARROW), (SHIPPED, SHIPPED)],
    ids=["looser", "stricter", "narrower", "the same"],
)
async def test_it_counts_what_the_sweep_then_tells_and_writes_nothing(
    client: redis.asyncio.Redis, before: Rules, after: Rules
) -> None:
    into = feed(client)
    await take_up(into, before)
    await into.give(list(simulate(people=60, days=4, seed=5, end_ms=END_MS)))
    await told(into)
    there = await stored(client)
    outcome = await asked(into, after)
    assert await stored(client) == there

    await take_up(into, after)
    await sweep(into)
    messages = await told(into)
    merged = [message["data"] for message in messages if message["type"] == MERGED]
    split = [message["data"] for message in messages if message["type"] == SPLIT]
    assert outcome.failed == 0
    assert outcome.merges == sum(len(data["merged"]) for data in merged)
    assert outcome.splits == sum(len(data["parts"]) - 1 for data in split)
    assert bool(outcome.merges + outcome.splits) == (before is not after)
    assert len(outcome.samples["merges"]) == min(SAMPLES, len(merged))


async def test_since_a_time_only_those_are_asked_about_who_were_heard_of(client: redis.asyncio.Redis) -> None:
    into = feed(client)
    await take_up(into, STRICT)
    await into.give(list(simulate(people=40, days=4, seed=5, end_ms=END_MS)))
    every, some, none = [
        await asked(into, SHIPPED, since) for since in (None, END_MS - 43_200_000, END_MS + 1)
    ]
    assert every.components > some.components > none.components == 0
    assert every.merges >= some.merges


@pytest.fixture
def commanded(settings: SettingsFactory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    inherit(monkeypatch, settings())
    rules = tmp_path / "rules.toml"
    shipped = (Path(__file__).parents[2] / "unifier" / "rules.toml").read_text()
    rules.write_text(shipped.replace("block_cap = 60", "block_cap = 6"))
    return rules


def test_the_command_prints_counts_and_says_what_the_operator_can_mend(
    commanded: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["replay", "--what-if", str(commanded)]) == 0
    shown = capsys.readouterr()
    assert json.loads(shown.out)["merges"] == 0
    assert shown.err == (
        "No profiles were made by other rules than these: of what is stored nothing would change ([signals], "
        "[steps] and [responses] say what will be made of what comes). Nothing was written.\n"
    )
    assert main(["replay", "--what-if", str(commanded), "--since", "2026-11-20"]) == 0
    assert capsys.readouterr().err.startswith(
        "No profiles that were heard of since 2026-11-20T00:00:00.000Z "
    )
    commanded.write_text("version = 1\n")
    for arguments, words in (
        (["--what-if", str(commanded)], "identifiers: missing; add it"),
        (["--what-if", f"{commanded}.none"], "give the path of a TOML file"),
        (["--what-if", str(commanded), "--since", "noon"], "give an ISO 8601 time"),
    ):
        assert main(["replay", *arguments]) == 2
        line = capsys.readouterr().err
        assert words in line
        assert line.count("\n") == 1


async def test_of_those_that_were_made_by_other_rules_it_is_said_what_would_change(
    client: redis.asyncio.Redis,
) -> None:
    into = feed(client)
    await into.give(list(simulate(people=20, days=4, seed=5, end_ms=END_MS)))
    same, other = await asked(into, SHIPPED), await asked(into, STRICT)
    assert same.in_words(None).startswith("No profiles were made by other rules than these:")
    assert other.in_words(None).startswith(
        f"Of {other.profiles:,} profiles that were made by other rules than these, "
    )


async def test_it_counts_whom_a_retention_would_forget(client: redis.asyncio.Redis) -> None:
    into = feed(client)
    await into.give(list(simulate(people=20, days=4, seed=5, end_ms=END_MS)))
    forgetting = SHIPPED.model_copy(update={"retention": Retention.model_validate({"anonymous": "20d"})})
    anonymous = sum(
        not is_known(c.fragments(r.members), SHIPPED)
        for c in await components(client)
        for r in c.records.values()
    )
    assert anonymous
    assert (await asked(into, forgetting)).forgotten == 0
    later = await asked(into, forgetting, now=END_MS + 30 * DAY_MS)
    assert later.forgotten == anonymous
    assert f"{anonymous:,} would be forgotten in a week." in later.in_words(None)


async def test_who_was_read_of_today_is_counted_by_when_he_was_heard_of(client: redis.asyncio.Redis) -> None:
    """A history that was loaded this morning: the week comes first, but then they go."""
    into = feed(client)
    await into.give(list(simulate(people=20, days=12, seed=5, end_ms=END_MS)))
    forgetting = SHIPPED.model_copy(
        update={"retention": Retention.model_validate({"anonymous": "5d", "known": "5d"})}
    )
    silent = sum(
        max(fragment.last_at for fragment in c.fragments(r.members)) <= END_MS - 5 * DAY_MS
        for c in await components(client)
        for r in c.records.values()
    )
    assert silent
    assert (await asked(into, forgetting)).forgotten == silent


async def test_another_playbook_and_other_segments_are_told_of(client: redis.asyncio.Redis) -> None:
    into = feed(client)
    await into.give(list(simulate(people=60, days=4, seed=5, end_ms=END_MS)))
    playbook = SHIPPED.playbook
    assert playbook is not None
    actions = [
        action.model_copy(update={"name": "nudge"}) if action.name == "cart_reminder" else action
        for action in playbook.actions
    ]
    segments = {name: when for name, when in SHIPPED.segments.items() if name != "new"}
    after = SHIPPED.model_copy(
        update={
            "playbook": playbook.model_copy(update={"actions": tuple(actions)}),
            "segments": segments | {"fresh": SHIPPED.segments["new"]},
        }
    )
    outcome = await asked(into, after)
    assert outcome.actions.keys() == {"cart_reminder → nudge"}
    assert outcome.actions.total() > 0
    assert outcome.entered == Counter(fresh=outcome.left["new"])
    assert outcome.left.keys() == {"new"}
    assert outcome.transitions.total() == outcome.merges == outcome.splits == 0
