"""The figures of the matching benchmark, against small cases worked out by hand."""

import pytest

from benchmarks.linkage.quality import best_threshold, calibration, components, curve
from unifier.matching.quality import b_cubed, between, closure

TRUTH = "aaabb"


def test_b_cubed_weighs_each_row_by_its_group_and_its_person() -> None:
    # groups {a a} {a b b}: precision (1 + 1 + 1/3 + 2/3 + 2/3) / 5, recall (2/3 + 2/3 + 1/3 + 1 + 1) / 5
    found = b_cubed(TRUTH, [0, 0, 1, 1, 1])
    assert found.precision == pytest.approx(11 / 15)
    assert found.recall == pytest.approx(11 / 15)
    assert found.f1 == pytest.approx(11 / 15)


def test_closure_counts_pairs() -> None:
    # true pairs 3 + 1, found pairs 1 + 3, of which right 1 + 1
    assert closure(TRUTH, [0, 0, 1, 1, 1]) == (0.5, 0.5, 0.5)


def test_the_truth_itself_is_perfect_and_single_rows_miss_everything() -> None:
    assert b_cubed(TRUTH, TRUTH) == closure(TRUTH, TRUTH) == (1.0, 1.0, 1.0)
    alone = closure(TRUTH, range(5))
    assert (alone.precision, alone.recall, alone.f1) == (1.0, 0.0, 0.0)
    assert b_cubed(TRUTH, range(5)).recall == pytest.approx(2 / 5)


def test_components_chain() -> None:
    assert components(5, [(3, 4), (0, 1), (1, 3)]) == [0, 0, 2, 0, 0]


def test_the_curve_follows_the_falling_threshold_and_takes_equal_scores_together() -> None:
    pairs = [(0, 1, 0.9), (2, 3, 0.5), (0, 2, 0.5), (3, 4, 0.1)]
    told = [(point.precision, point.recall) for point in curve(TRUTH, pairs)]
    assert told == [(1.0, 0.25), (2 / 3, 0.5), (0.75, 0.75), (0.75, 0.75)]


def test_the_best_threshold_is_the_one_that_the_truth_likes_best() -> None:
    bar, labels = best_threshold(TRUTH, [(0, 1, 0.9), (1, 2, 0.8), (3, 4, 0.7), (2, 3, 0.2)])
    assert bar == 0.7
    assert labels == [0, 0, 0, 3, 3]


def test_calibration_compares_what_was_said_with_what_was_right() -> None:
    bins, error = calibration([(0.9, True), (0.9, False), (0.2, False), (1.0, True)])
    assert [one.claims for one in bins] == [1, 3]
    assert bins[1].right == pytest.approx(2 / 3)
    # one claim 0.2 off, three claims |2.8/3 − 2/3| off
    assert error == pytest.approx((0.2 + 3 * (2.8 / 3 - 2 / 3)) / 4)


def test_pairs_of_one_person_are_no_pairs_of_a_household() -> None:
    people, truth = ["a", "a", "b", "c"], [1, 1, 1, 2]
    assert between(people, truth, [1, 1, 1, 2]) == (1, 1, 1)
    assert between(people, truth, [1, 1, 1, 1])[:2] == (1 / 3, 1)
    assert between(people, truth, [1, 2, 1, 3])[:2] == (1, 1 / 2)
