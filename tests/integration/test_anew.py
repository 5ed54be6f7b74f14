"""Other rules, another model: what is stored becomes what it would have been under them from the start."""

import json
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import ormsgpack
import pytest
import redis.asyncio

from tests.integration.in_process import END_MS, Feed, feed, people
from tests.integration.in_redis import transitions
from tests.integration.messages import sale
from tests.integration.other_rules import STRICT, all_behind, rules_with, sweep, take_up, told
from tests.integration.spine import profiles_at
from tests.integration.strangers import stranger
from unifier.devstack.simulate import Message, simulate
from unifier.events.outbound import CREATED, MERGED, REVIEW, SPLIT, CloudEvent, Merged, Transition
from unifier.profiles.store import Forms, Store
from unifier.profiles.store.layout import FORMS
from unifier.profiles.store.outbox import Outbox
from unifier.profiles.store.requests import Requests
from unifier.rules import Rules, default_rules
from unifier.streams import anew
from unifier.streams.sweep import Sweep


async def given(client: redis.asyncio.Redis, rules: Rules, messages: Sequence[Message]) -> Feed:
    """A feed with these rules from the start, which has worked these messages off."""
    into = feed(client)
    await take_up(into, rules)
    await into.give(messages)
    return into


async def test_no_name_of_a_privacy_request_is_taken_for_a_component(client: redis.asyncio.Redis) -> None:
    await Requests(client).tell("{7}:c:*", state="accepted")
    assert await all_behind(feed(client)) == []


@pytest.mark.parametrize(("before", "after"), [(STRICT, default_rules()), (default_rules(), STRICT)])
async def test_a_swept_store_is_as_if_the_model_had_been_there_from_the_start(
    client: redis.asyncio.Redis, redis_url: str, before: Rules, after: Rules
) -> None:
    messages = list(simulate(people=40, days=4, seed=5, end_ms=END_MS))
    await given(client, after, messages)
    expected = people(redis_url)
    await client.flushdb()

    into = await given(client, before, messages)
    assert people(redis_url) != expected
    await take_up(into, after)
    await sweep(into)
    assert people(redis_url) == expected
    assert await all_behind(into) == []


