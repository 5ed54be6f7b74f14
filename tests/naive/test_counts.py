"""The counts of journeys that the commits add up to are those of the people there are, whatever the order."""

import json
import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.naive.agreement import give
from tests.naive.counting import told
from tests.naive.histories import NOW, History, Said, history
from tests.naive.product import RULES, Core, Delivery, intake_of, shuffled
from unifier.devstack.simulate.message import iso
from unifier.journey.counted import ends
from unifier.journey.counts import Counts, Way, add, count
from unifier.journey.models import Model, compile_models
from unifier.journey.walk import State, advance, settle
from unifier.profiles.component import Component, Record
from unifier.profiles.fold import Work
from unifier.profiles.privacy import Restriction

MODELS = compile_models(RULES).each
KEPT = 20  # events of a history, all of whose touches are kept
OF_ORDER = {
    "returns",
    "people",
    "touches",
    "came",
    "on",
}  # of these the days, or the spans, depend on what came first


def ways(component: Component, record: Record, model: Model) -> Counts:
    """One person's whole way, from what is stored."""
    fragments = list(component.fragments(record.members))
    marks = sorted(mark for fragment in fragments for mark in fragment.all_marks())
    touches = sorted((at, (where[0], where[1])) for f in fragments for at, where in f.moments())
    state, undone = State(), frozenset(record.undone)
    steps = advance(model, state, marks, undone) + settle(model, state, NOW)
    return count(Way(touches if model is MODELS[0] else (), steps), model)


def expected(component: Component) -> Counts:
    found: Counts = {}
    for record in component.records.values():
        for model in MODELS:
            add(found, ways(component, record, model))
            add(found, {(0, "now", model.name, phase_of(record, model)): 1})
        fragments = list(component.fragments(record.members))
        for end in ends(fragments, RULES.ropo):
            end.add_to(found)
    return found


def phase_of(record: Record, model: Model) -> str:
    return next(str(telling[2]) for telling in record.told[2] if telling[0] == model.name)


def run(seed: int, length: int, in_order: bool) -> Core:
    rng = random.Random(seed)
    delivery, core = shuffled(history(seed, length), rng, RULES), Core(RULES)
    if in_order:
        delivery.coming.sort(key=lambda one: one.at if not isinstance(one, Said) else at(delivery, one))
    give(delivery, core, rng)
    return core


def at(delivery: Any, one: Said) -> int:
    event = delivery.event(one)
    return event.at if event else 0


@settings(max_examples=80, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32), length=st.integers(1, KEPT), in_order=st.booleans())
@example(seed=1, length=KEPT, in_order=False)
def test_counts_are_those_of_the_people_there_are(seed: int, length: int, in_order: bool) -> None:
    core = run(seed, length, in_order)
    found = told(core)
    if not core.messages:
        return
    wanted = expected(core.component())
    assert without(found, OF_ORDER) == without(wanted, OF_ORDER)
    for what in ("touches", "people"):
        assert by_place(found, what) == by_place(wanted, what)


def without(counts: Counts, what: set[str]) -> dict[Any, int]:
    return {key: number for key, number in counts.items() if key[1] not in what}


def by_place(counts: Counts, what: str) -> Counter[Any]:
    found: Counter[Any] = Counter()
    for key, number in counts.items():
        if key[1] == what:
            found[key[2:]] += number
    return found


@pytest.mark.parametrize("seed", range(6))
def test_a_restriction_and_its_release_count_nobody_twice(seed: int) -> None:
    core = run(seed, KEPT, in_order=True)
    fids = sorted(core.component().packed)
    for on in (True, False):
        words = [Restriction(fid, on, NOW + (not on), f"{fid.hex()} {on}") for fid in fids]
        core.work(Work(restrict=words), NOW)
        if on:
            assert not any(number for key, number in told(core).items() if key[0] == 0), "nobody is anywhere"
    assert without(told(core), OF_ORDER) == without(expected(core.component()), OF_ORDER)
    for what in ("touches", "people"):
        assert by_place(told(core), what) == by_place(expected(core.component()), what)


def test_other_rules_count_nobody_twice() -> None:
    core = run(2, KEPT, in_order=True)
    other = RULES.model_copy(update={"journey": RULES.journey.model_copy(update={"third_view": 2})})
    before = told(core)
    core.under(other)
    core.work(Work(), NOW, anew=True)
    after = told(core)
    for what in ("touches", "people", "tried"):
        assert by_place(after, what) == by_place(before, what)
    assert {key: n for key, n in after.items() if key[1] == "moves"} == {
        key: n for key, n in before.items() if key[1] == "moves"
    }, "what was counted stays counted"
    assert phase_sums(after) == phase_sums(expected(core.component()))


@pytest.mark.parametrize("batch", [1, 3])
def test_an_order_fulfilled_at_its_own_moment_is_one_sale(batch: int) -> None:
    order = {"order_id": "o1", "total": 9, "currency": "EUR"}
    messages = [
        online(1, NOW - 3_600_000, "Product Viewed", context={"channel": "store"}),
        online(2, NOW - 60_000, "Order Completed", properties=order),
        online(3, NOW - 60_000, "Order Fulfilled", properties=order),
        online(4, NOW - 60_000, "Product Reviewed"),
        online(5, NOW - 30_000, "Order Completed", properties={**order, "order_id": "o2"}),
    ]
    delivery, core = Delivery(History(messages), list(messages), intake_of(RULES)), Core(RULES)
    for start in range(0, len(messages), batch):
        core.take(messages[start : start + batch], delivery, NOW)
    counts = told(core)
    kinds = ("sales", "credit", "answered")
    assert {key: n for key, n in counts.items() if key[1] in kinds} == {
        key: n for key, n in expected(core.component()).items() if key[1] in kinds
    }
    assert sum(n for key, n in counts.items() if key[1:5] == ("sales", "showrooming", "", "")) == 2
    assert sum(n for key, n in counts.items() if key[1] == "answered") == 1


def test_what_a_late_touch_takes_the_place_of_is_taken_back() -> None:
    """Of the touches of a day the first and the last are kept: what was the first is no longer there."""
    noon = NOW - NOW % 86_400_000 - 43_200_000
    told_first = [(10, "store"), (11, "web"), (9, "app")]
    messages = [
        online(n, noon + (hour - 12) * 3_600_000, "home", context={"channel": channel})
        for n, (hour, channel) in enumerate(told_first)
    ]
    delivery, core = Delivery(History(messages), list(messages), intake_of(RULES)), Core(RULES)
    for message in messages:
        core.take([message], delivery, NOW)
    assert without(told(core), OF_ORDER) == without(expected(core.component()), OF_ORDER)


def online(number: int, at: int, event: str, **rest: Any) -> Said:
    message = {"messageId": f"m{number}", "type": "track", "event": event, "timestamp": iso(at)}
    return Said("online", json.dumps({**message, "anonymousId": "a", **rest}).encode())


def phase_sums(counts: Counts) -> dict[Any, int]:
    return {key: number for key, number in counts.items() if key[1] == "now"}
