"""BG/NBD: the formulas against what they mean, and the fit against buyers drawn from known parameters."""

import random

import pytest
from scipy.special import hyp2f1 as by_scipy

from unifier.journey.buying import Buyer, BuyingModel, hyp2f1
from unifier.journey.buying_fit import FitError, fit

MODEL = BuyingModel(0.2516, 4.789, 0.7234, 2.161)


@pytest.mark.parametrize("z", [0.0, 0.3, 0.7, 0.95])
@pytest.mark.parametrize(("a", "b", "c"), [(0.25, 2.2, 1.9), (7.25, 9.2, 8.9), (100.3, 102.0, 101.9)])
def test_the_series_is_gauss_function(a: float, b: float, c: float, z: float) -> None:
    assert hyp2f1(a, b, c, z) == pytest.approx(by_scipy(a, b, c, z), rel=1e-8)


def test_who_bought_once_may_always_come_again() -> None:
    assert MODEL.outlook(Buyer(0, 0.0, 100.0), 12.0).alive == 1.0


def test_the_longer_the_silence_the_less_is_to_be_expected() -> None:
    silent = [Buyer(5, 20.0, age) for age in (20.0, 30.0, 60.0, 200.0)]
    chances = [MODEL.outlook(buyer, 12.0).alive for buyer in silent]
    assert chances == sorted(chances, reverse=True)
    assert chances[0] > 0.7 > 0.01 > chances[-1]
    expected = [MODEL.outlook(buyer, 12.0).expected for buyer in silent]
    assert expected == sorted(expected, reverse=True)


def test_more_weeks_more_purchases() -> None:
    buyer = Buyer(3, 10.0, 12.0)
    assert MODEL.outlook(buyer, 0.0).expected == pytest.approx(0.0)
    assert 0 < MODEL.outlook(buyer, 4.0).expected < MODEL.outlook(buyer, 40.0).expected


def test_a_new_buyer_is_one_of_age_zero() -> None:
    assert MODEL.outlook(Buyer(0, 0.0, 0.0), 26.0).expected == pytest.approx(MODEL.expected_of_new(26.0))


def drawn(model: BuyingModel, number: int, weeks: float) -> list[Buyer]:
    rng = random.Random(5)
    buyers = []
    for _ in range(number):
        rate = rng.gammavariate(model.r, 1 / model.alpha)
        stops = rng.betavariate(model.a, model.b)
        at, repeats, last = 0.0, 0, 0.0
        while (at := at + rng.expovariate(rate)) < weeks if rate > 1e-9 else False:
            repeats, last = repeats + 1, at
            if rng.random() < stops:
                break
        buyers.append(Buyer(repeats, last, weeks))
    return buyers


def test_the_fit_finds_the_parameters_again() -> None:
    true = BuyingModel(0.6, 5.0, 0.8, 2.5)
    found = fit(drawn(true, 6_000, 39.0)).model
    assert found.r == pytest.approx(true.r, rel=0.15)
    assert found.alpha == pytest.approx(true.alpha, rel=0.2)
    assert found.expected_of_new(39.0) == pytest.approx(true.expected_of_new(39.0), rel=0.05)


@pytest.mark.parametrize(
    ("buyers", "words"),
    [([Buyer(1, 2.0, 3.0)] * 10, "at least 200"), ([Buyer(0, 0.0, 3.0)] * 300, "nobody bought twice")],
)
def test_too_little_to_go_on_is_said(buyers: list[Buyer], words: str) -> None:
    with pytest.raises(FitError, match=words):
        fit(buyers)
