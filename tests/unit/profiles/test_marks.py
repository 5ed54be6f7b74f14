"""The marks kept of a fragment: the same in any order of arrival, and never more than their room."""

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unifier.events.canonical import CHANNELS, Signal
from unifier.profiles import marks as marks_module
from unifier.profiles.marks import (
    DAY_MS,
    KEPT,
    NO_DETAIL,
    SIZE,
    Mark,
    add_marks,
    pack_marks,
    unpack_marks,
)

HOUR_MS = DAY_MS // 24
times = st.integers(0, 12).map(lambda hours: 1_771_200_000_000 + 5 * hours * HOUR_MS)
mark = st.builds(
    Mark,
    at=times,
    signal=st.sampled_from(list(map(int, Signal))),
    channel=st.integers(0, len(CHANNELS) - 1),
    spare=st.just(0),
    event=st.integers(0, 5).map(lambda number: number.to_bytes(8)),
    detail=st.sampled_from([NO_DETAIL, b"producta"]),
)
mark_lists = st.lists(mark, max_size=30)
rooms = st.sampled_from([KEPT, (3,) * len(Signal), (1,) * len(Signal)])


def touch(at: int) -> Mark:
    return Mark(at, int(Signal.TOUCH), 0, 0, at.to_bytes(8), NO_DETAIL)


def added(marks: list[Mark], room: tuple[int, ...] = KEPT, seed: int | None = None) -> bytes:
    """What is left after adding them one by one, or in batches cut by the seed, with so much room."""
    rng = random.Random(seed)
    packed, rest = b"", list(marks)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(marks_module, "KEPT", room)
        while rest:
            count = 1 if seed is None else rng.randint(1, len(rest))
            packed, rest = add_marks(packed, rest[:count]), rest[count:]
    return packed


@given(mark_lists)
def test_what_is_packed_is_unpacked(marks: list[Mark]) -> None:
    packed = pack_marks(sorted(marks))
    assert unpack_marks(packed) == sorted(marks)
    assert len(packed) == SIZE * len(marks)


@given(mark_lists, rooms, st.integers())
def test_any_order_in_any_batches_leaves_the_same(
    marks: list[Mark], room: tuple[int, ...], seed: int
) -> None:
    shuffled = random.Random(seed).sample(marks, len(marks))
    assert added(shuffled, room, seed) == added(sorted(marks), room) == added(shuffled, room)


@given(mark_lists, st.integers())
def test_adding_again_what_is_kept_changes_nothing(marks: list[Mark], seed: int) -> None:
    packed = added(marks)
    again = [each for each in unpack_marks(packed) if random.Random(seed).random() < 0.5]
    assert add_marks(packed, again) == packed


@given(st.lists(mark, max_size=60), rooms)
def test_of_each_signal_only_so_many_are_kept(marks: list[Mark], room: tuple[int, ...]) -> None:
    kept = unpack_marks(added(marks, room))
    assert kept == sorted(set(kept))
    assert set(kept) <= set(marks)
    for signal, count in Counter(each.signal for each in kept).items():
        assert count <= room[signal]


@given(mark_lists, rooms)
def test_of_each_signal_the_newest_are_kept(marks: list[Mark], room: tuple[int, ...]) -> None:
    kept = unpack_marks(added(marks, room))
    for signal in Signal:
        if signal != Signal.TOUCH:
            newest = sorted({each for each in marks if each.signal == signal})[-room[signal] :]
            assert [each for each in kept if each.signal == signal] == newest


@given(mark_lists)
def test_of_a_days_touches_the_first_and_the_last_are_kept(marks: list[Mark]) -> None:
    kept = [each for each in unpack_marks(added(marks)) if each.signal == Signal.TOUCH]
    days: dict[int, list[Mark]] = {}
    for each in sorted({each for each in marks if each.signal == Signal.TOUCH}):
        days.setdefault(each.at // DAY_MS, []).append(each)
    assert kept == [each for day in days.values() for each in dict.fromkeys([day[0], day[-1]])]


def test_a_year_of_touches_leaves_the_newest_days() -> None:
    touches = [touch(hour * HOUR_MS) for hour in range(365 * 24)]
    kept = unpack_marks(added(touches))
    assert len(kept) == KEPT[Signal.TOUCH]
    assert kept[-1] == touches[-1]
    assert kept[0].at == (365 - KEPT[Signal.TOUCH] // 2) * DAY_MS


def test_browsing_does_not_push_out_a_purchase() -> None:
    purchase = Mark(0, int(Signal.PURCHASE), 2, 0, bytes(8), b"order001")
    views = [
        Mark(1 + minute, int(Signal.INTEREST), 0, 0, minute.to_bytes(8), b"producta")
        for minute in range(1_000)
    ]
    assert unpack_marks(added([purchase, *views]))[0] == purchase


def test_there_is_room_for_every_signal() -> None:
    assert len(KEPT) == len(Signal)
    assert min(KEPT) > 0
    assert sum(KEPT) == 200