async def test_live_events_between_the_portions_change_nothing_of_the_outcome(
    client: redis.asyncio.Redis, redis_url: str
) -> None:
    rng = random.Random(3)
    messages = list(simulate(people=40, days=4, seed=6, end_ms=END_MS))
    into = feed(client)
    await into.give(messages)
    expected = people(redis_url)
    await client.flushdb()

    into = feed(client)
    await take_up(into, STRICT)
    await into.give(messages[: len(messages) // 2])
    await take_up(into, default_rules())
    coming = messages[len(messages) // 2 :]
    while coming:
        size = rng.randrange(1, 30)
        await into.give(coming[:size])
        coming = coming[size:]
        await anew.work_out(into.pipeline, (await all_behind(into))[:3])
    await sweep(into)
    assert people(redis_url) == expected


def namesakes(count: int) -> list[Message]:
    """Of each of so many people two records that have only name and birth date in common."""
    messages = []
    for number in range(count):
        person = stranger(number)
        messages.append(sale({**person, "loyalty_id": f"L{number}"}))
        messages.append(sale({**person, "email": f"o{number}@example.org"}))
    return messages


async def test_what_became_one_is_told_with_the_model_as_its_cause(client: redis.asyncio.Redis) -> None:
    into = feed(client)
    await take_up(into, STRICT)
    await into.give(namesakes(3))
    await told(into)
    await take_up(into, default_rules())
    await sweep(into)
    messages = await told(into)
    assert [message["type"] for message in messages] == [MERGED] * 3
    fingerprint = default_rules().matching.model.fingerprint
    for message in messages:
        CloudEvent[Merged].model_validate(message, strict=True)
        assert message["data"]["cause"] == {"model": fingerprint}

    await take_up(into, STRICT)
    await sweep(into)
    messages = await told(into)
    assert [message["type"] for message in messages] == [SPLIT] * 3
    assert {message["data"]["cause"]["model"] for message in messages} == {STRICT.matching.model.fingerprint}


@pytest.mark.parametrize("steps", range(6))
async def test_a_sweep_that_dies_at_any_step_is_carried_on_by_the_next_and_tells_each_change_once(
    client: redis.asyncio.Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    into = feed(client)
    await take_up(into, STRICT)
    await into.give(namesakes(8))
    await told(into)

    class Death(BaseException):
        pass

    left = steps

    def dying(step: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def until_then(self: Store, *arguments: Any) -> Any:
            nonlocal left
            left -= 1
            if left < 0:
                raise Death
            return await step(self, *arguments)

        return until_then

    await take_up(into, default_rules())
    with monkeypatch.context() as patch:
        patch.setattr(Store, "enter", dying(Store.enter))
        patch.setattr(Store, "commit", dying(Store.commit))
        with pytest.raises(Death):
            await sweep(into)
    after = feed(client)
    await sweep(after)
    assert await all_behind(after) == []
    assert [message["type"] for message in await told(after)] == [MERGED] * 8
    assert len(people(redis_url)) == 8


async def test_what_changes_nothing_is_not_told_and_makes_no_snapshot_due(
    client: redis.asyncio.Redis,
) -> None:
    into = feed(client)
    await into.give(namesakes(3))
    await told(into)
    for shard in range(into.pipeline.store.layout.shards):
        await client.delete(into.pipeline.store.layout.dirty(shard))
    model = default_rules().matching.model
    await take_up(
        into, default_rules().with_model(model.model_copy(update={"prior_bits": model.prior_bits - 0.1}))
    )
    assert await all_behind(into)
    await sweep(into)
    assert await all_behind(into) == []
    assert await told(into) == []
    assert [key async for key in client.scan_iter(match="*:dirty")] == []


async def test_a_value_that_no_longer_names_nobody_links_what_is_stored(
    client: redis.asyncio.Redis, redis_url: str
) -> None:
    into = feed(client)
    await take_up(into, rules_with(shared_values=("email:team@*",)))
    mail = {"email": "team@example.org"}
    await into.give([sale({**mail, "phone": "+43 660 1234567"}), sale({**mail, "phone": "+43 660 7654321"})])
    assert len(people(redis_url)) == 2
    await take_up(into, rules_with(shared_values=()))
    await sweep(into)
    assert len(people(redis_url)) == 1
    # One mailbox, two phones: merged, and asked.
    assert {message["type"] for message in await told(into)} == {CREATED, MERGED, REVIEW}


async def test_a_value_with_more_holders_than_the_rules_now_allow_links_no_more(
    client: redis.asyncio.Redis, redis_url: str
) -> None:
    into = feed(client)
    mail = {"email": "family@example.org"}
    await into.give([sale({**mail, "phone": f"+43 660 123456{n}"}) for n in range(4)])
    assert len(people(redis_url)) == 1
    await take_up(into, rules_with(shared_holders=3))
    await sweep(into)
    assert len(people(redis_url)) == 4


async def test_other_journey_rules_are_walked_by_those_who_do_not_come_by(
    client: redis.asyncio.Redis,
) -> None:
    into = feed(client)
    await into.give(namesakes(1))
    outbox = Outbox(client, into.pipeline.store.layout, range(16))
    rules = default_rules()
    await take_up(into, rules.model_copy(update={"models": {"another": rules.models["six-phase"]}}))
    await sweep(into)
    await outbox.take_over()
    effects = [e.effects for part in await outbox.read(1_000, 0, 0) for e in part.entries if e.effects]
    messages = [
        json.loads(m[2]) for packed in effects for m in ormsgpack.unpackb(packed) if m[0] == "journey"
    ]
    news = [message for message in messages if message["data"]["model"] == "another"]
    assert news
    for message in news:
        CloudEvent[Transition].model_validate(message, strict=True)


async def test_other_rules_of_the_journey_leave_what_was_told_and_tell_once_where_everybody_stands(
    client: redis.asyncio.Redis, redis_url: str
) -> None:
    rules = default_rules()
    journey = rules.journey.model_copy(update={"third_view": 2, "fulfilled_after_online": 3_600_000})
    other = rules.model_copy(update={"journey": journey, "segments": {"keen": rules.segments["new"]}})
    messages = list(simulate(people=40, days=6, seed=5, end_ms=END_MS))
    await given(client, other, messages)
    expected = standings(redis_url)
    await client.flushdb()

    into = feed(client)
    await into.give(messages)
    assert standings(redis_url) != expected
    before = await transitions(client)
    await take_up(into, other)
    await sweep(into)
    assert standings(redis_url) == expected
    after = {each["id"]: each for each in await transitions(client)}
    assert after.keys() > {each["id"] for each in before}
    assert all(after[each["id"]] == each for each in before), "what was told stays told"
    last = {(each["profile_id"], each["model"]): each["to"] for each in sorted(after.values(), key=number)}
    for pid, one in profiles_at(redis_url).items():
        for phase in (one["phase"], *({"model": name, **phase} for name, phase in one["phases"].items())):
            assert last.get((pid, phase["model"]), "none") == phase["current"]
    await sweep(into)
    for component in await all_of(into):
        assert await anew.work_out(into.pipeline, [component])
    assert len(await transitions(client)) == len(after), "it is told once"


def number(told: dict[str, Any]) -> int:
    return int(told["id"].rpartition("/")[2])


def standings(url: str) -> list[Any]:
    return [(one["identifiers"], one["phase"], one["phases"], one["segments"]) for one in people(url)]


async def all_of(into: Feed) -> list[bytes]:
    return [bytes(key)[-12:] async for key in into.pipeline.store.redis.scan_iter(match="*:c:*")]


async def test_nothing_is_swept_while_a_worker_works_by_other_rules(client: redis.asyncio.Redis) -> None:
    into = feed(client)
    await take_up(into, STRICT)
    await into.give(namesakes(2))
    forms, other = Forms(client), STRICT.form
    await forms.say(other)
    await take_up(into, default_rules())
    await forms.say(into.pipeline.unifier.form)
    sweeping = Sweep(into.pipeline, forms, rate=10_000)
    assert await sweeping.look()
    behind = await all_behind(into)
    assert len(behind) == 4

    await client.zadd(FORMS, {other.hex(): 1})  # it was last named long ago
    assert await sweeping.look()
    assert await all_behind(into) == []
    assert (await forms.say(into.pipeline.unifier.form)).others  # until a walk has found nothing left
    assert await sweeping.look()
    assert (await forms.say(into.pipeline.unifier.form)).others == {}
