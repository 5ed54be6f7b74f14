"""What holds for every journey, whatever happens in it and in whatever order it is heard."""

import random
from collections.abc import Sequence
from itertools import pairwise

import ormsgpack
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.journey.stories import MODELS, START, due, hashed
from unifier.devstack.simulate.phases import Told as Simulated
from unifier.devstack.simulate.phases import phases_of
from unifier.events.canonical import CHANNELS, Signal
from unifier.journey.follow import Transition, follow
from unifier.journey.models import NONE
from unifier.journey.told import TOLD_MAX, Told, phase_view
from unifier.journey.walk import TIMERS, VIEWS_KEPT, State, advance, settle
from unifier.profiles.marks import DAY_MS, NO_DETAIL, Mark, add_marks, unpack_marks

HOUR_MS = DAY_MS // 24
ORDERED = (Signal.PURCHASE, Signal.FULFILMENT, Signal.TROUBLE)
NAMES = ("", "a", "b", "c")


@st.composite
def mark_lists(draw: st.DrawFn, most: int = 25) -> list[Mark]:
    """Different marks in ascending order, over days or over years, some at the same instant."""
    gap = st.sampled_from(
        [0, 1, HOUR_MS // 2, HOUR_MS, 5 * HOUR_MS, DAY_MS, 3 * DAY_MS, 8 * DAY_MS, 40 * DAY_MS]
    )
    kinds = draw(st.lists(st.tuples(gap, st.sampled_from(Signal), st.sampled_from(NAMES)), max_size=most))
    at, marks = START, []
    for index, (after, signal, name) in enumerate(kinds):
        at += after
        kind = "order" if signal in ORDERED else "product"
        detail = hashed(kind + name) if name else NO_DETAIL
        channel = CHANNELS.index("store" if index % 2 else "web")
        marks.append(Mark(at, int(signal), channel, 0, hashed(f"event {index}"), detail))
    return sorted(marks)


undone_sets = st.frozensets(st.sampled_from([hashed("order" + name) for name in NAMES[1:]]), max_size=2)
waits = st.sampled_from([0, 1, HOUR_MS, 2 * DAY_MS, 10 * DAY_MS, 100 * DAY_MS, 500 * DAY_MS])


def walked(marks: Sequence[Mark], undone: frozenset[bytes], now: int) -> list[State]:
    """Where every model stands after walking from the start."""
    states = [State() for _ in MODELS.each]
    for model, state in zip(MODELS.each, states, strict=True):
        advance(model, state, marks, undone)
        settle(model, state, now)
    return states


def end_of(marks: Sequence[Mark], wait: int) -> int:
    return max([START, *(mark.at for mark in marks)]) + wait


def cut(marks: Sequence[Mark], seed: int) -> list[list[Mark]]:
    """The same marks in batches."""
    rng = random.Random(seed)
    batches: list[list[Mark]] = [[]]
    for mark in marks:
        if rng.random() < 0.5:
            batches.append([])
        batches[-1].append(mark)
    return batches


class Reader:
    """Follows a profile batch by batch and checks each word against those before."""

    def __init__(self) -> None:
        self.packed: list[object] | None = None
        self.marks: list[Mark] = []
        self.heard: dict[str, list[Transition]] = {model.name: [] for model in MODELS.each}
        self.due: int | None = None

    @property
    def told(self) -> Told:
        assert self.packed is not None
        return Told.unpack(self.packed)

    def follow(
        self, fresh: list[Mark] | None, undone: frozenset[bytes], now: int, cause: str = "merge"
    ) -> None:
        self.marks += fresh or []
        told = None if self.packed is None else self.told
        followed = follow(
            told, lambda: self.marks, fresh, undone, MODELS, now, cause if fresh is None else b"c"
        )
        self.packed = ormsgpack.unpackb(ormsgpack.packb(followed.told.pack()))
        self.due = followed.due
        for each in followed.transitions:
            self._hear(each)
        for model in MODELS.each:
            heard = self.heard[model.name]
            assert phase_view(self.told, model.name)["current"] == (heard[-1].to if heard else "none")

    def _hear(self, news: Transition) -> None:
        heard = self.heard[news.model]
        assert news.number == len(heard) + 1
        assert news.source_phase == (heard[-1].to if heard else "none")
        assert news.to != news.source_phase
        assert news.dwell_s >= 0
        corrected = {number for each in heard for number in each.corrects}
        standing = [each.number for each in heard if each.number not in corrected]
        assert set(news.corrects) <= set(standing[-TOLD_MAX - 1 :])
        heard.append(news)

    def states(self) -> list[State]:
        return [State(*telling.state) for telling in self.told.tellings]


@given(mark_lists(), undone_sets, st.integers(), waits)
def test_walking_on_in_any_batches_is_walking_from_the_start(
    marks: list[Mark], undone: frozenset[bytes], seed: int, wait: int
) -> None:
    reader = Reader()
    for batch in cut(marks, seed):
        reader.follow(batch, undone, batch[-1].at if batch else START)
    reader.follow([], undone, end_of(marks, wait))
    assert reader.states() == walked(marks, undone, end_of(marks, wait))
    whole = follow(None, marks, marks, undone, MODELS, end_of(marks, wait), b"c").transitions
    for model, heard in reader.heard.items():
        ours = [(each.at, each.to, each.journey, each.cause) for each in heard]
        assert ours == [(each.at, each.to, each.journey, each.cause) for each in whole if each.model == model]


@given(mark_lists(), undone_sets, st.integers(), waits)
def test_any_order_of_arrival_ends_in_the_same_phase(
    marks: list[Mark], undone: frozenset[bytes], seed: int, wait: int
) -> None:
    rng = random.Random(seed)
    reader, now = Reader(), START
    for batch in cut(rng.sample(marks, len(marks)), seed):
        now += rng.choice([0, HOUR_MS, 4 * DAY_MS])
        reader.follow(batch, undone if rng.random() < 0.5 else frozenset(), now)
    now = max(now, end_of(marks, wait))
    reader.follow([], undone, now)
    assert reader.states() == walked(marks, undone, now)


@given(mark_lists(), undone_sets, st.integers(), waits)
def test_merged_or_split_the_last_word_is_the_phase_and_one_word_is_enough(
    marks: list[Mark], undone: frozenset[bytes], seed: int, wait: int
) -> None:
    rng = random.Random(seed)
    reader, now = Reader(), end_of(marks, wait)
    for cause in ("merge", "split", "erase", "merge"):
        reader.marks = [mark for mark in marks if rng.random() < 0.7]
        before = {name: len(heard) for name, heard in reader.heard.items()}
        reader.follow(None, undone, now, cause)
        assert all(len(heard) <= before[name] + 1 for name, heard in reader.heard.items())
        assert reader.states() == walked(sorted(reader.marks), undone, now)


@given(mark_lists(), undone_sets, waits, waits)
def test_time_may_pass_in_one_go_or_in_two(
    marks: list[Mark], undone: frozenset[bytes], first: int, second: int
) -> None:
    until = end_of(marks, first + second)
    for model, state in zip(MODELS.each, walked(marks, undone, end_of(marks, first)), strict=True):
        settle(model, state, until)
        assert state in walked(marks, undone, until)


@given(mark_lists(), undone_sets, waits)
def test_no_timer_fires_before_it_is_due_and_none_is_left_behind(
    marks: list[Mark], undone: frozenset[bytes], wait: int
) -> None:
    now = end_of(marks, wait)
    for model in MODELS.each:
        state = State()
        steps = advance(model, state, marks, undone) + settle(model, state, now)
        assert all(before.at <= after.at for before, after in pairwise(steps))
        assert all(step.at <= now for step in steps if step.cause in TIMERS)
        soonest = due(state)
        assert soonest is None or soonest > now
        assert soonest is None or settle(model, state, soonest - 1) == []


@given(mark_lists(), undone_sets)
def test_in_silence_every_timer_comes_to_its_end(marks: list[Mark], undone: frozenset[bytes]) -> None:
    for model, state in zip(MODELS.each, walked(marks, undone, 0), strict=True):
        for _ in range(10):
            if (soonest := due(state)) is not None:
                settle(model, state, soonest)
        assert due(state) is None
        assert state.phase == NONE
        assert not state.loyal


@given(mark_lists(most=60), undone_sets)
def test_the_state_is_bounded(marks: list[Mark], undone: frozenset[bytes]) -> None:
    for model, state in zip(MODELS.each, walked(marks, undone, 0), strict=True):
        assert len(state.views) <= VIEWS_KEPT
        assert len(state.interests) < model.new_journey_interests
        assert len(ormsgpack.packb(state.pack())) < 250


@given(mark_lists(), undone_sets, waits)
def test_touches_between_the_first_and_the_last_of_a_day_change_no_phase(
    marks: list[Mark], undone: frozenset[bytes], wait: int
) -> None:
    touched = marks + [
        mark._replace(at=mark.at + minutes * 60_000, signal=int(Signal.TOUCH), detail=NO_DETAIL)
        for mark in marks
        for minutes in (1, 2, 3)
    ]
    now = end_of(touched, wait)
    kept = unpack_marks(add_marks(b"", touched))
    assert len(kept) <= len(set(touched))
    assert walked(kept, undone, now) == walked(sorted(set(touched)), undone, now)


SIMULATED = {
    Signal.TOUCH: "touch",
    Signal.INTEREST: "interest",
    Signal.PREFERENCE: "preference",
    Signal.FULFILMENT: "touch",
    Signal.TROUBLE: "touch",
    Signal.ADVOCACY: "advocacy",
    Signal.MEMBERSHIP: "membership",
}


@given(mark_lists(), waits)
def test_the_six_phases_are_those_of_a_plain_reading_of_the_rules(marks: list[Mark], wait: int) -> None:
    """Held against the simulation's own walk, where both say something: no ties, one order each, one year."""
    marks = [
        mark._replace(
            at=mark.at + index,
            detail=hashed(f"{index}") if mark.signal == Signal.PURCHASE else mark.detail,
        )
        for index, mark in enumerate(marks)
        if mark.signal != Signal.FULFILMENT and mark.at < START + 360 * DAY_MS
    ]
    plain = []
    for mark in marks:
        bought = "sale" if CHANNELS[mark.channel] == "store" else "order"
        signal = SIMULATED.get(Signal(mark.signal), bought)
        plain.append(Simulated(mark.at, signal, "" if mark.detail == NO_DETAIL else mark.detail.hex()))
    now = min(end_of(marks, wait), START + 360 * DAY_MS)
    entered = dict(phases_of(plain, now))  # of several phases entered at one instant the last
    state = State()
    model = MODELS.each[0]
    ours = advance(model, state, marks, frozenset()) + settle(model, state, now)
    assert {step.at: model.phases[step.to] for step in ours} == entered
