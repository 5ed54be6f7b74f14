"""Weak points: found soon when planted, for whom they are; none where there is none."""

import random

import pytest

from unifier.journey.weak_points import HALF_LIFE, Cell, Count, Detector, WeakPoint, weak_points

CELLS = [Cell("pay"), *(Cell("pay", "device", value) for value in ("ios", "android", "desktop"))]


def days(seed: int, shares: dict[tuple[str, int], float], last: int = 150) -> dict[Cell, dict[int, Count]]:
    """120 visits a day, a third by each device; `shares`: (device, day) → the share that goes on, else .8."""
    rng = random.Random(seed)
    counts: dict[Cell, dict[int, Count]] = {cell: {} for cell in CELLS}
    for day in range(last):
        total = went = 0
        for cell in CELLS[1:]:
            on = sum(rng.random() < shares.get((cell.value, day), 0.8) for _ in range(40))
            counts[cell][day] = Count(40, on)
            total, went = total + 40, went + on
        counts[CELLS[0]][day] = Count(total, went)
    return counts


def only(found: list[WeakPoint]) -> WeakPoint:
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize("seed", range(8))
def test_a_quiet_shop_has_no_weak_point(seed: int) -> None:
    assert weak_points(days(seed, {})) == []


@pytest.mark.parametrize("seed", range(4))
def test_trouble_of_one_device_is_found_and_named(seed: int) -> None:
    broken = {("ios", day): 0.3 for day in range(90, 104)}
    point = only(weak_points(days(seed, broken)))
    assert point.where == {"device": "ios"}
    assert point.since in (89, 90, 91)
    assert point.until is not None
    assert abs(point.until - 104) <= 2
    assert point.detected <= 94
    assert point.share_now > 0.5 > 0.3 > point.share_before


@pytest.mark.parametrize("seed", range(4))
def test_trouble_of_all_is_said_to_be_of_all(seed: int) -> None:
    broken = {(cell.value, day): 0.3 for day in range(100, 150) for cell in CELLS[1:]}
    point = only(weak_points(days(seed, broken)))
    assert point.where == {}
    assert point.until is None
    assert point.since in (99, 100)


def test_trouble_does_not_become_what_is_usual() -> None:
    broken = {(cell.value, day): 0.3 for day in range(60, 150) for cell in CELLS[1:]}
    detector = Detector(CELLS[0], 1_000.0)
    for day, count in days(1, broken)[CELLS[0]].items():
        detector.take(day, count)
    assert detector.usual > 0.7
    assert [alarm.until for alarm in detector.alarms] == [None]


def test_two_troubles_far_apart_are_two_weak_points() -> None:
    broken = {("ios", day): 0.2 for day in (*range(60, 70), *range(110, 120))}
    later, earlier = weak_points(days(3, broken))
    assert (earlier.since, later.since) == (60, 110)


@pytest.mark.parametrize("seed", range(4))
def test_trouble_with_quiet_days_between_is_one_that_lasts_to_the_end(seed: int) -> None:
    broken = {(cell.value, day): 0.3 for day in (*range(90, 94), *range(100, 110)) for cell in CELLS[1:]}
    point = only(weak_points(days(seed, broken)))
    assert point.since in (89, 90)
    assert point.until in (109, 110, 111)


@pytest.mark.parametrize("seed", range(4))
def test_trouble_that_comes_again_and_stays_lasts(seed: int) -> None:
    broken = {("ios", day): 0.2 for day in (*range(90, 96), *range(106, 150))}
    point = only(weak_points(days(seed, broken)))
    assert (point.where, point.until) == ({"device": "ios"}, None)


def test_a_cell_with_few_visits_is_not_guessed_at() -> None:
    counts = {Cell("pay"): {day: Count(1, day < 20) for day in range(25)}}
    assert weak_points(counts) == []


def test_without_any_visit_there_is_nothing_to_find() -> None:
    assert weak_points({}) == []
    assert weak_points({Cell("pay"): {}}) == []


def test_the_baseline_follows_slowly() -> None:
    detector = Detector(CELLS[0], 1e12)
    for day in range(20 * HALF_LIFE):
        detector.take(day, Count(100, 90 if day < HALF_LIFE else 60))
    assert detector.usual == pytest.approx(0.6, abs=0.03)
